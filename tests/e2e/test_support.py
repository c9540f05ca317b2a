"""The server's operator comes in by a link of the command line, under a banner, and is shown out at once."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.axe import axe
from tests.e2e.site import Site
from tests.e2e.tab import Tab

SIZES = {"wide": (1440, 900), "phone": (390, 844)}
_FITS = "document.documentElement.scrollWidth <= innerWidth"


async def test_the_operator_is_let_in_seen_and_shown_out(site: Site, browser: Browser, owner: Path) -> None:
    async with _organization(site, browser, name="Support AG", email="uma@support.test") as tab:
        page = tab.page
        await expect(page.get_by_text("The operator has no access")).to_be_visible()
        await _grant(page)
        banner = page.get_by_test_id("support-banner")
        await expect(banner).to_contain_text("may come in as admin")
        await expect(banner).to_contain_text("Granted by Uma Lind")

        link = _link(site, organization="Support AG")
        context = await browser.new_context(base_url=site.url)
        async with Tab.open(context, site) as visit:
            await visit.page.goto(link)
            await expect(visit.page.get_by_role("heading", level=1)).to_have_text("Hello, sam")
            await expect(visit.page.get_by_test_id("support-banner")).to_contain_text("You act in Support AG as Admin")
            await visit.goto("/settings")
            await expect(visit.page.get_by_role("heading", name="Organization", exact=True)).to_be_visible()
            await expect(visit.page.get_by_role("heading", name="Danger zone")).to_have_count(0)
            await visit.goto("/members")
            await expect(visit.page.get_by_text("Uma Lind")).to_be_visible()
            await expect(visit.page.get_by_text("sam", exact=True)).to_have_count(1)  # in the frame, in no list

            await tab.goto("/support")
            await expect(banner).to_contain_text("sam, who operates this server, is in as admin")
            await expect(page.get_by_text("Ticket 7731")).to_be_visible()
            await banner.get_by_role("button", name="Revoke").click()
            await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
            await expect(banner).to_be_hidden()
            await expect(visit.page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible(timeout=5_000)
            visit.expect_errors("401")
            await visit.page.goto(link)
            await expect(visit.page.get_by_role("heading", level=1)).to_have_text("Not entered")
            visit.expect_errors("404")
        await context.close()


async def test_the_operator_ends_the_visit_from_the_banner(site: Site, browser: Browser, owner: Path) -> None:
    async with _organization(site, browser, name="Ending AG", email="uma@ending.test") as tab:
        await _grant(tab.page)
        context = await browser.new_context(base_url=site.url)
        async with Tab.open(context, site) as visit:
            await visit.page.goto(_link(site, organization="Ending AG"))
            await visit.page.get_by_test_id("support-banner").get_by_role("button", name="End").click()
            await expect(visit.page.get_by_role("heading", name="Sign in to Chatter")).to_be_visible()
            visit.expect_errors("401")
        await context.close()
        await tab.goto("/audit")
        await expect(tab.page.get_by_text("sam").first).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
async def test_both_banners_and_the_page_are_accessible_in_light_and_dark(
    site: Site, browser: Browser, owner: Path, size: str
) -> None:
    async with _organization(site, browser, name=f"Axe {size}", email=f"uma@{size}.test") as tab:
        await _check(tab.page)
        await _grant(tab.page)
        context = await browser.new_context(base_url=site.url, reduced_motion="reduce")
        async with Tab.open(context, site) as visit:
            await visit.page.goto(_link(site, organization=f"Axe {size}"))
            await expect(visit.page.get_by_test_id("support-banner")).to_be_visible()
            for page in (tab.page, visit.page):
                width, height = SIZES[size]
                await page.set_viewport_size({"width": width, "height": height})
                for theme in ("light", "dark"):
                    await page.evaluate(f"lxTheme.choose('{theme}')")
                    await _check(page)
        await context.close()


@asynccontextmanager
async def _organization(site: Site, browser: Browser, *, name: str, email: str) -> AsyncIterator[Tab]:
    """The page of support access, as the owner of a new organisation."""
    context = await browser.new_context(base_url=site.url, reduced_motion="reduce")
    async with Tab.open(context, site) as tab:
        await tab.sign_up(organization=name, name="Uma Lind", email=email, then="/support")
        yield tab
    await context.close()


async def _grant(page: Page) -> None:
    await page.get_by_role("button", name="Let the operator in").click()
    dialog = page.get_by_role("dialog", name="Let the operator in")
    await dialog.get_by_label("What for").fill("Documents stay queued")
    await dialog.get_by_label("Role").select_option("admin")
    await dialog.get_by_role("button", name="Grant access").click()
    await expect(page.get_by_role("row").filter(has_text="Documents stay queued")).to_be_visible()
    await expect(page.get_by_test_id("support-banner")).to_be_visible()


def _link(site: Site, *, organization: str) -> str:
    rows = json.loads(site.command("support", "list", "--json"))
    (row,) = [row for row in rows if row["organization"] == organization]
    told = site.command("support", "enter", row["organization_id"], "--reason", "Ticket 7731", "--operator", "sam")
    found = re.search(r"http\S+/support/\S+#\S+", told)
    assert found is not None, told
    return found[0]


async def _check(page: Page) -> None:
    result = await axe(page)
    assert not [(found["id"], found["nodes"][0]["html"][:160]) for found in result.response["violations"]]
    assert await page.evaluate(_FITS)
