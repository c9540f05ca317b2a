"""From the timeline of an answer one goes back to a point of it, changes something, and compares what comes of it."""

from playwright.async_api import expect

from tests.e2e.tab import Tab, text_file
from tests.e2e.test_accessibility import check

QUESTION = "When does the lighthouse open?"


async def _points(tab: Tab) -> None:
    """Open the points of the newest answer, by keyboard where it is more than a click."""
    await tab.page.get_by_role("button", name="Show the receipt").last.click()
    summary = tab.page.get_by_role("dialog", name="Receipt").get_by_text("Timeline", exact=True).first
    await summary.focus()
    await summary.press("Enter")


async def test_another_model_answers_from_a_point_and_both_answers_are_compared(tab: Tab) -> None:
    page = tab.page
    await tab.upload(
        text_file("Lighthouse.txt", "The lighthouse opens on Sunday at nine. Its key is kept by the harbour.")
    )
    await tab.goto("/chat")
    await tab.ask(QUESTION, model="quote")
    await expect(page.get_by_test_id("answer-text")).to_contain_text("The lighthouse opens")
    await _points(tab)
    points = page.get_by_role("table", name="Points to branch from")
    await expect(points.get_by_role("row")).to_have_count(3)
    await check(tab, "a receipt with points to branch from")
    await points.get_by_role("button", name="Branch from here: before the call to the model").press("Enter")
    form = page.get_by_role("dialog", name="Branch before the call to the model")
    await expect(form.get_by_label("Question")).to_have_count(0)
    await form.get_by_label("Instructions").fill("Answer in words that count.")
    await form.get_by_label("Model").select_option(label="tokens-240@30")
    await check(tab, "a form to branch from a point")
    await form.get_by_role("button", name="Answer from here").click()
    await expect(page.get_by_test_id("answer-text")).to_contain_text("w239", timeout=30_000)
    await expect(page.get_by_test_id("answer")).to_have_count(1)
    note = "Changed by a person: the instructions, the model."
    await expect(page.get_by_test_id("branched")).to_contain_text(note)
    await page.reload()
    await expect(page.get_by_test_id("branched")).to_contain_text(note)
    await page.get_by_role("button", name="Compare with the earlier answer").click()
    comparison = page.get_by_role("dialog", name="Comparison")
    await expect(comparison.get_by_text("part before the call to the model")).to_be_visible()
    earlier, this = (comparison.get_by_role("region", name=name) for name in ("The earlier answer", "This answer"))
    await expect(earlier.locator("del")).to_contain_text("The lighthouse opens")
    await expect(this.locator("ins")).to_contain_text("w239")
    await check(tab, "two answers compared")
    await page.set_viewport_size({"width": 390, "height": 844})
    above, below = await earlier.bounding_box(), await this.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    await check(tab, "two answers compared, on a phone")


async def test_a_changed_result_of_a_tool_is_marked_as_a_persons(tab: Tab) -> None:
    page = tab.page
    await tab.goto("/chat")
    await page.get_by_label("Tools: No tools").click()
    await page.get_by_label("Save a note").check()
    await page.keyboard.press("Escape")
    await tab.ask("Write down what the gauge says.", model="noter-8")
    await expect(page.get_by_test_id("answer-text")).to_contain_text("w7")
    await page.set_viewport_size({"width": 390, "height": 844})
    await _points(tab)
    again = page.get_by_role("button", name="Branch from here: before the call to the model").last
    await again.click()
    form = page.get_by_role("dialog", name="Branch before the call to the model")
    result = form.get_by_label("Result of save_note")
    await expect(result).to_have_value("The note is saved.")
    await result.fill("The pen was empty.")
    await check(tab, "a form to change what a tool said, on a phone")
    await form.get_by_role("button", name="Answer from here").click()
    await expect(page.get_by_test_id("branched")).to_contain_text("Changed by a person: a tool")
    call = page.get_by_test_id("tools")
    await expect(call).to_contain_text("Result changed by a person")
    await page.reload()
    await expect(call).to_contain_text("Result changed by a person")
    await call.get_by_text("Save a note").click()
    await expect(call.get_by_text("A person said")).to_be_visible()
    await expect(call).to_contain_text("The pen was empty.")
    await check(tab, "an answer that rests on a changed result, on a phone")
