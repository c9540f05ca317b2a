"""What calls to models take: counted while they happen, kept as rows that are only ever added."""

import hashlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.db.database import Database
from chatter.kit.errors import ChatterError
from chatter.llm.catalog import Price
from chatter.llm.errors import ProviderTimedOut, UpstreamCutShort
from chatter.llm.ports import ChatCall, ChatDelta, ChatMessage, EmbeddingCall, TokenUsage

__all__ = [
    "Billed",
    "Ledger",
    "ModelUse",
    "estimated_tokens",
    "keep_uses",
    "metered",
    "prompt_digest",
    "record_uses",
    "recording",
    "uses_json",
]

Purpose = Literal["answer", "query", "passages", "test"]
Outcome = Literal["complete", "cut", "stopped", "refused"]
_BYTES_A_TOKEN = 4
_MESSAGE_TOKENS = 4
_RECORD = text("select record_model_usage(:tenant, :calls)")
_encode = msgspec.json.Encoder(decimal_format="string").encode


class ModelUse(msgspec.Struct, frozen=True, kw_only=True):
    """One call, as `record_model_usage` takes it."""

    id: UUID
    purpose: Purpose
    outcome: Outcome
    source: Literal["reported", "estimated"]
    user_id: UUID | None
    subject_id: UUID | None
    run_id: UUID | None
    model_id: UUID | None
    model: str
    provider: str
    provider_id: UUID | None = None
    error_code: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    images: int = 0
    embeddings: int = 0
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    cached_price: Decimal | None = None
    cost: Decimal | None = None
    currency: str | None = None
    first_token_ms: int | None = None
    whole_ms: int = 0
    prompt_digest: str | None = None
    """SHA-256 of the prompt, in hex: whether a prompt that is put together again is the one that was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """Which model is paid for, at which price."""

    model_id: UUID | None
    model: str
    label: str
    """What people call it."""
    provider: str
    provider_id: UUID | None = None
    price: Price | None
    """None: nobody knows, so the cost stays unknown."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The calls that one piece of work makes, in their order.

    An id is derived from the work, its attempt and the number of the call: who records it again adds nothing.
    """

    purpose: Purpose
    origin: UUID
    attempt: int = 1
    user_id: UUID | None = None
    subject_id: UUID | None = None
    run_id: UUID | None = None
    uses: list[ModelUse] = field(default_factory=list)
    spoke: Billed | None = None
    """Which model spoke last: it need not be the one that was asked first."""
    _begun: Counter[str] = field(default_factory=Counter)

    def next_id(self, purpose: Purpose | None = None) -> UUID:
        """The id of the call that begins."""
        purpose = purpose or self.purpose
        self._begun[purpose] += 1
        return uuid5(self.origin, f"{purpose}:{self.attempt}:{self._begun[purpose]}")

    @contextmanager
    def embedding(self, billed: Billed, *, purpose: Purpose) -> Iterator[list[EmbeddingCall]]:
        """Note the calls that turn texts into vectors in the block, also those that fail."""
        calls: list[EmbeddingCall] = []
        try:
            yield calls
        finally:
            for call in calls:
                self._embedded(call, billed, purpose=purpose)

    def _embedded(self, call: EmbeddingCall, billed: Billed, *, purpose: Purpose) -> None:
        counted = call.input_tokens is not None
        usage = TokenUsage(input_tokens=call.input_tokens or 0, output_tokens=0)
        use = self.use(self.next_id(purpose), billed, usage, outcome=call.outcome, reported=counted)
        self.uses.append(
            msgspec.structs.replace(
                use,
                purpose=purpose,
                embeddings=call.texts if call.outcome == "complete" else 0,
                error_code=call.error_code,
                whole_ms=call.milliseconds,
            )
        )

    def lost(self, billed: Billed, *, prompt_tokens: int, written: str) -> None:
        """Note the call of a process that is gone: what had come of it is estimated."""
        usage = TokenUsage(input_tokens=prompt_tokens, output_tokens=estimated_tokens(written))
        call_id = uuid5(self.origin, f"lost:{self.attempt}")
        self.uses.append(self.use(call_id, billed, usage, outcome="cut", reported=False))

    def use(self, call_id: UUID, billed: Billed, usage: TokenUsage, *, outcome: Outcome, reported: bool) -> ModelUse:
        """The row of a call, with its cost at today's price."""
        price = billed.price
        return ModelUse(
            id=call_id,
            purpose=self.purpose,
            outcome=outcome,
            source="reported" if reported else "estimated",
            user_id=self.user_id,
            subject_id=self.subject_id,
            run_id=self.run_id,
            model_id=billed.model_id,
            model=billed.model,
            provider=billed.provider,
            provider_id=billed.provider_id,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            input_price=price.input if price else None,
            output_price=price.output if price else None,
            cached_price=price.cached if price else None,
            cost=_cost(price, usage),
            currency="USD" if price else None,
        )


async def metered(
    deltas: AsyncGenerator[ChatDelta, None], *, call: ChatCall, billed: Billed, ledger: Ledger
) -> AsyncGenerator[ChatDelta, None]:
    """Pass an answer on and note in the ledger what it took, however it ends."""
    meter = _Meter(call, billed, ledger)
    try:
        async with aclosing(deltas) as spoken:
            async for delta in spoken:
                meter.see(delta)
                yield delta
    except Exception as error:
        meter.failed(error)
        raise
    finally:
        ledger.uses.append(meter.use())


@asynccontextmanager
async def recording(database: Database, tenant_id: UUID, ledger: Ledger) -> AsyncIterator[None]:
    """Keep what the block asks of models, also when it fails: for work that stores nothing else."""
    try:
        yield
    finally:
        await record_uses(database, tenant_id, ledger.uses)


async def record_uses(database: Database, tenant_id: UUID, uses: Sequence[ModelUse]) -> None:
    """Keep the calls, in a statement of its own: for work that stores nothing else."""
    await database.hot.execute("select record_model_usage($1, $2)", tenant_id, uses_json(uses))


async def keep_uses(session: AsyncSession, tenant_id: UUID, uses: Sequence[ModelUse]) -> None:
    """Keep the calls in the unit of work of what they were for."""
    if uses:
        await session.execute(_RECORD, {"tenant": tenant_id, "calls": uses_json(uses)})


def uses_json(uses: Sequence[ModelUse]) -> str:
    """The calls as `record_model_usage` takes them."""
    return _encode(uses).decode()


def estimated_tokens(written: str) -> int:
    """About how many tokens a text has: the rule of thumb of those who bill by them, for texts of any script."""
    return -(-len(written.encode()) // _BYTES_A_TOKEN)


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
        if self._first is None:
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


def _prompt_tokens(messages: Sequence[ChatMessage]) -> int:
    return sum(_MESSAGE_TOKENS + estimated_tokens(message.content) for message in messages)


def _cost(price: Price | None, usage: TokenUsage) -> Decimal | None:
    if price is None:
        return None
    return price.cost(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cached_tokens=usage.cached_tokens
    )
