"""What goes over the pipes between a worker and its reader processes: a length in four bytes, then MessagePack."""

from chatter.documents.extraction import ExtractedDocument
from chatter.documents.file_types import FileType
from chatter.kit.schema import Schema

__all__ = ["LENGTH_BYTES", "ReadFailure", "ReadFile", "ReadResult"]

LENGTH_BYTES = 4


class ReadFile(Schema, frozen=True):
    file_type: FileType
    data: bytes


class ReadFailure(Schema, frozen=True):
    code: str
    """The code of one of the final errors of `chatter.documents.errors`."""
    detail: str


class ReadResult(Schema, frozen=True):
    document: ExtractedDocument | None = None
    failure: ReadFailure | None = None
