"""One's own account: the devices that are signed in, and ending what they show."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab

SECONDS_TO_LEAVE = 5.0


@asynccontextmanager
async def signed_in_elsewhere(browser: Browser, site: Site, *, email: str, path: str) -> AsyncIterator[Tab]:
    """Somebody's tab in another browser, on a page."""
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        await tab.page.goto(path)
        await tab.page.get_by_label("Email").fill(email)
        await tab.page.get_by_label("Password").fill(PASSWORD)
        await tab.page.get_by_role("button", name="Sign in").click()
        await tab.page.wait_for_function("window.did_handshake === true")
        yield tab
        tab.expect_errors("401", "403")
    await context.close()


async def left(tab: Tab) -> float:
    """The seconds until the tab shows the way to sign in again."""
    since = time.monotonic()
    await expect(tab.page.get_by_text("Your session has ended")).to_be_visible()
    return time.monotonic() - since


async def test_a_device_that_is_signed_out_leaves_its_open_page_within_seconds(
    site: Site, browser: Browser, tab: Tab, owner: Path
) -> None:
    async with signed_in_elsewhere(browser, site, email="dana@acme.test", path="/members") as other:
        await tab.goto("/account")
        rows = tab.page.get_by_role("table", name="Devices").get_by_role("row")
        await expect(rows.filter(has_text="This device")).to_have_count(1)
        await expect(rows.filter(has_text="This device")).to_contain_text("127.0.0.1 (where you are now)")
        await expect(rows.get_by_role("button", name="Sign out")).to_have_count(1)
        await tab.page.get_by_role("button", name="Sign out all others").click()
        seconds = await left(other)
        await expect(rows).to_have_count(2)
    print(f"a signed-out tab left after {seconds:.1f} s")
    assert seconds < SECONDS_TO_LEAVE


async def test_a_suspended_member_and_one_who_is_signed_out_leave_their_open_pages_within_seconds(
    site: Site, browser: Browser, tab: Tab
) -> None:
    await tab.welcome(name="Sue Ward", email="sue@acme.test")
    for action in ("Sign out", "Suspend"):
        async with signed_in_elsewhere(browser, site, email="sue@acme.test", path="/conversations") as other:
            await tab.goto("/members")
            row = tab.page.get_by_role("row").filter(has_text="Sue Ward")
            await row.get_by_role("button", name=action).click()
            await tab.page.get_by_role("dialog").get_by_role("button", name=action).click()
            seconds = await left(other)
        print(f"after {action}: the tab left after {seconds:.1f} s")
        assert seconds < SECONDS_TO_LEAVE


async def test_a_forgotten_password_is_set_anew_by_the_link_in_the_mail(site: Site, browser: Browser, tab: Tab) -> None:
    await tab.welcome(name="Fay Gold", email="fay@acme.test")
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as other:
        page = other.page
        await page.goto("/login")
        await page.get_by_role("link", name="Forgot your password?").click()
        await page.get_by_label("Email").fill("fay@acme.test")
        await page.get_by_role("button", name="Send the link").click()
        await expect(page.get_by_role("heading", name="Look at your mails")).to_be_visible()
        await page.goto(await _link(site, "fay@acme.test"))
        await page.get_by_label("New password").fill("Password2024!")
        await page.get_by_role("button", name="Set the password").click()
        await expect(page.get_by_role("alert")).to_contain_text("Many people use this password")
        await page.get_by_label("New password").fill("nine green bottles of ink")
        await page.get_by_role("button", name="Set the password").click()
        await expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
        await page.get_by_role("link", name="Sign in").click()
        await page.get_by_label("Email").fill("fay@acme.test")
        await page.get_by_label("Password").fill("nine green bottles of ink")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Fay")
        other.expect_errors("422")
    await context.close()


async def test_whoever_signs_up_follows_the_link_and_a_known_address_is_told_by_mail_alone(
    site: Site, browser: Browser, tab: Tab
) -> None:
    await tab.welcome(name="Gus Hall", email="gus@acme.test")
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as other:
        page = other.page
        for email in ("gus@acme.test", "new@globex.test"):
            await page.goto("/sign-up")
            await page.get_by_label("Organization").fill("Globex")
            await page.get_by_label("Your name").fill("Gus Hall")
            await page.get_by_label("Email").fill(email)
            await page.get_by_role("button", name="Send the link").click()
            await expect(page.get_by_role("heading", name="Look at your mails")).to_be_visible()
            await expect(page.get_by_role("status")).to_contain_text("A link is on its way")
        assert await _link(site, "gus@acme.test", r"/login(?=\n)") == "/login"
        await page.goto(await _link(site, "new@globex.test", r"/sign-up/finish#\S+"))
        await page.get_by_label("Password").fill("Password2024!")
        await page.get_by_role("button", name="Create organization").click()
        await expect(page.get_by_role("alert")).to_contain_text("Many people use this password")
        await page.get_by_label("Password").fill("nine green bottles of ink")
        await page.get_by_role("button", name="Create organization").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Gus")
        other.expect_errors("422")
    await context.close()


async def _link(site: Site, email: str, wanted: str = r"/reset#\S+") -> str:
    """What the worker has written into the newest mail to the address, once it has."""
    async with asyncio.timeout(20):
        while True:
            mails = json.loads(await asyncio.to_thread(site.command, "mails", "--to", email, "--json"))
            for mail in mails:
                if found := re.search(wanted, mail["text"]):
                    return found[0]
