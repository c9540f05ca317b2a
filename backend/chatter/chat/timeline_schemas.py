"""The timeline of a run, as the API shows it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from chatter.chat.branch_schemas import Branched
from chatter.chat.receipt_schemas import Money
from chatter.chat.schemas import ResultSource
from chatter.kit.schema import Schema

__all__ = ["CallMade", "ModelAsked", "Timeline", "TimelineEntry"]


class ModelAsked(Schema, frozen=True, kw_only=True):
    """The exact parameters of a call to a model, and what it took; that is known once the answer is there."""

    model: str
    provider: str | None
    temperature: float | None
    max_tokens: int | None
    stop: list[str]
    tools: Annotated[list[str], Meta(description="What it was offered.")]
    continues: Annotated[bool, Meta(description="It went on with an answer that had been begun.")]
    messages: Annotated[int | None, Meta(description="How many it was sent; the receipt puts the prompt together.")]
    prompt_digest: Annotated[str | None, Meta(description="SHA-256 of the prompt, in hex: the prompt is not kept.")]
    outcome: Literal["complete", "cut", "stopped", "refused"] | None
    source: Literal["reported", "estimated"] | None
    input_tokens: int | None
    output_tokens: int | None
    cost: Money
    first_token_ms: int | None


class CallMade(Schema, frozen=True, kw_only=True):
    """A call of a tool."""

    id: str
    arguments: str
    state: Literal["begun", "again", "done", "failed"]
    result: str
    shortened: Annotated[bool, Meta(description="More than 8 kB: the call itself, asked for alone, has all of it.")]
    source: ResultSource


class TimelineEntry(Schema, frozen=True, kw_only=True):
    """Something that a run did, or that was done to it."""

    kind: Literal["step", "retrieval", "model_call", "tool_call", "instruction", "takeover", "question"]
    name: Annotated[str, Meta(description="Of the step, the model, the tool; of the process that took the run over.")]
    started_at: Annotated[datetime | None, Meta(description="Null where only that it happened is known.")]
    duration_ms: Annotated[int | None, Meta(description="Null while it lasts, and when its process was lost.")]
    passages: Annotated[int | None, Meta(description="How many a retrieval found.")] = None
    text: Annotated[str | None, Meta(description="What was added to the answer.")] = None
    model_call: ModelAsked | None = None
    tool_call: CallMade | None = None


class Timeline(Schema, frozen=True, kw_only=True):
    """What happened in a run, in order."""

    run_id: UUID
    state: Literal["queued", "running", "finished", "failed", "cancelled"]
    started_at: datetime
    finished_at: datetime | None
    takeovers: int
    trimmed: Annotated[
        bool, Meta(description="Its events went with the organization's retention; calls of tools and usage are here.")
    ]
    branched: Annotated[Branched | None, Meta(description="Where it branched off an earlier run.")]
    entries: list[TimelineEntry]
