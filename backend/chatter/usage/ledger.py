"""The calls to models that one piece of work makes, noted while they happen."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from chatter.usage.counts import EmbeddingCall, TokenUsage, estimated_tokens
from chatter.usage.prices import Price

__all__ = ["Billed", "Ledger", "ModelUse", "Outcome"]

Purpose = Literal["answer", "query", "passages", "test"]
Outcome = Literal["complete", "cut", "stopped", "refused"]


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
    kept: int = 0
    """How many of them are stored."""
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

    def lost(
        self,
        billed: Billed,
        *,
        prompt_tokens: int,
        written: str,
        counted: TokenUsage | None = None,
        outcome: Outcome = "cut",
    ) -> None:
        """Note the call of a process that is gone: what had come of it is estimated unless the provider had counted."""
        usage = counted or TokenUsage(input_tokens=prompt_tokens, output_tokens=estimated_tokens(written))
        self.uses.append(self.use(self._lost_id(), billed, usage, outcome=outcome, reported=counted is not None))

    def to_keep(self, *, leaves: bool = False) -> list[ModelUse]:
        """The calls that are not kept yet. With `leaves` another process goes on, and what was stopped is cut.

        The last of this attempt gets the id by which a successor would note it, who can't know whether we could: it is
        one row, whoever keeps it first.
        """
        rest, purpose = self.uses[self.kept :], self.purpose
        own = {uuid5(self.origin, f"{purpose}:{self.attempt}:{n}") for n in range(1, self._begun[purpose] + 1)}
        last = next((use for use in reversed(rest) if use.id in own and use.outcome != "refused"), None)
        if last is None:
            return rest
        outcome: Outcome = "cut" if leaves and last.outcome == "stopped" else last.outcome
        shared = msgspec.structs.replace(last, id=self._lost_id(), outcome=outcome)
        return [shared if use is last else use for use in rest]

    def _lost_id(self) -> UUID:
        return uuid5(self.origin, f"lost:{self.attempt}")

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


def _cost(price: Price | None, usage: TokenUsage) -> Decimal | None:
    if price is None:
        return None
    return price.cost(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cached_tokens=usage.cached_tokens
    )
