"""Chat and embeddings over the OpenAI-compatible wire format, at 0.05 ms of CPU a token.

aiohttp, an own line splitter and a typed decoder instead of an SDK: the SDK costs ten times as much a token. It serves
OpenAI, Mistral, Groq, Together, OpenRouter, vLLM, Ollama, LM Studio, our own local models and most others.
"""

import base64
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Literal

import aiohttp
import msgspec
import numpy as np

from chatter.kit.errors import ChatterError
from chatter.llm.adapters.dialects import Dialect
from chatter.llm.adapters.exchange import Exchange, WireRequest
from chatter.llm.adapters.faults import incoherent, translated
from chatter.llm.adapters.openai_reading import ChunkReader
from chatter.llm.adapters.openai_schema import EmbeddingRows, read_embeddings
from chatter.llm.adapters.sse import DataLines
from chatter.llm.errors import ProviderTimedOut, UpstreamCutShort
from chatter.llm.ports import ChatCall, ChatDelta, ChatTarget, EmbeddingCall, Vectors

__all__ = ["OpenAIWire", "openai_headers"]

_encode = msgspec.json.Encoder().encode


class OpenAIWire:
    """What most providers speak."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def stream_chat(self, call: ChatCall) -> AsyncGenerator[ChatDelta, None]:
        """The answer as it comes; raises a ProviderFault or EgressRefused."""
        return self._exchange.stream(call, _request, framing=DataLines(), read=ChunkReader(call.target))

    async def embed(
        self, target: ChatTarget, texts: Sequence[str], *, calls: list[EmbeddingCall], seconds: float = 120.0
    ) -> Vectors:
        """One vector of length one for each text, in order; the request is added to `calls`, however it ends."""
        started = time.perf_counter()
        tokens: int | None = None
        outcome: Literal["complete", "cut", "stopped", "refused"] = "stopped"
        code: str | None = None
        try:
            answer = await self._embeddings(target, texts, seconds=seconds)
            tokens, outcome = answer.usage.prompt_tokens if answer.usage else None, "complete"
        except ChatterError as error:
            outcome = "cut" if isinstance(error, (UpstreamCutShort, ProviderTimedOut)) else "refused"
            code = error.code
            raise
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000)
            calls.append(
                EmbeddingCall(
                    texts=len(texts), input_tokens=tokens, milliseconds=milliseconds, outcome=outcome, error_code=code
                )
            )
        return _vectors([row.embedding for row in sorted(answer.data, key=lambda row: row.index)])

    async def _embeddings(self, target: ChatTarget, texts: Sequence[str], *, seconds: float) -> EmbeddingRows:
        body = _encode({"model": target.model, "input": list(texts), "encoding_format": "base64"})
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=10)
        async with (
            translated(target, idle_seconds=seconds),
            self._exchange.session(target).post(
                f"{target.base_url}/embeddings",
                data=body,
                headers=openai_headers(target),
                timeout=timeout,
                allow_redirects=False,
            ) as response,
        ):
            answer = read_embeddings(await self._exchange.content(target, response))
        if len(answer.data) != len(texts):
            raise incoherent(target)
        return answer


def _request(call: ChatCall, dialect: Dialect) -> WireRequest:
    return WireRequest(
        url=f"{call.target.base_url}/chat/completions",
        body=_encode(dialect.request(call)),
        headers=openai_headers(call.target),
    )


def openai_headers(target: ChatTarget) -> dict[str, str]:
    """What each request carries."""
    headers = {"content-type": "application/json"}
    return headers | {"authorization": f"Bearer {target.key}"} if target.key else headers


def _vectors(rows: list[str | list[float]]) -> Vectors:
    full = np.stack(
        [
            np.frombuffer(base64.b64decode(row), dtype="<f4") if isinstance(row, str) else np.asarray(row, dtype="<f4")
            for row in rows
        ]
    )
    length = np.sqrt((full * full).sum(axis=1, keepdims=True))
    return np.asarray(full / np.maximum(length, 1e-12), dtype=np.float16)
