"""Office files, written by the libraries that people write them with."""

import io
from collections.abc import Mapping, Sequence

import docx
import openpyxl  # type: ignore[import-untyped]
import pptx
from ebooklib import epub  # type: ignore[import-untyped]

__all__ = ["docx_file", "epub_file", "pptx_file", "xlsx_file"]


def docx_file(paragraphs: Sequence[str], *, heading: str = "Handbook", table: Sequence[Sequence[str]] = ()) -> bytes:
    """A Word document: a heading, paragraphs, a table."""
    document = docx.Document()
    document.add_heading(heading, 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    return _saved(document)


def docx_with_page_break(first: str, second: str) -> bytes:
    document = docx.Document()
    document.add_paragraph(first)
    document.add_page_break()  # type: ignore[no-untyped-call]
    document.add_paragraph(second)
    return _saved(document)


def pptx_file(slides: Sequence[tuple[str, str]], *, notes: str = "") -> bytes:
    """Slides of a title and a text."""
    presentation = pptx.Presentation()
    for title, text in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    return _saved(presentation)


def xlsx_file(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook of named sheets."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return _saved(workbook)


def epub_file(chapters: Sequence[tuple[str, str]]) -> bytes:
    """A book; each chapter is a title and XHTML."""
    book = epub.EpubBook()
    book.set_identifier("urn:test:book")
    book.set_title("A book")
    book.set_language("en")
    parts = []
    for number, (title, body) in enumerate(chapters):
        part = epub.EpubHtml(title=title, file_name=f"chapter{number}.xhtml")
        part.content = f"<h1>{title}</h1>{body}"
        book.add_item(part)
        parts.append(part)
    book.toc = parts
    book.spine = ["nav", *parts]
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    target = io.BytesIO()
    epub.write_epub(target, book)
    return target.getvalue()


def _saved(document: "docx.document.Document | pptx.presentation.Presentation | openpyxl.Workbook") -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()
