"""The main job in the browser: sign up, add documents, ask, watch the answer come, open a citation."""

import pytest
from playwright.async_api import FilePayload, expect

from tests.corpus.pdf import encrypted, pdf_file
from tests.e2e.tab import Tab, text_file

LEAVE = (
    "Every employee has thirty days of paid holiday a year. "
    "Holiday that is not taken by the end of March of the next year lapses."
)
RETENTION = "Encrypted backups are retained for thirty-five days and are then irrecoverably deleted."


def pdf(name: str, pages: list[list[str]]) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": pdf_file(pages)}


async def test_a_citation_of_a_streamed_answer_opens_the_passage_on_its_page(tab: Tab) -> None:
    page = tab.page
    policy = pdf("Retention policy.pdf", [["# Retention policy", "Scope and definitions."], ["# Backups", RETENTION]])
    await tab.upload(text_file("Handbook.txt", LEAVE), policy)

    await tab.goto("/chat")
    await tab.ask("For how long are encrypted backups retained?")
    await expect(page.get_by_test_id("passages")).to_contain_text("Retention policy.pdf")
    await expect(page.get_by_test_id("answer-text")).to_contain_text("thirty-five days")

    mark = page.get_by_role("button", name="Retention policy.pdf, page 2").and_(page.locator(".lx-cite")).first
    await mark.click()
    panel = page.get_by_test_id("source-panel")
    await expect(panel.locator("mark").first).to_be_visible()
    assert "thirty-five days" in "".join(await panel.locator("mark").all_inner_texts())

    await panel.get_by_role("link", name="Open document").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Retention policy.pdf")
    await expect(page.get_by_test_id("passage").first).to_be_in_viewport()
    await expect(page.get_by_test_id("passage").first).to_contain_text("thirty-five days")


async def test_a_question_that_no_document_answers_is_said_to_have_no_answer(tab: Tab) -> None:
    await tab.upload(text_file("Canteen.txt", "The canteen serves lunch from half past eleven to two."))
    await tab.goto("/chat")
    await tab.ask("What is the boiling point of tungsten?")
    answer = tab.page.get_by_test_id("answer").last
    await expect(answer).to_have_attribute("aria-busy", "false")
    await expect(answer.locator(".lx-cite")).to_have_count(0)


async def test_a_protected_pdf_is_refused_with_its_reason_and_blocks_nothing(tab: Tab) -> None:
    secret: FilePayload = {
        "name": "Payroll.pdf",
        "mimeType": "application/pdf",
        "buffer": encrypted(pdf_file([["Salaries"]]), user_password="of the reader"),
    }
    await tab.goto("/documents")
    await tab.page.get_by_test_id("files").set_input_files([secret, text_file("Beside.txt", "Beside the payroll.")])
    await expect(tab.page.get_by_text("password").first).to_be_visible()
    row = tab.page.get_by_role("row").filter(has_text="Beside.txt")
    await expect(row.get_by_text("Ready", exact=True)).to_be_visible(timeout=60_000)


async def test_a_deleted_document_leaves_the_list_after_it_was_confirmed(tab: Tab) -> None:
    await tab.upload(text_file("Obsolete.txt", "This is obsolete."))
    await tab.page.get_by_role("button", name="Delete Obsolete.txt").click()
    await tab.page.get_by_role("button", name="Delete", exact=True).click()
    await expect(tab.page.get_by_text("Obsolete.txt was deleted.")).to_be_visible()
    await expect(tab.page.get_by_role("row").filter(has_text="Obsolete.txt")).to_have_count(0)


async def test_search_finds_a_passage_and_leads_to_it(tab: Tab) -> None:
    await tab.upload(text_file("Parking.txt", "Visitors park on level two of the garage behind the building."))
    await tab.goto("/search?q=where+do+visitors+park")
    hit = tab.page.get_by_role("link").filter(has_text="Parking.txt").first
    await hit.click()
    await expect(tab.page.get_by_test_id("passage").first).to_contain_text("level two")


@pytest.mark.parametrize("width", [1440, 390])
async def test_the_palette_leads_to_a_page(tab: Tab, width: int) -> None:
    await tab.page.set_viewport_size({"width": width, "height": 844})
    await tab.goto("/settings")
    await tab.page.keyboard.press("Control+k")
    await tab.page.keyboard.type("members")
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Members")
