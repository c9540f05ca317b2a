"""How long the history of answers is kept is chosen in the settings."""

from playwright.async_api import expect

from tests.e2e.tab import Tab
from tests.e2e.test_accessibility import check


async def test_an_administrator_chooses_how_long_the_history_of_answers_is_kept(tab: Tab) -> None:
    await tab.goto("/settings")
    kept = tab.page.get_by_label("Kept for")
    await expect(kept).to_have_value("90")
    await kept.select_option(label="1 year")
    await tab.page.locator("form").filter(has=kept).get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_text("What is older goes within a day.")).to_be_visible()
    await check(tab, "the settings with the history of answers")
    await tab.page.reload()
    await expect(tab.page.get_by_label("Kept for")).to_have_value("365")
