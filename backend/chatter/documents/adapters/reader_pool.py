"""Reads files in processes of their own, so that a bomb or a crash of the reader costs one process and one file."""

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

import msgspec

from chatter.documents.adapters.reader_messages import LENGTH_BYTES, ReadFailure, ReadFile, ReadResult
from chatter.documents.errors import (
    Corrupt,
    DocumentTooLarge,
    ExtractionTimedOut,
    NoTextFound,
    PasswordProtected,
    ZipBomb,
)
from chatter.documents.extraction import ExtractedDocument
from chatter.documents.file_types import FileType
from chatter.kit.errors import ChatterError

__all__ = ["ReaderPool"]

_MODULE = "chatter.documents.adapters.reader_process"
_FAILURES: dict[str, Callable[[str], ChatterError]] = {
    error.code: error for error in (PasswordProtected, Corrupt, DocumentTooLarge, NoTextFound, ZipBomb)
}


@dataclass
class ReaderPool:
    """At most `size` processes, each started when it is first needed and replaced after `files_per_process`."""

    size: int = 2
    timeout_seconds: float = 120
    memory_bytes: int = 2 * 2**30
    files_per_process: int = 200
    _idle: "list[_Reader]" = field(default_factory=list)
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.size)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, size: int = 2, timeout_seconds: float = 120, memory_bytes: int = 2 * 2**30
    ) -> "AsyncIterator[ReaderPool]":
        """A pool whose processes end with the block."""
        pool = cls(size=size, timeout_seconds=timeout_seconds, memory_bytes=memory_bytes)
        try:
            yield pool
        finally:
            await pool.close()

    async def extract(self, data: bytes, *, file_type: FileType) -> ExtractedDocument:
        """See `Extractor.extract`."""
        async with self._slots:
            reader = self._idle.pop() if self._idle else await _Reader.started(self.memory_bytes)
            try:
                result = await asyncio.wait_for(reader.read(data, file_type=file_type), self.timeout_seconds)
            except TimeoutError:
                await reader.kill()
                raise ExtractionTimedOut(self.timeout_seconds) from None
            except BaseException:
                await reader.kill()
                raise
            await self._keep(reader)
        if result.document is None:
            raise _as_error(result.failure)
        return result.document

    async def close(self) -> None:
        """End the idle processes; those at work belong to calls, which end them when they are cancelled."""
        while self._idle:
            await self._idle.pop().kill()

    async def _keep(self, reader: "_Reader") -> None:
        if reader.files < self.files_per_process:
            self._idle.append(reader)
        else:
            await reader.kill()


def _as_error(failure: ReadFailure | None) -> ChatterError:
    if failure is None:
        return Corrupt("The reader gave no answer for this file.")
    return _FAILURES.get(failure.code, Corrupt)(failure.detail)


@dataclass
class _Reader:
    """One reader process and the pipes to it."""

    process: Process
    requests: asyncio.StreamWriter
    answers: asyncio.StreamReader
    last_words: IO[bytes]
    """A file for its stderr: a pipe that nobody empties would block it."""
    files: int = 0

    @classmethod
    async def started(cls, memory_bytes: int) -> "_Reader":
        last_words = tempfile.TemporaryFile()  # noqa: SIM115 - closed by kill(), with the process
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _MODULE, str(memory_bytes)), stdin=PIPE, stdout=PIPE, stderr=last_words
        )
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process started with pipes has pipes")
        return cls(process, process.stdin, process.stdout, last_words)

    async def read(self, data: bytes, *, file_type: FileType) -> ReadResult:
        self.files += 1
        request = msgspec.msgpack.encode(ReadFile(file_type=file_type, data=data))
        try:
            self.requests.write(len(request).to_bytes(LENGTH_BYTES, "big") + request)
            await self.requests.drain()
            length = await self.answers.readexactly(LENGTH_BYTES)
            body = await self.answers.readexactly(int.from_bytes(length, "big"))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise await self._cause_of_death() from error
        return msgspec.msgpack.decode(body, type=ReadResult)

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        self.requests.close()
        self.last_words.close()

    async def _cause_of_death(self) -> Corrupt | ZipBomb:
        await self.process.wait()
        self.last_words.seek(0)
        said = self.last_words.read()
        if b"memory allocation" in said or b"MemoryError" in said:
            return ZipBomb("Reading the file takes more memory than is allowed.")
        return Corrupt("The reader crashed on this file, or ran out of memory.")
