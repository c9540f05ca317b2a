"""The public API over HTTP, for the commands that talk to an installation.

The standard library's client: these commands start in a fraction of the time that an async client takes to import.
"""

import http.client
import mimetypes
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from chatter.kit.schema import Problem

PREFIX = "/api/v1"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_BLOCK = 64 * 1024
_BROWSER_COOKIE = "chatter_sign_in"
T = TypeVar("T")


class ApiFailed(Exception):
    """The API answered with a problem document."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class Unreachable(Exception):
    """Nobody answers at the address, or not with this API."""


@dataclass(frozen=True, kw_only=True)
class StreamedEvent:
    """One server-sent event."""

    id: int | None
    data: bytes


class Api:
    """One signed-in (or not yet signed-in) caller of one installation."""

    def __init__(self, url: str, *, token: str | Callable[[], str] | None = None, timeout: float = 120.0) -> None:
        """A token that may have to be renewed meanwhile is asked for before each request."""
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._cookies: dict[str, str] = {}
        """What binds a sign-in's second step to its first. A session's cookie is left: its token stands in the body."""

    def get(self, path: str, answer: type[T], **query: Any) -> T:
        return self._decoded("GET", path, answer, query=query)

    def post(self, path: str, answer: type[T], *, body: msgspec.Struct | dict[str, Any], key: str | None = None) -> T:
        """Post a JSON body; `key` makes a repeated request harmless."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return self._decoded("POST", path, answer, body=msgspec.json.encode(body), headers=headers)

    def form(self, path: str, answer: type[T], **fields: str) -> T:
        """Post a form, as OAuth has it."""
        return self._decoded("POST", path, answer, body=urlencode(fields).encode(), headers=_FORM)

    def send_form(self, path: str, **fields: str) -> None:
        """The same, where the answer has nothing of interest."""
        with self._answer("POST", path, body=urlencode(fields).encode(), headers=_FORM):
            return

    def well_known(self, name: str, answer: type[T]) -> T:
        """A document that a standard has at a fixed address."""
        return self._decoded("GET", f"/.well-known/{name}", answer, prefix="")

    def call(self, method: str, path: str) -> None:
        """Send a request that has neither a body nor an answer of interest."""
        with self._answer(method, path):
            return

    def upload(self, path: str, answer: type[T], *, file: Path, **query: Any) -> T:
        """Post one file as the multipart field `files`, read from disk as it is sent."""
        boundary = secrets.token_hex(16)
        head, foot = _multipart(file.name, boundary=boundary)
        length = len(head) + file.stat().st_size + len(foot)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(length)}
        return self._decoded("POST", path, answer, query=query, body=_parts(head, file, foot), headers=headers)

    def events(self, path: str, **query: Any) -> Iterator[StreamedEvent]:
        """Read server-sent events to their end; raises ApiFailed when the right to read them has ended."""
        with self._answer("GET", path, query=query, headers={"Accept": "text/event-stream"}) as response:
            yield from _events(response)

    def events_of(self, path: str, *, body: msgspec.Struct, key: str) -> Iterator[StreamedEvent]:
        """Post a JSON body and read the server-sent events that answer it; `key` makes a repeated request harmless."""
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Idempotency-Key": key}
        with self._answer("POST", path, body=msgspec.json.encode(body), headers=headers) as response:
            yield from _events(response)

    def _decoded(self, method: str, path: str, answer: type[T], **request: Any) -> T:
        with self._answer(method, path, **request) as response:
            try:
                return msgspec.json.decode(response.read(), type=answer)
            except msgspec.DecodeError:
                raise Unreachable(f"{self.url} does not answer like Chatter") from None

    @contextmanager
    def _answer(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: bytes | Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
        prefix: str = PREFIX,
    ) -> Iterator[http.client.HTTPResponse]:
        kept = {name: value for name, value in (query or {}).items() if value is not None}
        target = prefix + quote(path) + (f"?{urlencode(kept)}" if kept else "")
        token = self._token() if callable(self._token) else self._token
        own = {"Authorization": f"Bearer {token}"} if token else dict(self._cookies)
        with closing(self._connection()) as connection:
            try:
                connection.request(method, urlsplit(self.url).path + target, body, own | (headers or {}))
                response = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
                raise Unreachable(f"{self.url} cannot be reached: {reason or type(error).__name__}") from error
            with response:
                self._keep_cookie(response.getheader("set-cookie", ""))
                if response.status >= http.client.BAD_REQUEST:
                    raise ApiFailed(_problem(response))
                yield response

    def _keep_cookie(self, header: str) -> None:
        pair = header.partition(";")[0]
        if pair.startswith(f"{_BROWSER_COOKIE}="):
            self._cookies = {"Cookie": pair}

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(f"{self.url} is not an address like https://chatter.example.com")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname, parts.port, timeout=self._timeout, blocksize=_BLOCK)


def _problem(response: http.client.HTTPResponse) -> Problem:
    content = response.read()
    try:
        return msgspec.json.decode(content, type=Problem)
    except msgspec.DecodeError:
        detail = f"The server answered {response.status} {response.reason}."
        return Problem(
            type="about:blank", title="Failed", status=response.status, detail=detail, code="http_error", request_id=""
        )


def _multipart(name: str, *, boundary: str) -> tuple[bytes, bytes]:
    """The name is sent as the form's own standard has it: quotes and line breaks escaped, the rest as UTF-8."""
    escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{escaped}"\r\n'
    return f"{head}Content-Type: {kind}\r\n\r\n".encode(errors="surrogateescape"), f"\r\n--{boundary}--\r\n".encode()


def _parts(head: bytes, file: Path, foot: bytes) -> Iterator[bytes]:
    yield head
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            yield block
    yield foot


def _events(response: http.client.HTTPResponse) -> Iterator[StreamedEvent]:
    number: int | None = None
    event = b""
    data: list[bytes] = []
    for raw in response:
        line = raw.rstrip(b"\r\n")
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line and data:
            if event == b"problem":
                raise ApiFailed(msgspec.json.decode(b"\n".join(data), type=Problem))
            yield StreamedEvent(id=number, data=b"\n".join(data))
            event, data = b"", []
        elif name == b"id" and value.isdigit():
            number = int(value)
        elif name == b"event":
            event = value
        elif name == b"data":
            data.append(value)
