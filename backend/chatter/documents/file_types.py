"""What a file is, judged by its content first and by its name only where content can't tell."""

import re
from enum import StrEnum
from pathlib import PurePosixPath

from chatter.documents.archives import ArchiveContent, inspected_archive
from chatter.documents.errors import Corrupt, EmptyFile, PasswordProtected, UnsupportedType
from chatter.documents.text_encoding import decoded
from chatter.kit.schema import Schema

__all__ = ["FileType", "Recognised", "recognise"]


class FileType(StrEnum):
    PDF = "pdf"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    HTML = "html"
    MARKDOWN = "md"
    TEXT = "txt"
    CSV = "csv"
    EML = "eml"
    EPUB = "epub"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]

    @property
    def label(self) -> str:
        return _LABELS[self]


class Recognised(Schema, frozen=True):
    file_type: FileType
    warning: str | None = None
    """Set when the name promised something else than the content is."""


_OOXML = "application/vnd.openxmlformats-officedocument."
_MEDIA_TYPES = {
    FileType.PDF: "application/pdf",
    FileType.DOCX: f"{_OOXML}wordprocessingml.document",
    FileType.PPTX: f"{_OOXML}presentationml.presentation",
    FileType.XLSX: f"{_OOXML}spreadsheetml.sheet",
    FileType.HTML: "text/html",
    FileType.MARKDOWN: "text/markdown",
    FileType.TEXT: "text/plain",
    FileType.CSV: "text/csv",
    FileType.EML: "message/rfc822",
    FileType.EPUB: "application/epub+zip",
}
_LABELS = {
    FileType.PDF: "PDF",
    FileType.DOCX: "Word document",
    FileType.PPTX: "PowerPoint presentation",
    FileType.XLSX: "Excel workbook",
    FileType.HTML: "HTML page",
    FileType.MARKDOWN: "Markdown text",
    FileType.TEXT: "plain text",
    FileType.CSV: "CSV table",
    FileType.EML: "e-mail",
    FileType.EPUB: "EPUB book",
}
_BY_EXTENSION = {file_type.value: file_type for file_type in FileType} | {
    "docm": FileType.DOCX,
    "pptm": FileType.PPTX,
    "xlsm": FileType.XLSX,
    "htm": FileType.HTML,
    "xhtml": FileType.HTML,
    "markdown": FileType.MARKDOWN,
    "mdx": FileType.MARKDOWN,
    "tsv": FileType.CSV,
    "text": FileType.TEXT,
}
_TEXTUAL = frozenset({FileType.HTML, FileType.MARKDOWN, FileType.TEXT, FileType.CSV, FileType.EML})
_ARCHIVE_PARTS = {
    "word/document.xml": FileType.DOCX,
    "ppt/presentation.xml": FileType.PPTX,
    "xl/workbook.xml": FileType.XLSX,
    "xl/workbook.bin": None,
    "META-INF/container.xml": FileType.EPUB,
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"ID3", "a sound recording"),
    (b"OggS", "a sound recording"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a rich text (RTF) file"),
)
_HTML_START = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_MAIL_HEADER = re.compile(r"^(received|from|to|subject|date|message-id|mime-version|return-path):", re.IGNORECASE)


def recognise(name: str, *, data: bytes) -> Recognised:
    """Say what the bytes are, or raise why they can't be read."""
    if not data:
        raise EmptyFile
    promised = _BY_EXTENSION.get(PurePosixPath(name.lower()).suffix.removeprefix("."))
    actual = _binary_type(data, promised=promised) or _text_type(data, promised=promised)
    if promised is None or promised is actual:
        return Recognised(file_type=actual)
    warning = f"The name says {promised.label}, but the content is {actual.label}; it was read as such."
    return Recognised(file_type=actual, warning=warning)


def _binary_type(data: bytes, *, promised: FileType | None) -> FileType | None:
    if b"%PDF-" in data[:1024]:
        return FileType.PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive_type(inspected_archive(data))
    if data.startswith(_OLD_OFFICE):
        raise _old_office_refusal(data, promised=promised)
    for magic, kind in _FOREIGN:
        if data.startswith(magic):
            raise UnsupportedType(f"The file is {kind}.")
    return None


def _archive_type(archive: ArchiveContent) -> FileType:
    for part, file_type in _ARCHIVE_PARTS.items():
        if part in archive.names:
            if archive.encrypted:
                raise PasswordProtected
            if file_type is None:
                break
            return file_type
    raise UnsupportedType("The file is a ZIP archive.", remedy="Unpack it and upload the files inside.")


def _old_office_refusal(data: bytes, *, promised: FileType | None) -> PasswordProtected | UnsupportedType:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return PasswordProtected()
    kind = promised.label if promised is not None else "Office file"
    return UnsupportedType(
        f"The file is a {kind} in the format of Office 97-2003.",
        remedy="Save it as .docx, .xlsx, .pptx or PDF and upload that.",
    )


def _text_type(data: bytes, *, promised: FileType | None) -> FileType:
    text = decoded(data)
    if text is None:
        if promised is not None:
            raise Corrupt(f"The name says {promised.label}, but the content is something else or damaged.")
        raise UnsupportedType("The file is neither a document nor text.")
    if _HTML_START.match(text[:4096]):
        return FileType.HTML
    if promised is FileType.EML and not _looks_like_mail(text):
        return FileType.TEXT
    if promised in _TEXTUAL:
        return promised
    return FileType.EML if _looks_like_mail(text) else FileType.TEXT


def _looks_like_mail(text: str) -> bool:
    head = text[:8192].lstrip("\r\n").replace("\r\n", "\n").split("\n\n", 1)[0].splitlines()
    begins = bool(head) and re.match(r"[A-Za-z-]+:|From ", head[0]) is not None
    return begins and sum(_MAIL_HEADER.match(line) is not None for line in head) >= 2
