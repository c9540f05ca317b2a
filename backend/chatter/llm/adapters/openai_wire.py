"""Chat and embeddings over the OpenAI-compatible wire format, at 0.05 ms of CPU a token.

aiohttp, an own line splitter and a typed decoder instead of an SDK: the SDK costs ten times as much a token. It serves
OpenAI, Mistral, Groq, Together, OpenRouter, vLLM, Ollama, LM Studio, our own local models and most others.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from weakref import WeakKeyDictionary

import aiohttp
import msgspec
import numpy as np

from chatter.kit.http import HttpSessions
from chatter.llm.adapters.dialects import Dialects
from chatter.llm.adapters.faults import cut_short, endless, incoherent, refusal, translated
from chatter.llm.adapters.openai_schema import read_chunk, read_embeddings, read_models
from chatter.llm.adapters.silence import Silence
from chatter.llm.adapters.sse import DataLines
from chatter.llm.errors import ProviderBroken
from chatter.llm.ports import ChatCall, ChatDelta, ChatTarget, Vectors

__all__ = ["OpenAIWire", "wire_of"]

_DONE = b"[DONE]"
_NOT_A_STREAM = frozenset({"text/html", "application/json"})
"""Some servers stream under a wrong content type or none; these two are never a stream."""
_LARGEST_RESPONSE = 64 * 1024 * 1024
_LARGEST_STREAM = 16 * 1024 * 1024
_LONGEST_STREAM_SECONDS = 1800
_LARGEST_PROBLEM = 64 * 1024

_wires: WeakKeyDictionary[HttpSessions, "OpenAIWire"] = WeakKeyDictionary()
_encode = msgspec.json.Encoder().encode


class OpenAIWire:
    """One for each process; the key travels with each request."""

    def __init__(self, http: HttpSessions) -> None:
        self._http = http
        self._dialects = Dialects()

    async def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused.

        Text that arrived in one read is one delta. A stream that ends without a finish reason raises UpstreamCutShort.
        """
        async with (
            translated(call.target, idle_seconds=call.idle_seconds),
            await self._answering(call) as response,
            aclosing(_deltas(call.target, response)) as deltas,
        ):
            with Silence(response.content, seconds=call.idle_seconds, longest=_LONGEST_STREAM_SECONDS):
                async for delta in deltas:
                    yield delta

    async def _answering(self, call: ChatCall) -> aiohttp.ClientResponse:
        """A response of status 200, after as many attempts as this model refuses parameters."""
        while True:
            response = await self._ask(call)
            if response.status == 200:
                return response
            async with response, asyncio.timeout(call.idle_seconds):
                problem = await response.content.read(_LARGEST_PROBLEM)
            if response.status not in (400, 422) or not self._dialects.learn(call.target, problem=problem):
                retry_after = response.headers.get("retry-after")
                raise refusal(call.target, status=response.status, body=problem, retry_after=retry_after)

    async def _ask(self, call: ChatCall) -> aiohttp.ClientResponse:
        body = _encode(self._dialects.of(call.target).request(call))
        try:
            return await self._begun(call, body)
        except aiohttp.ServerDisconnectedError:
            # A kept-alive connection that the provider closed just now: the request was not read.
            return await self._begun(call, body)

    async def _begun(self, call: ChatCall, body: bytes) -> aiohttp.ClientResponse:
        """The response with its headers; what follows them is watched by whoever reads it."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with asyncio.timeout(call.idle_seconds):
            return await self._post(call.target, "chat/completions", body, timeout=timeout)

    async def list_models(self, target: ChatTarget, *, seconds: float = 10.0) -> list[str]:
        """The names of the provider's models, in its order."""
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with translated(target, idle_seconds=seconds):
            url = f"{target.base_url}/models"
            session = self._session(target)
            async with session.get(url, headers=_headers(target), timeout=timeout, allow_redirects=False) as response:
                return [entry.id for entry in read_models(await _content(target, response)).data]

    async def embed(self, target: ChatTarget, texts: Sequence[str], *, seconds: float = 120.0) -> Vectors:
        """One vector of length one for each text, in order."""
        body = _encode({"model": target.model, "input": list(texts), "encoding_format": "base64"})
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=10)
        async with (
            translated(target, idle_seconds=seconds),
            self._post(target, "embeddings", body, timeout=timeout) as response,
        ):
            rows = read_embeddings(await _content(target, response)).data
        if len(rows) != len(texts):
            raise incoherent(target)
        return _vectors([row.embedding for row in sorted(rows, key=lambda row: row.index)])

    def _post(
        self, target: ChatTarget, path: str, body: bytes, *, timeout: aiohttp.ClientTimeout
    ) -> "aiohttp.client._RequestContextManager":
        return self._session(target).post(
            f"{target.base_url}/{path}", data=body, headers=_headers(target), timeout=timeout, allow_redirects=False
        )

    def _session(self, target: ChatTarget) -> aiohttp.ClientSession:
        return self._http.internal if target.internal else self._http.public


def wire_of(http: HttpSessions) -> OpenAIWire:
    """The wire of a process: it remembers which parameters each model refuses."""
    return _wires.setdefault(http, OpenAIWire(http))


async def _deltas(target: ChatTarget, response: aiohttp.ClientResponse) -> AsyncGenerator[ChatDelta, None]:
    if response.content_type in _NOT_A_STREAM:
        raise incoherent(target)
    lines = DataLines()
    finished = _Ending()
    size = 0
    try:
        async for data in response.content.iter_any():
            size += len(data)
            if size > _LARGEST_STREAM:
                raise endless(target)
            text, done = _read(target, lines.feed(data), finished)
            if text:
                yield ChatDelta(text)
            if finished.fault is not None:
                raise finished.fault
            if done:
                break
        else:
            text, _ = _read(target, lines.end(), finished)
            if text:
                yield ChatDelta(text)
            if finished.fault is not None:
                raise finished.fault
    except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError):
        if finished.reason is None:
            raise
    if finished.reason is None:
        raise cut_short(target)
    yield ChatDelta("", finished.reason, finished.input_tokens, finished.output_tokens)


class _Ending:
    """What a stream said about its end so far."""

    __slots__ = ("fault", "input_tokens", "output_tokens", "reason")

    def __init__(self) -> None:
        self.reason: str | None = None
        self.fault: Exception | None = None
        """What broke the stream; raised once the text that arrived before it has been passed on."""
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None


def _read(target: ChatTarget, payloads: list[bytes], ending: _Ending) -> tuple[str, bool]:
    """The text of these events, and whether the stream said that it is done."""
    parts: list[str] = []
    for payload in payloads:
        if payload == _DONE:
            return "".join(parts), True
        try:
            chunk = read_chunk(payload)
        except msgspec.MsgspecError as error:
            ending.fault = error
            break
        if chunk.error is not None:
            ending.fault = ProviderBroken(
                f"{target.provider} reported an error in the middle of its answer.",
                remedy="Ask again, or choose another model.",
            )
            break
        for choice in chunk.choices:
            if choice.delta.content:
                parts.append(choice.delta.content)
            if choice.finish_reason:
                ending.reason = choice.finish_reason
        if chunk.usage is not None:
            ending.input_tokens = chunk.usage.prompt_tokens
            ending.output_tokens = chunk.usage.completion_tokens
    return parts[0] if len(parts) == 1 else "".join(parts), False


async def _content(target: ChatTarget, response: aiohttp.ClientResponse) -> bytes:
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


def _headers(target: ChatTarget) -> dict[str, str]:
    headers = {"content-type": "application/json"}
    return headers | {"authorization": f"Bearer {target.key}"} if target.key else headers


def _vectors(rows: list[str | list[float]]) -> Vectors:
    full = np.stack(
        [
            np.frombuffer(base64.b64decode(row), dtype="<f4") if isinstance(row, str) else np.asarray(row, dtype="<f4")
            for row in rows
        ]
    )
    length = np.linalg.norm(full, axis=1, keepdims=True)
    return np.asarray(full / np.maximum(length, 1e-12), dtype=np.float16)
