"""What an answer took: its receipt in the conversation, and the organisation's sums."""

from playwright.async_api import expect

from tests.e2e.axe import axe
from tests.e2e.tab import Tab, text_file


async def test_an_answer_shows_its_receipt_and_the_usage_page_counts_it(tab: Tab) -> None:
    page = tab.page
    await tab.upload(text_file("Ladders.txt", "Ladders are inspected on the first Monday of each quarter."))
    await tab.goto("/chat")
    await tab.ask("When are ladders inspected?")
    await page.get_by_role("button", name="Show the receipt").last.click()
    dialog = page.get_by_role("dialog", name="Receipt")
    await expect(dialog.get_by_role("row", name="Search of a question")).to_contain_text("free")
    await expect(dialog.get_by_role("row", name="Ladders.txt")).to_be_visible()
    await dialog.get_by_text("As it was sent.").click()
    await expect(dialog.locator("pre").last).to_contain_text("When are ladders inspected?")
    await dialog.get_by_text("Timeline", exact=True).first.click()
    timeline = dialog.get_by_role("table", name="Timeline")
    await expect(timeline.get_by_role("row", name="Search of the documents")).to_contain_text("passages")
    await expect(timeline.get_by_role("row", name="Call to a model")).to_contain_text("Complete")
    await expect(dialog.get_by_text("at most 1024 tokens")).to_be_visible()
    result = await axe(page)
    assert not result.response["violations"], [one["id"] for one in result.response["violations"]]
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await tab.goto("/usage")
    await expect(page.get_by_role("table", name="Usage by model", exact=True)).to_contain_text("all-minilm-l6-v2")
