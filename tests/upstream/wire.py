"""The bytes a provider sends."""

from collections.abc import Mapping

import msgspec

__all__ = [
    "LAST_CHUNK",
    "STREAM_HEAD",
    "body",
    "chunked",
    "delta",
    "error_event",
    "finish",
    "json_response",
    "tool_delta",
    "usage_event",
]

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/event-stream\r\n"
    b"cache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"
_PREFIX = b'data: {"id":"c","object":"chat.completion.chunk","created":0,"model":"fake","choices":[{"index":0,"delta":'
_REASONS = {
    200: b"OK",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    429: b"Too Many",
}

_encode = msgspec.json.Encoder().encode


def chunked(data: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def delta(text: str) -> bytes:
    """The event of one token."""
    return b'%b{"content":%b},"finish_reason":null}]}\n\n' % (_PREFIX, _encode(text))


def tool_delta(*, id: str = "", name: str = "", arguments: str) -> bytes:  # noqa: A002  # the protocol's own word
    """The event of one fragment of a call."""
    begun = {"id": id, "type": "function"} if id else {}
    function = {"name": name} if name else {}
    call = {"index": 0, **begun, "function": {**function, "arguments": arguments}}
    return b'%b{"tool_calls":[%b]},"finish_reason":null}]}\n\n' % (_PREFIX, _encode(call))


def finish(reason: str = "stop") -> bytes:
    """The event that says why the answer ends."""
    return b'%b{},"finish_reason":"%b"}]}\n\n' % (_PREFIX, reason.encode())


def usage_event(*, prompt: int, completion: int) -> bytes:
    """The event that carries the counts."""
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return b"data: %b\n\n" % _encode({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage})


def error_event(message: str) -> bytes:
    """What a provider sends when it fails in the middle of its own stream."""
    return b"data: %b\n\n" % _encode({"error": {"message": message, "type": "server_error"}})


def json_response(content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole response."""
    return body(_encode(content), kind="application/json", status=status, headers=headers)


def body(data: bytes, *, kind: str, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole response of any content type."""
    extra = b"".join(b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in (headers or {}).items())
    return b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n%b\r\n%b" % (
        status,
        _REASONS.get(status, b"Status"),
        kind.encode(),
        len(data),
        extra,
        data,
    )
