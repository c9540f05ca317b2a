"""Second factors in the browser: an app, a passkey of Chromium's virtual authenticator, an organisation that asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyotp
import pytest
from playwright.async_api import Browser, CDPSession, Page, expect

from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab
from tests.e2e.test_accessibility import check

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PHONE = {"width": 390, "height": 844}
NOTE_SUGGESTIONS = """
const ask = navigator.credentials?.get.bind(navigator.credentials);
if (ask) navigator.credentials.get = (options) => {
  const answer = ask(options);
  if (options.mediation === "conditional") window.suggesting = true;
  return answer;
};
"""


@pytest.fixture
def here(site: Site) -> Site:
    """The same site by the name that browsers allow passkeys for."""
    return replace(site, url=site.url.replace("127.0.0.1", "localhost"))


@asynccontextmanager
async def opened(browser: Browser, here: Site, *, scheme: str = "light", phone: bool = False) -> AsyncIterator[Tab]:
    context = await browser.new_context(
        base_url=here.url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport=PHONE if phone else {"width": 1440, "height": 900},  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    async with Tab.open(context, here) as tab:
        yield tab
    await context.close()


async def add_app(page: Page) -> tuple[str, list[str]]:
    """Add an authenticator app on the account page; answers its secret and the recovery codes."""
    await page.get_by_role("button", name="Add app…").click()
    await expect(page.get_by_role("img", name="QR code for an authenticator app")).to_be_visible()
    secret = await page.get_by_test_id("secret").inner_text()
    await page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="Add app", exact=True).click()
    dialog = page.get_by_role("dialog", name="Keep your recovery codes")
    await expect(dialog).to_be_visible()
    codes = (await dialog.get_by_test_id("secret").inner_text()).split()
    await dialog.get_by_role("button", name="I have kept them").click()
    return secret, codes


class Virtual:
    """Chromium's virtual authenticator; while nobody touches it, it keeps the browser waiting."""

    def __init__(self, session: CDPSession, authenticator_id: str) -> None:
        self._session = session
        self._id = authenticator_id

    @classmethod
    async def of(cls, page: Page) -> "Virtual":
        session = await page.context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return cls(session, made["authenticatorId"])

    async def touched(self, by_somebody: bool) -> None:
        options = {"authenticatorId": self._id, "enabled": by_somebody}
        await self._session.send("WebAuthn.setAutomaticPresenceSimulation", options)

    async def verifies(self, its_person: bool) -> None:
        options = {"authenticatorId": self._id, "isUserVerified": its_person}
        await self._session.send("WebAuthn.setUserVerified", options)


async def add_passkey(page: Page) -> None:
    await page.get_by_role("button", name="Add passkey…").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("This laptop")
    await page.get_by_role("button", name="Add passkey", exact=True).click()
    await page.get_by_role("button", name="I have kept them").click()


async def give_password(page: Page, email: str) -> None:
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_an_app_is_added_and_asked_for_at_the_next_sign_in(here: Site, browser: Browser) -> None:
    email = f"{uuid4().hex[:12]}@example.test"
    async with opened(browser, here) as tab:
        page = tab.page
        await tab.sign_up(organization="Sixfold", name="Cora Berg", email=email, then="/account")
        secret, codes = await add_app(page)
        assert len(codes) == 10
        await expect(page.get_by_text("10 of 10 are left.")).to_be_visible()
        await page.get_by_role("button", name="Sign out", exact=True).click()

        await give_password(page, email)
        await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        await expect(page.get_by_label("Code")).to_be_focused()
        await page.get_by_label("Code").fill("not it")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("This code does not count.")
        await page.get_by_label("Code").fill(pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30)))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Cora")
        await page.get_by_role("button", name="Sign out", exact=True).click()

        await give_password(page, email)
        await page.get_by_role("button", name="Use a recovery code").click()
        await page.get_by_label("Recovery code").fill(codes[0])
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Cora")
        await tab.goto("/account")
        await expect(page.get_by_text("9 of 10 are left.")).to_be_visible()
        await page.get_by_role("button", name="Remove app…").click()
        await page.get_by_role("button", name="Remove app", exact=True).click()
        await expect(page.get_by_role("button", name="Add app…")).to_be_visible()
        tab.expect_errors("401")


async def test_a_passkey_is_added_and_signs_in_alone(here: Site, browser: Browser) -> None:
    async with opened(browser, here) as tab:
        page = tab.page
        device = await Virtual.of(page)
        await page.add_init_script(NOTE_SUGGESTIONS)
        await tab.sign_up(
            organization="Rings", name="Kai Holm", email=f"{uuid4().hex[:12]}@example.test", then="/account"
        )
        await add_passkey(page)
        row = page.get_by_role("row").filter(has_text="This laptop")
        await expect(row).to_be_visible()
        await row.get_by_role("button", name="Rename").click()
        await page.get_by_role("dialog").get_by_label("Name").fill("My laptop")
        await page.get_by_role("dialog").get_by_role("button", name="Save").click()
        await expect(page.get_by_role("row").filter(has_text="My laptop")).to_be_visible()
        await device.touched(False)
        await page.get_by_role("button", name="Sign out", exact=True).click()

        # Touched before the suggestion waits, the authenticator would answer that, and sign in before the click.
        await page.wait_for_function("window.suggesting === true")
        await device.touched(True)
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Kai")
        await tab.goto("/account")
        row = page.get_by_role("row").filter(has_text="My laptop")
        await expect(row.get_by_text("just now")).to_be_visible()


async def test_a_passkey_that_the_browser_suggests_signs_in_without_a_click_of_ours(
    here: Site, browser: Browser
) -> None:
    async with opened(browser, here) as tab:
        page = tab.page
        await Virtual.of(page)
        await tab.sign_up(
            organization="Hints", name="Hedda Ek", email=f"{uuid4().hex[:12]}@example.test", then="/account"
        )
        await add_passkey(page)
        # The virtual authenticator picks a suggestion at once.
        await page.get_by_role("button", name="Sign out", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Hedda")


async def test_an_authenticator_that_knows_its_person_not_lets_nobody_in(here: Site, browser: Browser) -> None:
    async with opened(browser, here) as tab:
        page = tab.page
        device = await Virtual.of(page)
        await tab.sign_up(
            organization="Locks", name="Liv Ro", email=f"{uuid4().hex[:12]}@example.test", then="/account"
        )
        await add_passkey(page)
        await device.verifies(False)
        await page.get_by_role("button", name="Sign out", exact=True).click()
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("The browser used no passkey.")


async def test_after_the_password_a_passkey_answers_as_well(here: Site, browser: Browser) -> None:
    email = f"{uuid4().hex[:12]}@example.test"
    async with opened(browser, here) as tab:
        page = tab.page
        device = await Virtual.of(page)
        await tab.sign_up(organization="Both", name="Bea Lund", email=email, then="/account")
        await add_passkey(page)
        await device.touched(False)
        await page.get_by_role("button", name="Sign out", exact=True).click()
        await give_password(page, email)
        await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        await device.touched(True)
        await page.get_by_role("button", name="Use a passkey").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Bea")


async def test_an_organisation_that_asks_leads_its_people_to_add_one(here: Site, browser: Browser) -> None:
    email = f"{uuid4().hex[:12]}@example.test"
    async with opened(browser, here) as owner, opened(browser, here) as member:
        await owner.sign_up(
            organization="Strict Ltd", name="Olga Vik", email=f"{uuid4().hex[:12]}@example.test", then="/account"
        )
        await owner.welcome(name="Mo Dahl", email=email)
        await add_app(owner.page)
        await owner.goto("/settings")
        await owner.page.get_by_label("What people must show").select_option("second_factor")
        form = owner.page.locator("form").filter(has=owner.page.get_by_label("What people must show"))
        await form.get_by_role("button", name="Save").click()
        await expect(owner.page.get_by_text("Whoever has no second factor is led to add one.")).to_be_visible()

        page = member.page
        device = await Virtual.of(page)
        await page.goto("/members")
        await give_password(page, email)
        await expect(page.get_by_text("One more thing before you go on")).to_be_visible()
        await expect(page.get_by_role("link", name="Documents")).to_have_count(0)
        await check(member, "second factor demanded")
        await page.wait_for_function("window.did_handshake === true")
        await add_passkey(page)
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Mo")
        await device.touched(False)

        await owner.goto("/members")
        row = owner.page.get_by_role("row").filter(has_text="Mo Dahl")
        await expect(row.get_by_text("passkey")).to_be_visible()
        await row.get_by_role("button", name="Reset second factors").click()
        await owner.page.get_by_role("dialog").get_by_role("button", name="Reset second factors").click()
        await expect(owner.page.get_by_text("Mo Dahl has no second factor any more.")).to_be_visible()
        # The reset ends their sessions. Chromium may never close a page that is on its way to the sign-in.
        await expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_is_shown_on_the_way_is_accessible(here: Site, browser: Browser, scheme: str) -> None:
    email = f"{uuid4().hex[:12]}@example.test"
    async with opened(browser, here, scheme=scheme, phone=True) as tab:
        page = tab.page
        await tab.sign_up(organization="Access", name="Ada Moe", email=email, then="/account")
        await page.get_by_role("button", name="Add app…").click()
        await expect(page.get_by_role("dialog", name="Add an authenticator app")).to_be_visible()
        await check(tab, "adding an app")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Add passkey…").click()
        await expect(page.get_by_role("dialog", name="Add a passkey")).to_be_visible()
        await check(tab, "adding a passkey")
        await page.keyboard.press("Escape")
        await add_app(page)
        await check(tab, "with an app")
        await page.goto("about:blank")  # an open page would go to the sign-in by itself, across the next goto
        await page.request.post("/api/v1/auth/sign-out", headers={"Origin": here.url})
        await page.goto("/login")
        await check(tab, "sign-in with passkeys")
        await give_password(page, email)
        await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        await check(tab, "second step")
