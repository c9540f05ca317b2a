"""Enforcing single sign-on says what it stops; who is put out reads why, and finds the company's door."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import PASSWORD, Tab

PROVIDER = {"name": "Globex accounts", "issuer": "https://login.globex.test", "client_id": "chatter"}


@pytest.fixture
async def owner_tab(site: Site, browser: Browser) -> AsyncIterator[Tab]:
    """The owner of an organisation whose provider was tested and is on."""
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        await tab.sign_up(organization="Globex", name="Gil Roth", email="gil@globex-owner.test")
        made = await tab.page.request.post("/api/v1/identity-providers", data=PROVIDER, headers={"Origin": site.url})
        connection = await asyncpg.connect(site.settings["DATABASE_URL"])
        tested = "update identity_provider set tested_at = now(), enabled = true where id = $1"
        await connection.execute(tested, (await made.json())["id"])
        await connection.close()
        await tab.welcome(name="Bo Lind", email="bo@globex-owner.test")
        yield tab
    await context.close()


async def test_a_colleagues_open_tab_is_led_to_the_companys_sign_in(
    owner_tab: Tab, site: Site, browser: Browser
) -> None:
    context = await browser.new_context(base_url=site.url, viewport={"width": 390, "height": 800})
    async with Tab.open(context, site) as colleague:
        await colleague.page.goto("/login")
        await colleague.page.get_by_label("Email").fill("bo@globex-owner.test")
        await colleague.page.get_by_label("Password").fill(PASSWORD)
        await colleague.page.get_by_role("button", name="Sign in", exact=True).click()
        await colleague.page.wait_for_function("window.did_handshake === true")
        await _enforce(owner_tab)
        door = colleague.page.get_by_role("link", name="Continue with Globex accounts")
        await expect(door).to_be_visible()
        await expect(colleague.page.get_by_text("lets people in by its company")).to_be_visible()
        assert (await door.get_attribute("href") or "").endswith("/start")
        await _accessible(colleague)
        await colleague.page.emulate_media(color_scheme="dark")
        await _accessible(colleague)
        await colleague.page.goto("/documents")
        await expect(door).to_be_visible()
        assert await colleague.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        colleague.expect_errors("401")
    await context.close()


async def _enforce(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/sso")
    await page.get_by_label("Enforced").select_option(label="yes")
    await page.get_by_label("Gil Roth comes in without").select_option(label="yes")
    card = page.locator(".lx-card").filter(has=page.get_by_role("heading", name="Enforce single sign-on"))
    await card.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog", name="Enforce single sign-on?")
    await expect(dialog.get_by_text("1 person has to sign in with a provider from now on.")).to_be_visible()
    await expect(dialog.get_by_text("0 keys and 0 apps of theirs stop")).to_be_visible()
    await _accessible(tab)
    await dialog.get_by_role("button", name="Enforce").click()
    await expect(page.get_by_text("Only your providers open the organization now.")).to_be_visible()


async def _accessible(tab: Tab) -> None:
    result = await axe(tab.page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]
