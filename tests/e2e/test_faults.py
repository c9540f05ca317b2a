"""What a reader sees when the model's provider fails: why, what to do, and nothing lost."""

from playwright.async_api import expect

from tests.e2e.tab import Tab, text_file

FACT = "The archive is kept in the basement of building seven."


async def test_a_torn_answer_keeps_its_words_and_can_be_tried_again(tab: Tab) -> None:
    await tab.upload(text_file("Archive.txt", FACT))
    await tab.goto("/chat")
    await tab.ask("Where is the archive kept?", model="cut-after-5")
    answer = tab.page.get_by_test_id("answer").last
    await expect(answer.get_by_role("alert")).to_contain_text("Request")
    await expect(answer.get_by_test_id("answer-text")).to_contain_text("w0 w1 w2 w3 w4")

    await tab.page.get_by_label("Model").select_option(label="quote")
    await answer.get_by_role("button", name="Try again").click()
    await expect(tab.page.get_by_test_id("answer")).to_have_count(1)
    await expect(tab.page.get_by_test_id("answer-text")).to_contain_text("building seven")
    await expect(tab.page.locator(".lx-cite").first).to_be_visible()
    await tab.page.reload()
    await expect(tab.page.get_by_test_id("answer")).to_have_count(1)
    await expect(tab.page.get_by_test_id("answer-text")).to_contain_text("building seven")


async def test_a_refused_key_is_said_with_its_remedy(tab: Tab) -> None:
    await tab.upload(text_file("Cellar.txt", "Wine is stored in the cellar of the annex."))
    await tab.goto("/chat")
    await tab.ask("Where is wine stored?", model="401")
    alert = tab.page.get_by_test_id("answer").last.get_by_role("alert")
    await expect(alert).to_contain_text("key")
    await expect(alert.locator("p").first).not_to_be_empty()


async def test_a_conversation_that_does_not_exist_is_said_to_be_gone(tab: Tab) -> None:
    await tab.goto("/chat/00000000-0000-7000-8000-000000000000")
    await expect(tab.page.get_by_role("link", name="Start a new chat")).to_be_visible()
    tab.expect_errors("404")
