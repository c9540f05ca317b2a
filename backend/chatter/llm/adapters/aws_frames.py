"""Cuts the binary event stream of Amazon Web Services into its events.

https://smithy.io/2.0/aws/amazon-eventstream.html: lengths, checksum, headers, payload, checksum. Each event is
handed on as JSON whose one key is the event's type, or `exception`.
"""

import zlib

from chatter.llm.adapters.sse import LineTooLong

__all__ = ["EventFrames"]

_PRELUDE = 12
_CHECKSUM = 4
_LARGEST_FRAME = 16 * 1024 * 1024
_TEXT = 7
_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""How long a header's value is, by its type, where that is fixed."""


class EventFrames:
    """Feed it what the socket gives; it returns the events that are whole. Raises LineTooLong for what is no stream."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The events that this piece completes."""
        rest = self._rest + data if self._rest else data
        found: list[bytes] = []
        while len(rest) >= _PRELUDE:
            length = int.from_bytes(rest[:4])
            broken = not _PRELUDE + _CHECKSUM <= length <= _LARGEST_FRAME or not _holds(rest[:_PRELUDE])
            if not broken and len(rest) < length:
                break
            if broken or not _holds(rest[:length]):
                if found:  # what came before it is passed on; it is met again with the next piece, or at the end
                    break
                raise LineTooLong
            found.append(_event(rest[:length]))
            rest = rest[length:]
        self._rest = rest
        return found

    def end(self) -> list[bytes]:
        """Nothing, or LineTooLong: what is not whole is no event."""
        return self.feed(b"")


def _holds(part: bytes) -> bool:
    """Whether the checksum at the end of a part is that of what stands before it."""
    return zlib.crc32(part[:-_CHECKSUM]) == int.from_bytes(part[-_CHECKSUM:])


def _event(frame: bytes) -> bytes:
    ends = _PRELUDE + int.from_bytes(frame[4:8])
    headers = _headers(frame[_PRELUDE:ends])
    kind = headers.get(b":event-type", b"other") if headers.get(b":message-type") == b"event" else b"exception"
    return b'{"%s":%s}' % (kind, frame[ends:-_CHECKSUM] or b"{}")


def _headers(data: bytes) -> dict[bytes, bytes]:
    """The headers that are text; others are passed over."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        name = data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
        if at >= len(data):
            raise LineTooLong
        kind = data[at]
        at += 1
        length = _FIXED.get(kind)
        if length is None:
            length = int.from_bytes(data[at : at + 2])
            at += 2
        if kind == _TEXT:
            found[name] = data[at : at + length]
        at += length
    return found
