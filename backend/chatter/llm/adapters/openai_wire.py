"""Chat and embeddings over the OpenAI-compatible wire format, at 0.05 ms of CPU a token.

aiohttp, an own line splitter and a typed decoder instead of an SDK: the SDK costs ten times as much a token. It serves
OpenAI, Mistral, Groq, Together, OpenRouter, vLLM, Ollama, LM Studio, our own local models and most others.
"""

import base64
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from weakref import WeakKeyDictionary

import aiohttp
import msgspec
import numpy as np

from chatter.kit.http import HttpSessions
from chatter.llm.adapters.dialects import Dialects
from chatter.llm.adapters.exchange import Exchange, WireRequest
from chatter.llm.adapters.faults import incoherent, refusal, translated
from chatter.llm.adapters.openai_reading import ChunkReader
from chatter.llm.adapters.openai_schema import read_embeddings, read_models
from chatter.llm.adapters.sse import DataLines
from chatter.llm.ports import ChatCall, ChatDelta, ChatTarget, Embedded, EmbeddingCall, Vectors

__all__ = ["OpenAIWire", "wire_of"]

_wires: WeakKeyDictionary[HttpSessions, "OpenAIWire"] = WeakKeyDictionary()
_encode = msgspec.json.Encoder().encode


class OpenAIWire:
    """One for each process; the key travels with each request."""

    def __init__(self, http: HttpSessions) -> None:
        self._exchange = Exchange(http)
        self._dialects = Dialects()

    async def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused.

        What arrived in one read is one delta. A stream that ends without a finish reason raises UpstreamCutShort.
        """
        async with translated(call.target, idle_seconds=call.idle_seconds), await self._answering(call) as response:
            spoken = self._exchange.read(call, response, framing=DataLines(), read=ChunkReader(call.target))
            async with aclosing(spoken) as deltas:
                async for delta in deltas:
                    yield delta

    async def _answering(self, call: ChatCall) -> aiohttp.ClientResponse:
        """A response of status 200, after as many attempts as this model refuses parameters."""
        while True:
            response = await self._exchange.begin(call, self._request(call))
            if response.status == 200:
                return response
            problem = await self._exchange.problem(call, response)
            if response.status not in (400, 422) or not self._dialects.learn(call.target, problem=problem):
                retry_after = response.headers.get("retry-after")
                raise refusal(call.target, status=response.status, body=problem, retry_after=retry_after)

    def _request(self, call: ChatCall) -> WireRequest:
        return WireRequest(
            url=f"{call.target.base_url}/chat/completions",
            body=_encode(self._dialects.of(call.target).request(call)),
            headers=_headers(call.target),
        )

    async def list_models(self, target: ChatTarget, *, seconds: float = 10.0) -> list[str]:
        """The names of the provider's models, in its order."""
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with translated(target, idle_seconds=seconds):
            url = f"{target.base_url}/models"
            session = self._exchange.session(target)
            async with session.get(url, headers=_headers(target), timeout=timeout, allow_redirects=False) as response:
                return [entry.id for entry in read_models(await self._exchange.content(target, response)).data]

    async def embed(self, target: ChatTarget, texts: Sequence[str], *, seconds: float = 120.0) -> Embedded:
        """One vector of length one for each text, in order."""
        started = time.perf_counter()
        body = _encode({"model": target.model, "input": list(texts), "encoding_format": "base64"})
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=10)
        async with (
            translated(target, idle_seconds=seconds),
            self._exchange.session(target).post(
                f"{target.base_url}/embeddings",
                data=body,
                headers=_headers(target),
                timeout=timeout,
                allow_redirects=False,
            ) as response,
        ):
            answer = read_embeddings(await self._exchange.content(target, response))
        if len(answer.data) != len(texts):
            raise incoherent(target)
        call = EmbeddingCall(
            texts=len(texts),
            input_tokens=answer.usage.prompt_tokens if answer.usage else None,
            milliseconds=round((time.perf_counter() - started) * 1000),
        )
        rows = sorted(answer.data, key=lambda row: row.index)
        return Embedded(_vectors([row.embedding for row in rows]), (call,))


def wire_of(http: HttpSessions) -> OpenAIWire:
    """The wire of a process: it remembers which parameters each model refuses."""
    return _wires.setdefault(http, OpenAIWire(http))


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
