"""What the model may use is chosen where the question is written; what it used is shown folded beside the answer."""

import re

from playwright.async_api import expect

from tests.e2e.tab import Tab, text_file
from tests.e2e.test_accessibility import check


async def test_a_note_that_the_model_saved_is_shown_with_the_answer_and_among_the_notes(tab: Tab) -> None:
    for note in (await (await tab.page.request.get("/api/v1/notes")).json())["items"]:
        assert (await tab.page.request.delete(f"/api/v1/notes/{note['id']}", headers={"Origin": tab.site.url})).ok
    await tab.upload(text_file("Orchard.txt", "The orchard has forty apple trees and a cellar of cider."))
    await tab.goto("/chat")
    await tab.page.get_by_label("Model").select_option(label="noter-8")
    await tab.page.get_by_label("Tools: No tools").click()
    await tab.page.get_by_label("Save a note").check()
    await tab.page.keyboard.press("Escape")
    await tab.ask("How many apple trees does the orchard have?")
    await expect(tab.page.get_by_test_id("answer-text")).to_contain_text("w7")
    call = tab.page.get_by_test_id("tools").get_by_text("Save a note")
    await expect(tab.page.get_by_test_id("tools")).to_contain_text("Done")
    await call.click()
    await expect(tab.page.get_by_text("The note is saved.")).to_be_visible()
    await check(tab, "a conversation with a tool's call")

    await tab.page.reload()
    await expect(tab.page.get_by_test_id("tools")).to_contain_text("Save a note")
    await expect(tab.page.get_by_label("Tools: Save a note")).to_be_visible()

    await tab.goto("/notes")
    row = tab.page.get_by_role("row").filter(has_text="Apples were counted.")
    await row.get_by_role("button", name="Delete").click()
    await tab.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(tab.page.get_by_text("Note deleted.")).to_be_visible()
    await expect(tab.page.get_by_text("No notes yet")).to_be_visible()


async def test_what_a_call_was_given_is_shown_shortened_in_the_timeline_and_whole_on_demand(tab: Tab) -> None:
    page = tab.page
    await tab.upload(text_file("Press.txt", "The press makes juice of the apples on Fridays."))
    await tab.goto("/chat")
    await page.get_by_label("Model").select_option(label="scribe")
    await page.get_by_label("Tools: No tools").click()
    await page.get_by_label("Save a note").check()
    await page.keyboard.press("Escape")
    await tab.ask("When does the press make juice?")
    await page.get_by_role("button", name="Show the receipt").last.click()
    dialog = page.get_by_role("dialog", name="Receipt")
    await dialog.get_by_text("Timeline", exact=True).first.click()
    await dialog.get_by_text("Call of save_note").click()
    given = dialog.locator("pre").filter(has_text="りんごを数えた。")
    await expect(given).to_have_text(re.compile("…$"))
    await check(tab, "a call of a tool in the timeline")
    await dialog.get_by_role("button", name="Show all of it").click()
    await expect(given).to_have_text(re.compile('"}$'))
    assert len(await given.inner_text()) == len('{"text":"') + 8 * 480 + len('"}')
    await expect(dialog.get_by_role("button", name="Show all of it")).to_have_count(0)
