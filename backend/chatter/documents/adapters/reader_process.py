"""A process that does nothing but read files, with little memory and no core dumps: what kills it kills nothing else.

Started by `reader_pool` as `python -m chatter.documents.adapters.reader_process <memory limit in bytes>`.
"""

import ctypes
import os
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from chatter.documents.adapters.kreuzberg_reader import read
from chatter.documents.adapters.reader_messages import LENGTH_BYTES, ReadFailure, ReadFile, ReadResult
from chatter.documents.errors import ZipBomb
from chatter.kit.errors import ChatterError

__all__: list[str] = []

_PR_SET_PDEATHSIG = 1


def main() -> None:
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which ends this process when it is done
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes to stderr and can't mix with the answers
    while (request := _received(sys.stdin.buffer)) is not None:
        _send(answers, _answer(request))


def _answer(request: ReadFile) -> ReadResult:
    try:
        return ReadResult(document=read(request.data, file_type=request.file_type))
    except ChatterError as error:
        return ReadResult(failure=ReadFailure(code=error.code, detail=error.detail))
    except MemoryError:
        detail = "Reading the file takes more memory than is allowed."
        return ReadResult(failure=ReadFailure(code=ZipBomb.code, detail=detail))


def _received(stream: BinaryIO) -> ReadFile | None:
    length = stream.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    return msgspec.msgpack.decode(stream.read(int.from_bytes(length, "big")), type=ReadFile)


def _send(stream: BinaryIO, result: ReadResult) -> None:
    body = msgspec.msgpack.encode(result)
    stream.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
    stream.flush()


if __name__ == "__main__":
    main()
