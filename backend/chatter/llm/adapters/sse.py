"""Splits a stream of server-sent events into the payloads of its data lines."""

__all__ = ["DataLines", "LineTooLong"]

_LONGEST_LINE = 1024 * 1024


class LineTooLong(Exception):
    """A line without an end: not an event stream."""


class DataLines:
    """Feed it what the socket gives; it returns the complete data payloads. Comments and other fields are dropped."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that this piece completes."""
        lines = (self._rest + data).split(b"\n") if self._rest else data.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LONGEST_LINE:
            raise LineTooLong
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]

    def end(self) -> list[bytes]:
        """A last line that was not ended, if it holds a payload."""
        rest, self._rest = self._rest, b""
        return [rest[5:].strip()] if rest.startswith(b"data:") else []
