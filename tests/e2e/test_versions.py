"""A question asked otherwise, or tried again, stays beside the one before: one goes from version to version."""

from playwright.async_api import Locator, expect

from tests.e2e.tab import Tab, text_file
from tests.e2e.test_accessibility import check

QUESTION = "When does the lighthouse open?"
OTHERWISE = "Who keeps the key of the lighthouse?"


def _versions(within: Locator) -> Locator:
    return within.get_by_role("group", name="Versions")


async def _begin(tab: Tab) -> None:
    await tab.upload(
        text_file("Lighthouse.txt", "The lighthouse opens on Sunday at nine. Its key is kept by the harbour.")
    )
    await tab.goto("/chat")
    await tab.ask(QUESTION, model="quote")
    await expect(tab.page.get_by_test_id("answer-text")).to_contain_text("The lighthouse opens")


async def test_a_question_is_asked_otherwise_and_the_earlier_one_is_gone_back_to_by_keyboard(tab: Tab) -> None:
    page = tab.page
    await _begin(tab)
    await tab.ask("And on Monday?", model="quote")
    await expect(page.get_by_role("button", name="Try again")).to_have_count(2)
    asked = page.get_by_test_id("asked")
    edit = asked.first.get_by_role("button", name="Ask it otherwise")
    await edit.focus()
    await edit.press("Enter")
    box = asked.first.get_by_label("The question")
    await expect(box).to_have_value(QUESTION)
    await box.press("Escape")
    await expect(edit).to_be_focused()
    await edit.press("Enter")
    await box.fill(OTHERWISE)
    await check(tab, "a question that is asked otherwise")
    await box.press("Enter")
    await expect(asked).to_have_count(1)
    await expect(page.get_by_test_id("answer-text")).to_contain_text("The lighthouse opens")
    await expect(_versions(asked.first)).to_contain_text("Version 2 of 2")
    await check(tab, "a question with versions")

    earlier = _versions(asked.first).get_by_role("button", name="Earlier version")
    await earlier.focus()
    await earlier.press("Enter")
    await expect(asked).to_have_count(2)
    await expect(asked.first).to_contain_text(QUESTION)
    await expect(_versions(asked.first)).to_contain_text("Version 1 of 2")
    await expect(_versions(asked.first).get_by_role("button", name="Later version")).to_be_focused()
    await page.reload()
    await expect(asked).to_have_count(2)
    later = _versions(asked.first).get_by_role("button", name="Later version")
    await later.click()
    await expect(asked).to_have_count(1)
    await expect(asked.first).to_contain_text(OTHERWISE)


async def test_an_answer_in_the_middle_is_tried_again_and_what_followed_stays_with_the_earlier_one(tab: Tab) -> None:
    page = tab.page
    await _begin(tab)
    await tab.ask("And on Monday?", model="quote")
    again = page.get_by_role("button", name="Try again")
    await expect(again).to_have_count(2)
    await again.first.click()
    await expect(page.get_by_test_id("asked")).to_have_count(1)
    await expect(_versions(page.get_by_test_id("asked"))).to_contain_text("Version 2 of 2")
    await expect(page.get_by_test_id("answer-text")).to_contain_text("The lighthouse opens")
    await page.set_viewport_size({"width": 390, "height": 844})
    await check(tab, "versions on a phone")
    await _versions(page.get_by_test_id("asked")).get_by_role("button", name="Earlier version").click()
    await expect(page.get_by_test_id("asked")).to_have_count(2)


async def test_while_an_answer_is_written_nothing_else_is_shown(tab: Tab) -> None:
    page = tab.page
    await _begin(tab)
    await page.get_by_role("button", name="Try again").click()
    await expect(_versions(page.get_by_test_id("asked"))).to_contain_text("Version 2 of 2")
    earlier = _versions(page.get_by_test_id("asked").first).get_by_role("button", name="Earlier version")
    await expect(earlier).to_be_enabled()
    await tab.ask("When does the lighthouse open?", model="tokens-240@30")
    await expect(earlier).to_be_disabled()
    await page.get_by_role("button", name="Stop").click()
    await expect(earlier).to_be_enabled()
