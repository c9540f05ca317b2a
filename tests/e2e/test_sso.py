"""Single sign-on in the browser: an owner sets it up and tests it, a newcomer comes and goes, at a certified one."""

from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import Tab
from tests.sso.certified_provider import CertifiedProvider
from tests.sso.evil_provider import CLIENT_ID, CLIENT_SECRET


@pytest.mark.timeout(300)
async def test_an_owner_sets_it_up_and_a_newcomer_signs_in_and_out(site: Site, browser: Browser, owner: Path) -> None:
    domain = f"d{uuid4().hex[:12]}.test"
    async with CertifiedProvider.serving(email=f"noor@{domain}") as provider:
        context = await browser.new_context(base_url=site.url)
        async with Tab.open(context, site) as tab:
            email = f"{uuid4().hex[:12]}@example.test"
            await tab.sign_up(organization="Globex", name="Hank Scorpio", email=email)
            await tab.post("/domains", name=domain)
            await verify(site, domain)
            await set_up(tab, provider)
            await let_people_of(tab, domain)
            await try_it(tab, provider)
            await tab.page.get_by_role("button", name="Switch on").click()
            await expect(tab.page.get_by_text("On, tested")).to_be_visible()
            await accessible(tab.page)
            newcomer = await browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844})
            async with Tab.open(newcomer, site) as theirs:
                await come_in(theirs, provider, email=f"noor@{domain}")
                await go_away(theirs)
                await come_in(theirs, provider, email=f"noor@{domain}")
                await see_the_company_account(theirs)
                await forget(tab)
                await expect(theirs.page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible()
                leave_out(theirs, provider)
            await newcomer.close()
            leave_out(tab, provider)
        await context.close()


async def set_up(tab: Tab, provider: CertifiedProvider) -> None:
    """Make the provider, and register our addresses there."""
    page = tab.page
    await tab.goto("/sso")
    await expect(page.get_by_text("No identity provider yet")).to_be_visible()
    await accessible(page)
    await page.get_by_role("button", name="New provider").click()
    dialog = page.get_by_role("dialog", name="New provider")
    await dialog.get_by_label("Name").fill("Globex accounts")
    await dialog.get_by_label("Issuer").fill(provider.issuer)
    await dialog.get_by_label("Client ID").fill(CLIENT_ID)
    await dialog.get_by_label("Client secret").fill(CLIENT_SECRET)
    await dialog.get_by_role("button", name="Add provider").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Globex accounts")
    addresses = {
        name: await page.get_by_label(label, exact=True).inner_text()
        for name, label in (
            ("redirect_uri", "Redirect URI"),
            ("post_logout_redirect_uri", "Redirect URI after logout"),
            ("backchannel_logout_uri", "Back-channel logout URI"),
        )
    }
    await provider.configure(clients=[addresses])


async def let_people_of(tab: Tab, domain: str) -> None:
    await tab.page.get_by_label(f"People of {domain} sign in here").select_option(label="yes")
    await tab.page.get_by_label("Newcomers become members by signing in").select_option(label="yes")
    card = tab.page.locator(".lx-card").filter(has=tab.page.get_by_role("heading", name="Who may come"))
    async with tab.page.expect_navigation():
        await card.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_label(f"People of {domain} sign in here")).to_have_value("yes")
    await tab.page.wait_for_function("window.did_handshake === true")


async def try_it(tab: Tab, provider: CertifiedProvider) -> None:
    """Each step passes, and the claims are shown."""
    page = tab.page
    await page.get_by_role("button", name="Run the test").click()
    await expect(page.get_by_text("Keys: passed")).to_be_visible()
    await page.get_by_role("button", name="Go on: sign in there").click()
    await sign_in_there(page, provider)
    await expect(page.get_by_text("Passed: the provider can be switched on")).to_be_visible()
    await expect(page.get_by_role("cell", name="email_verified")).to_be_visible()
    await page.wait_for_function("window.did_handshake === true")
    await accessible(page)
    await page.get_by_role("link", name="Back to the provider").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Globex accounts")


async def come_in(tab: Tab, provider: CertifiedProvider, *, email: str) -> None:
    """By the mail address alone, with the keyboard."""
    page = tab.page
    await page.goto("/login")
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Email").press("Enter")
    door = page.get_by_role("link", name="Continue with your company")
    await expect(door).to_be_focused()
    await accessible(page)
    await page.keyboard.press("Enter")
    await sign_in_there(page, provider)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Dana")
    await page.wait_for_function("window.did_handshake === true")


async def go_away(tab: Tab) -> None:
    """Out here, and then out there."""
    page = tab.page
    await page.get_by_role("button", name="Open navigation").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.get_by_role("button", name="Yes, sign me out").click()
    await expect(page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible()
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible()


async def see_the_company_account(tab: Tab) -> None:
    """Whoever came in by it sees it among what is theirs."""
    await tab.goto("/account")
    row = tab.page.get_by_role("table", name="Company accounts").get_by_role("row", name="Globex accounts")
    await expect(row).to_contain_text("subject-1")
    await accessible(tab.page)


async def forget(tab: Tab) -> None:
    """The owner takes back what the provider calls the newcomer, who is thrown out at once."""
    page = tab.page
    await page.reload()
    table = page.get_by_role("table", name="People it knows")
    await table.get_by_role("row", name="Dana Reyes").get_by_role("button", name="Unlink").click()
    await page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    await expect(page.get_by_text("Whoever comes in by it is listed here.")).to_be_visible()
    await accessible(page)


async def sign_in_there(page: Page, provider: CertifiedProvider) -> None:
    """The provider's own pages: who one is, and that one agrees."""
    await expect(page.locator("input[name=login]")).to_be_visible()
    assert page.url.startswith(provider.issuer)
    await page.locator("input[name=login]").fill("subject-1")
    await page.locator("input[name=password]").fill("any")
    await page.locator("button[type=submit]").click()
    await page.locator("button[type=submit]", has_text="Continue").click()


async def verify(site: Site, domain: str) -> None:
    """In place of a text record at a name server: who asks it is tested elsewhere."""
    connection = await asyncpg.connect(site.settings["DATABASE_URL"])
    await connection.execute("update mail_domain set verified_at = now() where name = $1", domain)
    await connection.close()


def leave_out(tab: Tab, provider: CertifiedProvider) -> None:
    """The provider's pages are another host's, which ask for fonts that are not there."""
    tab.foreign = [url for url in tab.foreign if not url.startswith((provider.issuer, "https://fonts."))]
    tab.expect_errors(provider.issuer, "https://fonts.")


async def accessible(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    result = await axe(page)
    found = [
        f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in result.response["violations"]
    ]
    assert not found, found
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"
