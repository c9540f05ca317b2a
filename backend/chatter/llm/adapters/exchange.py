"""One request to a provider and its streamed answer: what all wires have in common."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import msgspec
from yarl import URL

from chatter.kit.http import HttpSessions
from chatter.llm.adapters.dialects import Dialect, Dialects
from chatter.llm.adapters.faults import cut_short, endless, incoherent, refusal, translated
from chatter.llm.adapters.gathering import Gathering
from chatter.llm.adapters.silence import Silence
from chatter.llm.ports import ChatCall, ChatDelta, ChatTarget

__all__ = ["Builder", "Exchange", "Framing", "Reader", "WireRequest"]

_NOT_A_STREAM = frozenset({"text/html", "application/json"})
"""Some servers stream under a wrong content type or none; these two are never a stream."""
_LARGEST_RESPONSE = 64 * 1024 * 1024
_LARGEST_STREAM = 16 * 1024 * 1024
_LONGEST_STREAM_SECONDS = 1800
_LARGEST_PROBLEM = 64 * 1024
_CONNECT_SECONDS = 10
_READ_INTERVAL = 0.028
"""Seconds between two reads of text, a little less than between two that readers are shown: it goes out with those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """What goes over the wire. Its headers hold the key: never log or store a request."""

    url: str | URL
    """A URL goes as it is, a text as it is written usually."""
    body: bytes
    headers: dict[str, str] = field(repr=False)


class Framing(Protocol):
    """Cuts a stream of bytes into the payloads of its events."""

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that this piece completes."""
        ...

    def end(self) -> list[bytes]:
        """A last payload that was not ended, if there is one."""
        ...


Builder = Callable[[ChatCall, Dialect], WireRequest]
"""Writes a request, without the parameters that the model is known to refuse."""
Reader = Callable[[Gathering, bytes], None]
"""Reads one payload; raises a MsgspecError when it is not of the wire format."""


class Exchange:
    """The requests of one process; the key travels with each."""

    def __init__(self, http: HttpSessions) -> None:
        self._http = http
        self._dialects = Dialects()

    def session(self, target: ChatTarget) -> aiohttp.ClientSession:
        """The HTTP session through which this target may be called."""
        return self._http.internal if target.internal else self._http.public

    async def stream(
        self, call: ChatCall, build: Builder, *, framing: Framing, read: Reader
    ) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused.

        What arrived until one read is one delta. A stream that ends without a finish reason raises UpstreamCutShort.
        """
        async with (
            translated(call.target, idle_seconds=call.idle_seconds),
            await self._answering(call, build) as response,
            aclosing(self._read(call, response, framing=framing, read=read)) as deltas,
        ):
            async for delta in deltas:
                yield delta

    async def content(self, target: ChatTarget, response: aiohttp.ClientResponse) -> bytes:
        """The whole body of a response of status 200; raises a ProviderFault for any other."""
        if response.status != 200:
            problem = await response.content.read(_LARGEST_PROBLEM)
            raise refusal(target, status=response.status, body=problem, retry_after=response.headers.get("retry-after"))
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > _LARGEST_RESPONSE:
                raise incoherent(target)
        return b"".join(parts)

    async def _answering(self, call: ChatCall, build: Builder) -> aiohttp.ClientResponse:
        """A response of status 200, after as many attempts as this model refuses parameters."""
        while True:
            response = await self._post(call, build(call, self._dialects.of(call.target)))
            if response.status == 200:
                return response
            async with response, asyncio.timeout(call.idle_seconds):
                problem = await response.content.read(_LARGEST_PROBLEM)
            if response.status not in (400, 422) or not self._dialects.learn(call.target, problem=problem):
                retry_after = response.headers.get("retry-after")
                raise refusal(call.target, status=response.status, body=problem, retry_after=retry_after)

    async def _read(
        self, call: ChatCall, response: aiohttp.ClientResponse, *, framing: Framing, read: Reader
    ) -> AsyncGenerator[ChatDelta, None]:
        """The deltas of a response of status 200; one for what arrived until one read."""
        if response.content_type in _NOT_A_STREAM:
            raise incoherent(call.target)
        gathering, content, pace = Gathering(), response.content, _Pace()
        with Silence(content, seconds=call.idle_seconds, longest=_LONGEST_STREAM_SECONDS):
            try:
                while data := await _read_any(content):
                    if content.total_bytes > _LARGEST_STREAM:
                        raise endless(call.target)
                    if delta := _taken(gathering, framing.feed(data), read=read):
                        yield delta
                    if gathering.is_over():
                        break
                    if delta is not None and delta.text:
                        await pace.rest()
                else:
                    if delta := _taken(gathering, framing.end(), read=read):
                        yield delta
                    gathering.is_over()
            except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError):
                if delta := _taken(gathering, framing.feed(_unread(content)), read=read):
                    yield delta
                gathering.is_over()
                if gathering.reason is None:
                    raise
        if gathering.reason is None:
            yield gathering.last()  # what it had counted until then
            raise cut_short(call.target)
        yield gathering.last()

    async def _post(self, call: ChatCall, request: WireRequest) -> aiohttp.ClientResponse:
        """The response with its headers; what follows them is watched by whoever reads it."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
        async with asyncio.timeout(call.idle_seconds):
            return await self.session(call.target).post(
                request.url, data=request.body, headers=request.headers, timeout=timeout, allow_redirects=False
            )


class _Pace:
    """Lets a fast stream gather: the second text within an interval waits for its end before more is read."""

    __slots__ = ("_due", "_loop")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = 0.0

    async def rest(self) -> None:
        """Return at once when the last text is an interval old, else when it is."""
        if (left := self._due - self._loop.time()) > 0:
            await asyncio.sleep(left)
        self._due = self._loop.time() + _READ_INTERVAL


async def _read_any(content: aiohttp.StreamReader) -> bytes:
    """What has come, once there is something; nothing at the end."""
    try:
        return await content.readany()
    except RuntimeError as error:  # aiohttp closes a connection whose chunks make no sense, and says only this
        raise aiohttp.ClientPayloadError("The connection was closed.") from error


def _unread(content: aiohttp.StreamReader) -> bytes:
    """What had come before the connection broke, which aiohttp gives nobody while it knows of the break."""
    content.set_exception(None)  # type: ignore[arg-type]  # as it is before there is one
    return content.read_nowait()


def _taken(gathering: Gathering, payloads: list[bytes], *, read: Reader) -> ChatDelta | None:
    for payload in payloads:
        try:
            _read_counted(gathering, payload, read=read)
        except msgspec.MsgspecError as error:
            gathering.fault = error
        if gathering.fault is not None or gathering.done:
            break
    return gathering.take()


def _read_counted(gathering: Gathering, payload: bytes, *, read: Reader) -> None:
    """Read a payload, without its counts when it is only these that make no sense: nobody loses an answer for them."""
    try:
        read(gathering, payload)
    except msgspec.ValidationError as error:
        if "usage" not in str(error):
            raise
        read(gathering, _without_counts(payload))


def _without_counts(payload: bytes) -> bytes:
    event = msgspec.json.decode(payload, type=dict[str, Any])
    for place in (event, event.get("message"), event.get("metadata")):  # wherever a wire has them
        if isinstance(place, dict):
            place.pop("usage", None)
            place.pop("usageMetadata", None)
    return msgspec.json.encode(event)
