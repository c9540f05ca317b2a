"""While an answer is written its page takes what comes next, and what the answer itself is told; other tabs show it."""

from playwright.async_api import expect

from tests.e2e.tab import Tab, text_file
from tests.e2e.test_accessibility import check

SLOW = "tokens-240@30"
QUESTION = "When does the lighthouse open?"
NEXT = "Who keeps the key of the lighthouse?"


async def _start(tab: Tab) -> None:
    await tab.upload(
        text_file("Lighthouse.txt", "The lighthouse opens on Sunday at nine. Its key is kept by the harbour.")
    )
    await tab.goto("/chat")
    await tab.ask(QUESTION, model=SLOW)
    await expect(tab.page.get_by_test_id("answer-text")).to_contain_text("w5 ")


async def test_a_question_waits_is_seen_in_another_tab_and_goes_on_by_itself(tab: Tab) -> None:
    await _start(tab)
    await tab.ask("Who keeps the kee?", model="quote")
    queued = tab.page.get_by_test_id("queued")
    await expect(queued).to_contain_text("Who keeps the kee?")
    await tab.page.get_by_label("Edit: Who keeps the kee?").click()
    await tab.page.get_by_label("The question").fill(NEXT)
    await tab.page.get_by_label("The question").press("Enter")
    await expect(queued).to_contain_text(NEXT)
    await check(tab, "a conversation in which a question waits")
    async with Tab.open(tab.page.context, tab.site) as second:
        await second.goto(tab.page.url)
        await expect(second.page.get_by_test_id("queued")).to_contain_text(NEXT)
        await tab.ask("And one more?")
        await expect(second.page.get_by_test_id("queued")).to_have_count(2)
        await tab.page.get_by_label("Remove: And one more?").click()
        await expect(second.page.get_by_test_id("queued")).to_have_count(1)
        for page in (tab.page, second.page):
            await expect(page.get_by_test_id("answer-text").nth(1)).to_contain_text("The lighthouse opens on Sunday")
            await expect(page.get_by_test_id("asked").nth(1)).to_contain_text(NEXT)
            await expect(page.get_by_test_id("waits")).to_have_count(0)
    assert (await tab.page.get_by_test_id("answer-text").first.inner_text()).split()[-1] == "w239"


async def test_an_answer_is_told_something_and_shows_it_where_it_was_said(tab: Tab) -> None:
    await _start(tab)
    box = tab.page.get_by_test_id("question")
    await box.fill("Say it in one word.")
    await box.press("Control+Enter")
    said = tab.page.get_by_role("note", name="Added while the answer was written")
    await expect(said).to_have_text("Say it in one word.")
    await expect(tab.page.get_by_test_id("waits")).to_have_count(0)
    text = tab.page.get_by_test_id("answer-text")
    await expect(text).to_contain_text("w239", timeout=30_000)
    await expect(tab.page.get_by_test_id("answer")).to_have_attribute("aria-busy", "false")
    await check(tab, "an answer that was told something")
    await tab.page.reload()
    await expect(said).to_have_text("Say it in one word.")
    words = (await text.inner_text()).split()
    before, after = words[: words.index("Say")], words[words.index("word.") + 1 :]
    assert before == [f"w{number}" for number in range(len(before))]
    assert after == [f"w{number}" for number in range(240)]


async def test_after_a_stop_the_page_says_that_nothing_is_sent_by_itself(tab: Tab) -> None:
    await _start(tab)
    await tab.page.set_viewport_size({"width": 390, "height": 844})
    await tab.ask(NEXT, model="quote")
    await expect(tab.page.get_by_test_id("queued")).to_be_visible()
    await tab.page.get_by_test_id("question").press("Escape")
    await expect(tab.page.get_by_text("This answer was stopped.")).to_be_visible()
    await expect(tab.page.get_by_text("this is not sent by itself")).to_be_visible()
    await check(tab, "a conversation whose queue is held, on a phone")
    await tab.page.get_by_role("button", name="Send now").click()
    await expect(tab.page.get_by_test_id("answer-text").nth(1)).to_contain_text("The lighthouse opens on Sunday")
    await expect(tab.page.get_by_test_id("waits")).to_have_count(0)
