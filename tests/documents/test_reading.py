"""Real files of every kind, read in a process of its own."""

from collections.abc import AsyncIterator

import pytest

from chatter.documents.adapters.reader_pool import ReaderPool
from chatter.documents.errors import Corrupt, ExtractionTimedOut, NoTextFound, PasswordProtected, ZipBomb
from chatter.documents.file_types import FileType
from tests.corpus.hostile import lying_zip_bomb, pdf_bomb, zip_archive
from tests.corpus.mail import eml_file
from tests.corpus.office import docx_file, docx_with_page_break, epub_file, pptx_file, xlsx_file
from tests.corpus.pdf import encrypted, pdf_file, scanned_pdf

LONG = "The holiday allowance is 25 days in the first year and grows by one day in each further year of service. "


@pytest.fixture
async def readers() -> AsyncIterator[ReaderPool]:
    async with ReaderPool.open(size=1) as pool:
        yield pool


async def texts(readers: ReaderPool, data: bytes, file_type: FileType) -> list[str]:
    return [page.text for page in (await readers.extract(data, file_type=file_type)).pages]


async def test_each_page_of_a_pdf_keeps_its_number_and_its_paragraphs_are_whole_again(readers: ReaderPool) -> None:
    data = pdf_file([["# Leave", LONG * 5], ["The second page."]])
    first, second = await texts(readers, data, FileType.PDF)
    assert first == f"Leave\n\n{(LONG * 5).strip()}"
    assert second == "The second page."


async def test_a_word_document_gives_headings_paragraphs_and_tables(readers: ReaderPool) -> None:
    data = docx_file(["First paragraph.", "Second paragraph."], table=[["Grade", "Days"], ["Senior", "28"]])
    (text,) = await texts(readers, data, FileType.DOCX)
    assert text.startswith("Handbook\n\nFirst paragraph.\n\nSecond paragraph.")
    assert "Grade\tDays\nSenior\t28" in text


async def test_a_page_break_in_a_word_document_starts_a_page(readers: ReaderPool) -> None:
    assert await texts(readers, docx_with_page_break("One.", "Two."), FileType.DOCX) == ["One.", "Two."]


async def test_each_slide_is_a_page_with_its_notes(readers: ReaderPool) -> None:
    data = pptx_file([("Goals", "Grow by a tenth"), ("Risks", "None is known")], notes="Say it slowly")
    first, second = await texts(readers, data, FileType.PPTX)
    assert first == "Goals\n\nGrow by a tenth\n\nNotes:\n\nSay it slowly"
    assert second.startswith("Risks")


async def test_each_sheet_is_a_page_and_each_cell_carries_the_name_of_its_column(readers: ReaderPool) -> None:
    sheets: dict[str, list[list[object]]] = {
        "Costs": [["item", "amount"], ["rent", 1200.5], ["food", None]],
        "Staff": [["name"], ["Ada"]],
    }
    assert await texts(readers, xlsx_file(sheets), FileType.XLSX) == [
        "Costs\n\nitem: rent | amount: 1200.5\nitem: food",
        "Staff\n\nname: Ada",
    ]


async def test_html_gives_its_words_without_scripts_and_marks(readers: ReaderPool) -> None:
    html = b"<html><head><title>T</title><script>steal()</script></head><body><h1>Rules</h1><p>Pay <b>soon</b>, "
    html += b"see <a href='http://x.org'>here</a>.</p><ul><li>one<ul><li>nested</li></ul></li></ul>loose</body></html>"
    (text,) = await texts(readers, html, FileType.HTML)
    assert "Rules\n\nPay soon, see here." in text
    assert all(word in text for word in ("- one", "- nested", "loose"))
    assert "steal" not in text


async def test_markdown_keeps_every_item_of_a_nested_list(readers: ReaderPool) -> None:
    source = b"# Title\n\n* outer **bold**\n  * inner\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx = *y*\n```\n"
    assert await texts(readers, source, FileType.MARKDOWN) == [
        "Title\n\n- outer bold\n  - inner\n\na | b\n1 | 2\n\nx = *y*"
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_text_is_read_in_the_encoding_that_it_has(readers: ReaderPool, encoding: str) -> None:
    assert await texts(readers, "Grüße\r\nzweite Zeile".encode(encoding), FileType.TEXT) == ["Grüße\nzweite Zeile"]


async def test_a_long_text_is_cut_into_pages_at_paragraphs(readers: ReaderPool) -> None:
    paragraph = LONG * 10
    pages = await texts(readers, "\n\n".join([paragraph] * 30).encode(), FileType.TEXT)
    assert len(pages) > 2
    assert all(page.startswith("The holiday") and page.endswith("service.") for page in pages)


async def test_a_row_of_a_csv_makes_sense_alone(readers: ReaderPool) -> None:
    assert await texts(readers, b"name;amount\nrent;1200\nfood;3,4\n", FileType.CSV) == [
        "name: rent | amount: 1200\nname: food | amount: 3,4"
    ]


async def test_an_email_gives_its_text_and_its_attachments_and_names_what_was_not_read(readers: ReaderPool) -> None:
    word = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx_file(["Inside."]))
    attachments = {"offer.docx": word, "logo.png": ("image/png", b"\x89PNG\r\n\x1a\n")}
    data = eml_file(subject="Our offer", text="The price is 12 EUR.", attachments=attachments)
    document = await readers.extract(data, file_type=FileType.EML)
    assert "Subject: Our offer" in document.pages[0].text
    assert "The price is 12 EUR." in document.pages[0].text
    assert "Inside." in document.pages[1].text
    assert document.warnings == ["The attachment logo.png was not read."]


async def test_an_epub_gives_its_chapters(readers: ReaderPool) -> None:
    data = epub_file([("One", "<p>It was a dark night.</p>"), ("Two", "<blockquote>A quotation.</blockquote>")])
    (text,) = await texts(readers, data, FileType.EPUB)
    assert "One\n\nIt was a dark night." in text
    assert "A quotation." in text


async def test_a_pdf_with_a_password_is_refused_for_that_reason(readers: ReaderPool) -> None:
    with pytest.raises(PasswordProtected):
        await readers.extract(encrypted(pdf_file([["x"]]), user_password="secret"), file_type=FileType.PDF)


async def test_a_pdf_that_is_only_protected_against_changes_is_read(readers: ReaderPool) -> None:
    assert await texts(readers, encrypted(pdf_file([["Readable."]]), user_password=""), FileType.PDF) == ["Readable."]


async def test_a_scan_is_refused_and_called_a_scan(readers: ReaderPool) -> None:
    with pytest.raises(NoTextFound, match="scan"):
        await readers.extract(scanned_pdf(), file_type=FileType.PDF)


async def test_a_page_without_text_is_named(readers: ReaderPool) -> None:
    document = await readers.extract(scanned_pdf(text_on_second_page="Words."), file_type=FileType.PDF)
    assert [page.number for page in document.pages] == [2]
    assert "page 1" in document.warnings[0]


@pytest.mark.parametrize(
    ("data", "file_type"),
    [
        (pdf_file([["Words."]])[:700], FileType.PDF),
        (b"%PDF-1.7\nrubbish", FileType.PDF),
        (zip_archive({"word/document.xml": b"<not xml"}), FileType.DOCX),
        (docx_file(["x"])[:-200], FileType.DOCX),
        (zip_archive({"xl/workbook.xml": b"\x00\x01"}), FileType.XLSX),
    ],
)
async def test_a_damaged_file_is_called_damaged(readers: ReaderPool, data: bytes, file_type: FileType) -> None:
    with pytest.raises((Corrupt, NoTextFound)):
        await readers.extract(data, file_type=file_type)


async def test_a_bomb_costs_one_process_and_the_next_file_is_read() -> None:
    async with ReaderPool.open(size=1, memory_bytes=900 * 2**20) as pool:
        with pytest.raises((Corrupt, ZipBomb)):
            await pool.extract(pdf_bomb(), file_type=FileType.PDF)
        with pytest.raises((Corrupt, ZipBomb, NoTextFound)):
            await pool.extract(lying_zip_bomb(), file_type=FileType.DOCX)
        assert await texts(pool, b"still here", FileType.TEXT) == ["still here"]


async def test_a_file_that_takes_too_long_is_given_up() -> None:
    async with ReaderPool.open(size=1, timeout_seconds=0.001) as pool:
        with pytest.raises(ExtractionTimedOut):
            await pool.extract(pdf_file([[LONG * 50]] * 20), file_type=FileType.PDF)
