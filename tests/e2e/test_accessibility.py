"""Every page: nothing that axe finds, one h1, nothing wider than the screen; light and dark, wide and narrow."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import Tab, text_file

ROUTES = [
    "/",
    "/chat",
    "/conversations",
    "/documents",
    "/search?q=drill",
    "/notes",
    "/audit",
    "/audit-destination",
    "/models",
    "/members",
    "/member-apps",
    "/teams",
    "/invitations",
    "/service-accounts",
    "/directory",
    "/mails",
    "/organizations/new",
    "/rate-limits",
    "/roles",
    "/access",
    "/sso",
    "/support",
    "/usage",
    "/account",
    "/settings",
    "/nothing",
]
# What fades in has less contrast on its way: look once it has arrived. Some things (a skeleton's shimmer) never end.
SIZES = {"wide": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_accessible(site: Site, browser: Browser, owner: Path, scheme: str, size: str) -> None:
    width, height = SIZES[size]
    context = await browser.new_context(
        base_url=site.url,
        storage_state=owner,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    async with Tab.open(context, site) as tab:
        for route in ROUTES:
            await tab.goto(route)
            await check(tab, route)
        tab.expect_errors("404")
    await context.close()


async def test_a_conversation_with_an_open_source_is_accessible(tab: Tab) -> None:
    await tab.upload(text_file("Lifts.txt", "The lifts are serviced on the second Tuesday of each month."))
    await tab.page.get_by_role("link", name="Lifts.txt").click()
    await expect(tab.page.locator(".lx-page-text").first).to_contain_text("second Tuesday")
    await check(tab, "document")
    await tab.goto("/chat")
    await tab.ask("When are the lifts serviced?")
    await tab.page.locator(".lx-cite").first.click()
    await expect(tab.page.get_by_test_id("source-panel").locator("mark").first).to_be_visible()
    await check(tab, "conversation")


async def test_the_sign_in_page_is_accessible(site: Site, browser: Browser, owner: Path) -> None:
    for scheme in ("light", "dark"):
        context = await browser.new_context(base_url=site.url, color_scheme="dark" if scheme == "dark" else "light")
        async with Tab.open(context, site) as tab:
            for route in ("/login", "/sign-up", "/sign-up/finish", "/forgot", "/reset"):
                await tab.page.goto(route)
                await check(tab, route)
        await context.close()


async def test_a_page_can_be_used_with_the_keyboard_alone(tab: Tab) -> None:
    await tab.goto("/invitations")
    await tab.page.keyboard.press("Tab")
    await expect(tab.page.get_by_text("Skip to content")).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await tab.page.keyboard.press("Tab")
    await expect(tab.page.get_by_role("button", name="Invite people")).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_role("dialog", name="Invite somebody")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.get_by_role("dialog", name="Invite somebody")).to_be_hidden()
    await expect(tab.page.get_by_role("button", name="Invite people")).to_be_focused()


async def check(tab: Tab, name: str) -> None:
    await expect(tab.page.get_by_role("heading", level=1)).to_have_count(1)
    result = await axe(tab.page)
    found = [
        f"{violation['id']}: {[node['html'][:160] for node in violation['nodes'][:3]]}"
        for violation in result.response["violations"]
    ]
    assert not found, f"{name}: {found}"
    assert await tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
