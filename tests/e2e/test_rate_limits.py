"""An administrator sees the rate limits, sets one, and takes it back."""

from playwright.async_api import expect

from tests.e2e.axe import axe
from tests.e2e.tab import Tab


async def test_an_administrator_sets_a_limit_and_takes_it_back(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/rate-limits")
    row = page.get_by_role("row", name="Questions and searches").first
    await expect(row).to_contain_text("1,000,000 a minute")
    await row.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Questions and searches, each person or service account")
    await dialog.get_by_label("Allowed").fill("many")
    await dialog.get_by_role("button", name="Change limit").click()
    await expect(dialog.get_by_role("alert").first).to_be_visible()
    tab.expect_errors("422")
    await dialog.get_by_label("Allowed").fill("5000")
    await dialog.get_by_role("button", name="Change limit").click()
    await expect(row).to_contain_text("5,000 a minute")
    await expect(row).to_contain_text("Set by this organisation")
    result = await axe(page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]
    await row.get_by_role("button", name="Back to the usual amount").click()
    await expect(row).to_contain_text("1,000,000 a minute")
