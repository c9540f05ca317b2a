"""Takes the files of a multipart request one at a time, so that a batch needs the memory of its largest file only."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from litestar.exceptions import ClientException
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
)

from chatter.kit.errors import TooLarge
from chatter.kit.schema import Schema

__all__ = ["FIELD", "MAX_FILES", "ReceivedFile", "received_files"]

FIELD = "files"
MAX_FILES = 1000


class ReceivedFile(Schema, frozen=True):
    name: str
    data: bytes | None
    """None when the file was larger than allowed; the excess was thrown away as it came."""


async def received_files(request: Request[Any, Any, Any], *, limit: int) -> AsyncIterator[ReceivedFile]:
    """Each file of the field `files` as soon as it is complete; raises ClientException for any other body."""
    kind, options = request.content_type
    boundary = options.get("boundary")
    if kind != "multipart/form-data" or not boundary:
        raise ClientException("Send the files as multipart/form-data, in the field 'files'.")
    part: _Part | None = None
    try:
        with PushMultipartParser(boundary.encode(), max_segment_count=MAX_FILES, max_segment_size=2**40) as parser:
            async for body in request.stream():
                for piece in parser.parse(body):
                    if isinstance(piece, MultipartSegment):
                        part = _Part(piece, limit=limit)
                    elif part is not None and piece:
                        part.take(piece)
                    elif part is not None and part.is_file:
                        yield part.file()
    except ParserLimitReached as error:
        raise TooLarge(f"A form holds at most {MAX_FILES} files.", remedy="Upload them in several requests.") from error
    except MultipartError as error:
        raise ClientException("The form with the files is broken, or was cut off.") from error


class _Part:
    """A part of the form while it comes in."""

    def __init__(self, segment: MultipartSegment, *, limit: int) -> None:
        self._name: str = segment.filename or ""
        self._limit = limit
        self._data: bytearray | None = bytearray()
        self.is_file = segment.name == FIELD and segment.filename is not None

    def take(self, piece: bytes | bytearray) -> None:
        if not self.is_file or self._data is None:
            return
        if len(self._data) + len(piece) > self._limit:
            self._data = None
        else:
            self._data += piece

    def file(self) -> ReceivedFile:
        return ReceivedFile(name=self._name, data=None if self._data is None else bytes(self._data))
