"""SmolLM2-135M (GGUF) through llama.cpp: small, English, quick to load, easily confused."""

import asyncio
import importlib
import secrets
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec

from chatter.llm.local_models.prompt import fit_prompt
from chatter.llm.local_models.repeats import RepeatGuard
from chatter.llm.local_models.wire import ChatBody

__all__ = ["ChatFailed", "ChatModelBusy", "LanguageModel", "Piece"]

CONTEXT_TOKENS = 2048
DEFAULT_ANSWER_TOKENS = 256
LARGEST_ANSWER_TOKENS = 512
SIMULTANEOUS = 2
WAITING = 16


class ChatFailed(Exception):
    """llama.cpp refused the request; the text says why."""


class ChatModelBusy(Exception):
    """Too many answers are waiting already."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an answer; the last one carries a finish reason and the counts."""

    text: str = ""
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dropped_bytes: int = 0


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    finish_reason: str | None = None
    delta: _Delta = _Delta()


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Timings(msgspec.Struct, frozen=True):
    """The counts so far: an answer that is ended early has no usage."""

    prompt_n: int = 0
    cache_n: int = 0
    predicted_n: int = 0


class _Refusal(msgspec.Struct, frozen=True):
    message: str = "the request could not be processed"


class _Chunk(msgspec.Struct, frozen=True):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    timings: _Timings | None = None
    error: _Refusal | None = None

    def counted(self) -> _Usage | None:
        if self.usage is None and self.timings is not None:
            return _Usage(self.timings.prompt_n + self.timings.cache_n, self.timings.predicted_n)
        return self.usage


class LanguageModel:
    """Loads at first use; one thread computes, whoever asks."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._threads = ThreadPoolExecutor(SIMULTANEOUS, "chat")
        self._loading = asyncio.Lock()
        self._server: Any = None
        self._unfinished = 0

    async def load(self) -> None:
        """Read the weights if that has not happened yet; takes about a second."""
        async with self._loading:
            if self._server is None:
                self._server = await asyncio.to_thread(_load, self._weights)

    async def stream(self, body: ChatBody) -> AsyncGenerator[Piece, None]:
        """The answer in pieces; closing the iterator stops the computation at the next token."""
        if self._unfinished >= WAITING:
            raise ChatModelBusy("Too many answers are waiting for the small model.")
        self._unfinished += 1
        try:
            await self.load()
            async with aclosing(self._run(body)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self._unfinished -= 1

    async def _run(self, body: ChatBody) -> AsyncGenerator[Piece, None]:
        fitted = fit_prompt(body.messages)
        request = _llama_request(body, messages=[msgspec.to_builtins(message) for message in fitted.messages])
        relay = _Relay(asyncio.get_running_loop())
        asyncio.get_running_loop().run_in_executor(self._threads, relay.compute, self._server, request)
        finish: str | None = None
        usage, guard = _Usage(), RepeatGuard()
        try:
            while not guard.over and (chunk := await relay.next()) is not None:
                usage = chunk.counted() or usage
                for choice in chunk.choices:
                    finish = choice.finish_reason or finish
                    if choice.delta.content and (shown := guard.feed(choice.delta.content)):
                        yield Piece(text=shown)
            if rest := guard.finish():
                yield Piece(text=rest)
        finally:
            relay.stop()
        yield Piece(
            finish_reason=finish or "stop",
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            dropped_bytes=fitted.dropped_bytes,
        )

    def close(self) -> None:
        """Drop what waits. What runs stops at its next token, since its reader is gone."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Relay:
    """Carries chunks from the computing thread to the event loop, and the wish to stop the other way."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[_Chunk | Exception | None] = asyncio.Queue()
        self._stopped = False

    def compute(self, server: Any, request: dict[str, Any]) -> None:
        if self._stopped:
            return
        try:
            refusal = server.handle_chat_completions(request, self._receive)
            if isinstance(refusal, dict):
                self._receive(refusal)
        except (RuntimeError, ValueError) as error:
            self._put(error)
        self._put(None)

    async def next(self) -> _Chunk | None:
        item = await self._queue.get()
        if isinstance(item, Exception):
            raise ChatFailed(str(item))
        if item is not None and item.error is not None:
            raise ChatFailed(item.error.message)
        return item

    def stop(self) -> None:
        self._stopped = True

    def _receive(self, chunk: dict[str, Any]) -> bool:
        """llama.cpp's callback: true ends the generation."""
        self._put(msgspec.convert(chunk, _Chunk))
        return self._stopped

    def _put(self, item: _Chunk | Exception | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)


def _llama_request(body: ChatBody, *, messages: list[dict[str, str]]) -> dict[str, Any]:
    wanted = body.max_completion_tokens or body.max_tokens or DEFAULT_ANSWER_TOKENS
    return {
        "messages": messages,
        "max_tokens": max(1, min(wanted, LARGEST_ANSWER_TOKENS)),
        "temperature": body.temperature,
        "stop": [body.stop] if isinstance(body.stop, str) else body.stop,
        # The least that keeps this model from saying one line over and over; more makes it reword what it quotes.
        "repeat_penalty": 1.05,
        "repeat_last_n": 64,
        "stream": True,
        "stream_options": {"include_usage": True},
        "timings_per_token": True,
    }


def _load(weights: Path) -> Any:
    # A 106 MB library, only of use here: mapped when the first answer is wanted, not at start-up.
    xllamacpp: Any = importlib.import_module("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = SIMULTANEOUS
    parameters.kv_unified = True
    # llama.cpp's threads spin at barriers: a second one makes it 5-15 times slower on a busy machine.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.warmup = False
    parameters.verbosity = -1
    parameters.cache_ram_mib = 64
    # The library opens a port of its own on loopback that nothing of ours uses: lock it.
    parameters.api_keys = [secrets.token_urlsafe(32)]
    parameters.ui = False
    return xllamacpp.Server(parameters)
