"""Reads each type of file, by kreuzberg where there is something to extract. Runs only inside a reader process."""

import csv
import io
import secrets
from collections import Counter

import kreuzberg

from chatter.documents.errors import Corrupt, DocumentTooLarge, NoTextFound, PasswordProtected
from chatter.documents.extraction import ExtractedDocument, Page
from chatter.documents.file_types import FileType
from chatter.documents.markdown_text import reading_text
from chatter.documents.pages import normalised, numbered, rejoined_lines, split_into_pages, table_text
from chatter.documents.text_encoding import decoded

__all__ = ["MAX_CHARACTERS", "read"]

MAX_CHARACTERS = 20_000_000
_CSV_SAMPLE = 8192


def read(data: bytes, *, file_type: FileType) -> ExtractedDocument:
    """Pages of text with their warnings; raises the domain's final errors."""
    try:
        document = _READERS[file_type](data)
    except kreuzberg.KreuzbergError as error:
        raise _explained(error, file_type=file_type) from error
    if sum(len(page.text) for page in document.pages) > MAX_CHARACTERS:
        raise DocumentTooLarge(f"The file holds more than {MAX_CHARACTERS // 1_000_000} million characters of text.")
    if not any(character.isalnum() for page in document.pages for character in page.text):
        raise NoTextFound(_no_text_reason(file_type))
    return document


def _no_text_reason(file_type: FileType) -> str:
    if file_type is FileType.PDF:
        return "Its pages hold pictures but no text: this looks like a scan."
    return f"The {file_type.label} holds no text."


def _explained(error: kreuzberg.KreuzbergError, *, file_type: FileType) -> PasswordProtected | Corrupt:
    message = str(error).lower()
    if "password" in message or "encrypted" in message:
        return PasswordProtected()
    return Corrupt(f"The content is not a readable {file_type.label}: it is damaged or was cut off.")


def _extracted(data: bytes, file_type: FileType, **options: object) -> kreuzberg.ExtractionResult:
    config = kreuzberg.ExtractionConfig(  # type: ignore[call-arg]  # its stub lacks disable_ocr
        use_cache=False,
        disable_ocr=True,
        enable_quality_processing=False,
        **options,  # type: ignore[arg-type]
    )
    return kreuzberg.extract_bytes_sync(data, file_type.media_type, config)


def _pdf(data: bytes) -> ExtractedDocument:
    found = _extracted(data, FileType.PDF, pages=kreuzberg.PageConfig(extract_pages=True))
    texts = [rejoined_lines(normalised(page["content"])) for page in found.pages or []]
    pages = numbered(texts)
    return ExtractedDocument(pages=pages, warnings=_pages_without_text(len(texts), pages))


def _pages_without_text(count: int, pages: list[Page]) -> list[str]:
    missing = sorted(set(range(1, count + 1)) - {page.number for page in pages})
    if not missing or not pages:
        return []
    shown = ", ".join(map(str, missing[:10])) + (" and more" if len(missing) > 10 else "")
    return [f"No text on page {shown}: blank, or a picture or scan; it can't be found by search."]


def _docx(data: bytes) -> ExtractedDocument:
    found = _extracted(data, FileType.DOCX, pages=kreuzberg.PageConfig(extract_pages=True))
    texts = [page["content"] for page in found.pages or []]
    pages = numbered(texts) if len(texts) > 1 else split_into_pages(texts[0] if texts else found.content)
    return ExtractedDocument(pages=pages or split_into_pages(found.content), warnings=[])


def _pptx(data: bytes) -> ExtractedDocument:
    border = f"[{secrets.token_hex(8)}]"
    marks = kreuzberg.PageConfig(extract_pages=True, insert_page_markers=True, marker_format=f"\n\n{border}\n\n")
    found = _extracted(data, FileType.PPTX, pages=marks)
    before, *slides = found.content.split(border)
    return ExtractedDocument(pages=numbered(slides or [before]), warnings=[])


def _xlsx(data: bytes) -> ExtractedDocument:
    found = _extracted(data, FileType.XLSX, pages=kreuzberg.PageConfig(extract_pages=True))
    names = found.metadata.get("sheet_names") or []
    texts = [""] * max([len(names), *(table.page_number for table in found.tables)], default=0)
    for table in found.tables:
        number = table.page_number
        texts[number - 1] += table_text(names[number - 1] if number <= len(names) else None, table.cells) + "\n\n"
    return ExtractedDocument(pages=numbered(texts), warnings=[])


def _from_markup(data: bytes, file_type: FileType) -> ExtractedDocument:
    # As Markdown, since the plain output of kreuzberg 4.10 drops quotations and text outside of paragraphs.
    found = _extracted(data, file_type, output_format="markdown")
    return ExtractedDocument(pages=split_into_pages(reading_text(found.content)), warnings=[])


def _html(data: bytes) -> ExtractedDocument:
    return _from_markup((decoded(data) or "").encode(), FileType.HTML)


def _epub(data: bytes) -> ExtractedDocument:
    return _from_markup(data, FileType.EPUB)


def _markdown(data: bytes) -> ExtractedDocument:
    # Read directly: kreuzberg 4.10 drops the text of a list item that has a list inside.
    return ExtractedDocument(pages=split_into_pages(reading_text(decoded(data) or "")), warnings=[])


def _text(data: bytes) -> ExtractedDocument:
    return ExtractedDocument(pages=split_into_pages(decoded(data) or ""), warnings=[])


def _csv(data: bytes) -> ExtractedDocument:
    text = decoded(data) or ""
    csv.field_size_limit(MAX_CHARACTERS)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error:
        return _text(data)
    return ExtractedDocument(pages=split_into_pages(table_text(None, rows)), warnings=[])


def _delimiter(text: str) -> str:
    first_lines = text[:_CSV_SAMPLE].splitlines()[:5]
    counts = Counter({mark: min((line.count(mark) for line in first_lines if line), default=0) for mark in ",;\t|"})
    return counts.most_common(1)[0][0]


def _eml(data: bytes) -> ExtractedDocument:
    found = _extracted(data, FileType.EML)
    texts, read_names = [found.content], set()
    for attachment in found.children or []:
        result = attachment["result"]
        read_names.add(attachment["path"])
        texts.append(f"Attachment: {attachment['path']}\n\n{_attachment_text(result)}")
    attached: list[str] = list(found.metadata.get("attachments") or [])
    unread = [f"The attachment {name} was not read." for name in attached if name not in read_names]
    return ExtractedDocument(pages=numbered(texts), warnings=unread)


def _attachment_text(result: kreuzberg.ExtractionResult) -> str:
    if result.mime_type == FileType.PDF.media_type and result.pages:
        return "\n\n".join(rejoined_lines(normalised(page["content"])) for page in result.pages)
    return result.content


_READERS = {
    FileType.PDF: _pdf,
    FileType.DOCX: _docx,
    FileType.PPTX: _pptx,
    FileType.XLSX: _xlsx,
    FileType.HTML: _html,
    FileType.MARKDOWN: _markdown,
    FileType.TEXT: _text,
    FileType.CSV: _csv,
    FileType.EML: _eml,
    FileType.EPUB: _epub,
}
