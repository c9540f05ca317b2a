"""The page for auditors: rows, filters, what changed, files, and new rows as they come."""

import json
from pathlib import Path

from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.site import Site
from tests.e2e.tab import Tab


async def rename(page: Page, site_url: str, name: str) -> None:
    answer = await page.request.patch("/api/v1/organization", data={"name": name}, headers={"Origin": site_url})
    assert answer.ok, await answer.text()


def actions_in(export: Path) -> set[str]:
    return {json.loads(line)["action"] for line in export.read_text().splitlines()}


async def test_an_auditor_finds_a_change_sees_both_values_and_takes_it_along(tab: Tab) -> None:
    page = tab.page
    await rename(page, tab.site.url, "Acme Limited")
    await rename(page, tab.site.url, "Acme Inc.")
    await tab.goto("/audit")
    await page.get_by_label("Area").select_option(label="Organization and members")
    await page.get_by_label("Words").fill("limited")
    await page.get_by_role("button", name="Show", exact=True).click()
    rows = page.get_by_role("row").filter(has_text="Organization: updated")
    await expect(page.get_by_role("row")).to_have_count(3)  # with the head: only what was asked for is shown
    await expect(rows).to_have_count(2)
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="JSON lines").click()
    assert actions_in(await (await waiting.value).path()) == {"tenancy:organization:updated"}
    await rows.last.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Organization: updated")
    changed = page.get_by_role("row").filter(has_text="name")
    await expect(changed).to_contain_text('"Acme Inc."')
    await expect(changed).to_contain_text('"Acme Limited"')
    await expect(page.get_by_text("127.0.0.1")).to_be_visible()


async def test_new_rows_come_by_themselves_while_one_follows(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/audit")
    follow = page.get_by_role("button", name="Follow")
    await expect(follow).to_have_attribute("aria-pressed", "false")
    await follow.click()
    await expect(follow).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".lx-tail-state")).to_have_text("Live")
    answer = await page.request.post("/api/v1/conversations", data={}, headers={"Origin": tab.site.url})
    assert answer.ok
    await expect(page.get_by_role("row").nth(1)).to_contain_text("Conversation: created")
    await expect(page.get_by_role("row").nth(1).locator(".lx-chip-ok")).to_be_visible()


async def test_following_waits_while_the_list_is_narrowed_and_goes_on_after_the_last_row(tab: Tab) -> None:
    page, resumed = tab.page, []

    async def note(route: Route) -> None:
        resumed.append(await route.request.header_value("Last-Event-ID"))
        await route.continue_()

    await page.route("**/api/v1/audit/tail", note)
    await tab.goto("/audit")
    await page.get_by_role("button", name="Follow").click()
    standing = page.locator(".lx-tail-state")
    await expect(standing).to_have_text("Live")
    assert (await page.request.post("/api/v1/conversations", data={}, headers={"Origin": tab.site.url})).ok
    await expect(page.get_by_role("row").nth(1)).to_contain_text("Conversation: created")
    await expect(page.get_by_role("row").nth(1).locator(".lx-chip-ok")).to_be_visible()
    await page.get_by_label("Area").select_option(label="Sign-ins and profiles")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(standing).to_have_text("Paused: the list is narrowed")
    await rename(page, tab.site.url, "Acme Paused")
    await page.get_by_label("Area").select_option(label="Everything")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(standing).to_have_text("Live")
    await expect(page.get_by_role("row").nth(1)).to_contain_text("Organization: updated")
    await rename(page, tab.site.url, "Acme Inc.")
    await expect(page.get_by_role("row").filter(has_text="Organization: updated").first).to_be_visible()
    assert [number is None for number in resumed] == [True, False], "it resumed where it was"


async def test_a_tail_that_breaks_off_says_so_and_is_taken_up_again(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/audit")
    await page.route("**/api/v1/audit/tail", lambda route: route.abort())
    await page.get_by_role("button", name="Follow").click()
    standing = page.locator(".lx-tail-state")
    await expect(standing).to_have_text("Connection lost. Trying again…")
    await page.unroute("**/api/v1/audit/tail")
    await expect(standing).to_have_text("Live")
    tab.expect_errors("net::ERR_FAILED")


async def test_what_is_done_in_the_dashboard_has_the_browsers_address(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/account")
    await page.locator(".lx-card", has_text="Your profile").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Your name is now")).to_be_visible()
    await tab.goto("/audit")
    row = page.get_by_role("row").filter(has_text="User: updated").first
    await expect(row).to_contain_text("127.0.0.1")


async def test_a_destination_is_set_tried_paused_and_removed(site: Site, browser: Browser, owner: Path) -> None:
    """In an organisation of its own; the fake provider stands for a destination that does not know the path."""
    context = await browser.new_context(base_url=site.url)
    async with Tab.open(context, site) as tab:
        page = tab.page
        await tab.sign_up(organization="Delta Logs", name="Gil Roth", email="gil@logs.test", then="/audit-destination")
        await expect(page.get_by_role("heading", name="Sent nowhere")).to_be_visible()
        await page.get_by_label("HTTPS address").fill("http://169.254.169.254/in")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".lx-error")).to_contain_text("may not call")
        await page.get_by_label("HTTPS address").fill(f"{site.provider_url}/audit/{'a-long-name/' * 8}")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Sent up to")).to_be_visible()
        await page.get_by_role("button", name="Test", exact=True).click()
        await expect(page.get_by_text("It answered 404.").first).to_be_visible()
        await page.set_viewport_size({"width": 390, "height": 844})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
        await page.get_by_role("button", name="Pause").click()
        await page.get_by_role("button", name="Resume").click()
        await expect(page.get_by_role("button", name="Pause")).to_be_visible()
        await page.get_by_role("button", name="Remove").first.click()
        await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        await expect(page.get_by_role("heading", name="Sent nowhere")).to_be_visible()
    await context.close()
