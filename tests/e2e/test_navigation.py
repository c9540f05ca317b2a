"""The sidebar shows where one works, the organisation's settings, or one's own account: one of them at a time."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import Tab

SETTINGS = ["Organization", "People and access", "Sign-in and provisioning", "Programs", "Security and audit"]


async def test_an_owner_finds_few_entries_where_one_works_and_the_rest_behind_two_doors(tab: Tab) -> None:
    await tab.goto("/chat")
    main = tab.page.get_by_role("navigation", name="Main")
    await expect(main.get_by_role("link")).to_have_text(
        ["Overview", "Chat", "Documents", "Search", "Notes", "Settings", "Account"]
    )
    await main.get_by_role("link", name="Settings").click()
    settings = tab.page.get_by_role("navigation", name="Settings")
    for section in SETTINGS:
        await expect(settings.get_by_role("group", name=section)).to_be_visible()
    await settings.get_by_role("link", name="Audit log").click()
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Audit log")
    await expect(settings.locator("[aria-current]")).to_have_text("Audit log")
    await settings.get_by_role("link", name="Back to work").click()
    await expect(main.locator("[aria-current]")).to_have_text("Chat")
    await main.get_by_role("link", name="Account").click()
    await expect(tab.page.get_by_role("navigation", name="Account").get_by_role("link", name="Apps")).to_be_visible()


async def test_an_address_opens_the_area_that_it_belongs_to(tab: Tab) -> None:
    for path, area, entry in (
        ("/keys", "Account", "Keys"),
        ("/audit-destination", "Settings", "Audit log"),
        ("/conversations", "Main", None),
    ):
        await tab.goto(path)
        current = tab.page.get_by_role("navigation", name=area, exact=True).locator("[aria-current]")
        await (expect(current).to_have_text(entry) if entry else expect(current).to_have_count(0))


async def test_the_keyboard_goes_into_the_settings_and_out_again(tab: Tab) -> None:
    await tab.goto("/documents")
    await tab.page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").focus()
    await tab.page.keyboard.press("Enter")
    back = tab.page.get_by_role("link", name="Back to work")
    await expect(back).to_be_visible()
    await back.focus()
    await tab.page.keyboard.press("Tab")
    await expect(tab.page.get_by_role("link", name="General")).to_be_focused()
    await back.focus()
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Documents")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_the_settings_show_what_there_is_before_the_first_of_it(
    site: Site, browser: Browser, owner: Path, scheme: str
) -> None:
    context = await browser.new_context(
        base_url=site.url,
        storage_state=owner,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 390, "height": 844},
        reduced_motion="reduce",
    )
    async with Tab.open(context, site) as tab:
        await tab.goto("/chat")
        await tab.page.get_by_role("button", name="Open navigation").click()
        await tab.page.get_by_role("link", name="Settings").click()
        roles = tab.page.get_by_role("link", name="Roles")
        await expect(roles).to_be_in_viewport()
        assert not (await axe(tab.page)).response["violations"]
        await _all_within(tab.page)
        await roles.click()
        await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Roles")
        await expect(roles).not_to_be_in_viewport()
    await context.close()


async def _all_within(page: Page) -> None:
    """Nothing of the sidebar is cut off at its side."""
    nav = page.get_by_role("navigation", name="Settings")
    assert await nav.evaluate("element => element.scrollWidth <= element.clientWidth")
