"""Counts what a call to a model takes while it happens."""

import hashlib
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from chatter.kit.errors import ChatterError
from chatter.llm.errors import ProviderTimedOut, UpstreamCutShort
from chatter.llm.ports import ChatCall, ChatDelta, ChatMessage, TokenUsage
from chatter.usage.facade import Billed, Ledger, ModelUse, Outcome, estimated_tokens

__all__ = ["metered", "prompt_digest"]

_MESSAGE_TOKENS = 4
_MOST_TOKENS = 100_000_000
"""More than any model reads or writes at once, and what a row can hold many of."""
_NUL = "\0"
_encode = msgspec.json.Encoder(decimal_format="string").encode


async def metered(
    deltas: AsyncGenerator[ChatDelta, None], *, call: ChatCall, billed: Billed, ledger: Ledger
) -> AsyncGenerator[ChatDelta, None]:
    """Pass an answer on and note in the ledger what it took, however it ends."""
    meter = _Meter(call, billed, ledger)
    try:
        async with aclosing(deltas) as spoken:
            async for delta in spoken:
                if delta.usage is not None and not _is_plausible(delta.usage):
                    delta = msgspec.structs.replace(delta, usage=None)  # noqa: PLW2901 # as if it had not been counted
                if _NUL in delta.text or delta.reasoning or delta.tool_calls:
                    delta = _storable(delta)  # noqa: PLW2901 # what no text in Postgres can hold
                meter.see(delta)
                yield delta
    except Exception as error:
        meter.failed(error)
        raise
    finally:
        ledger.uses.append(meter.use())


def prompt_digest(messages: Sequence[ChatMessage]) -> str:
    """What a prompt is known by, when nothing of it is kept."""
    return hashlib.sha256(_encode(messages)).hexdigest()


class _Meter:
    """Counts one call."""

    __slots__ = ("_billed", "_call", "_error", "_first", "_id", "_ledger", "_outcome", "_pieces", "_started", "_usage")

    def __init__(self, call: ChatCall, billed: Billed, ledger: Ledger) -> None:
        self._call = call
        self._billed = billed
        self._ledger = ledger
        self._id = ledger.next_id()
        self._started = time.perf_counter()
        self._first: float | None = None
        self._pieces: list[str] = []
        self._usage: TokenUsage | None = None
        self._outcome: Outcome = "stopped"
        self._error: str | None = None

    def see(self, delta: ChatDelta) -> None:
        if self._first is None and delta.says_something:
            self._first = time.perf_counter()
            self._ledger.spoke = self._billed
        if delta.text:
            self._pieces.append(delta.text)
        if delta.reasoning or delta.tool_calls:
            self._pieces.extend((delta.reasoning, *(piece.arguments for piece in delta.tool_calls)))
        if delta.usage is not None:
            self._usage = delta.usage
        if delta.finish_reason is not None:
            self._outcome = "complete"

    def failed(self, error: Exception) -> None:
        """It broke: what had come counts; what was refused before anything came costs nothing."""
        began = self._first is not None or isinstance(error, (UpstreamCutShort, ProviderTimedOut))
        self._outcome = "cut" if began else "refused"
        self._error = error.code if isinstance(error, ChatterError) else None

    def use(self) -> ModelUse:
        complete = self._outcome == "complete"
        usage = self._usage if complete and self._usage is not None else self._estimate()
        reported = complete and self._usage is not None
        use = self._ledger.use(self._id, self._billed, usage, outcome=self._outcome, reported=reported)
        first = None if self._first is None else round((self._first - self._started) * 1000)
        return msgspec.structs.replace(
            use,
            error_code=self._error,
            images=sum(len(message.images) for message in self._call.messages),
            first_token_ms=first,
            whole_ms=round((time.perf_counter() - self._started) * 1000),
            prompt_digest=prompt_digest(self._call.messages),
        )

    def _estimate(self) -> TokenUsage:
        """What the provider will bill for at most what is known of: its own counts as far as they came."""
        if self._outcome == "refused":
            return TokenUsage(input_tokens=0, output_tokens=0)
        said = self._usage or TokenUsage(input_tokens=_prompt_tokens(self._call.messages), output_tokens=0)
        written = estimated_tokens("".join(self._pieces))
        return msgspec.structs.replace(said, output_tokens=max(said.output_tokens, written))


def _storable(delta: ChatDelta) -> ChatDelta:
    """The delta without the characters that Postgres keeps in no text: a model may write whatever it likes."""
    pieces = tuple(
        msgspec.structs.replace(piece, id=_clean(piece.id), name=_clean(piece.name), arguments=_clean(piece.arguments))
        for piece in delta.tool_calls
    )
    text, reasoning = _clean(delta.text), _clean(delta.reasoning)
    return msgspec.structs.replace(delta, text=text, reasoning=reasoning, tool_calls=pieces)


def _clean(text: str) -> str:
    return text.replace(_NUL, "")


def _is_plausible(usage: TokenUsage) -> bool:
    """Whether these can be counts of one call; no more is known of them."""
    cached, thought = usage.cached_tokens, usage.reasoning_tokens
    return 0 <= cached <= usage.input_tokens <= _MOST_TOKENS and 0 <= thought <= usage.output_tokens <= _MOST_TOKENS


def _prompt_tokens(messages: Sequence[ChatMessage]) -> int:
    return sum(_MESSAGE_TOKENS + estimated_tokens(message.content) for message in messages)
