"""What reading a file gives: pages of text; and the port of whoever reads it."""

from typing import Protocol

from chatter.documents.file_types import FileType
from chatter.kit.schema import Schema

__all__ = ["ExtractedDocument", "Extractor", "Page"]


class Page(Schema, frozen=True):
    number: int
    """From 1: a page of a PDF, a slide, a sheet, a part of an e-mail, or a stretch of a text that has no pages."""
    text: str


class ExtractedDocument(Schema, frozen=True):
    pages: list[Page]
    warnings: list[str]


class Extractor(Protocol):
    async def extract(self, data: bytes, *, file_type: FileType) -> ExtractedDocument:
        """Read the file; raises a final error of `chatter.documents.errors` when it can't be read."""
