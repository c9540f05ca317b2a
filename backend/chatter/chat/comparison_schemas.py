"""Two answers side by side, as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from chatter.chat.branch_schemas import Branched, NextStep
from chatter.chat.receipt_schemas import Money
from chatter.chat.schemas import MessageState, ToolUse
from chatter.kit.schema import Schema
from chatter.runs.schemas import Outcome

__all__ = ["ComparedAnswer", "Comparison", "Difference", "Parting"]


class ComparedAnswer(Schema, frozen=True, kw_only=True):
    """An answer, and what its own run took: what it branched off with was the earlier run's."""

    run_id: UUID
    message_id: UUID
    question: str
    text: str
    state: MessageState
    outcome: Outcome | None
    model: str | None
    model_calls: int
    input_tokens: int
    output_tokens: int
    cost: Money
    started_at: datetime
    finished_at: datetime | None
    first_token_ms: int | None
    whole_ms: int | None
    tool_calls: list[ToolUse]
    branched: Branched | None


class Difference(Schema, frozen=True, kw_only=True):
    """A piece of the texts, word by word: the pieces that are no addition are the first text, and so on."""

    kind: Literal["same", "removed", "added"]
    text: str


class Parting(Schema, frozen=True, kw_only=True):
    """The last point that two answers share."""

    run_id: UUID
    step: Annotated[int, Meta(description="How many steps of that run both have behind them.")]
    next: NextStep


class Comparison(Schema, frozen=True, kw_only=True):
    """Two answers of yours, where they part, and how their texts differ."""

    one: ComparedAnswer
    other: ComparedAnswer
    parting: Annotated[Parting | None, Meta(description="Null when neither comes from the other, nor both from one.")]
    differences: list[Difference]
