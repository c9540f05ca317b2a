"""Going back to a point of a past run and branching from there, as the API shows it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from chatter.chat.schemas import Changed, Question, ResultSource
from chatter.kit.schema import Schema

__all__ = [
    "BranchKept",
    "BranchRequest",
    "Branched",
    "Change",
    "CheckpointCall",
    "NextStep",
    "ResultGiven",
    "RunCheckpoint",
    "RunCheckpoints",
]

NextStep = Annotated[
    Literal["retrieve", "gate", "answer", "tools"],
    Meta(
        description="The search and the weighing of what it found, a call to the model, or the calls of tools; `gate` "
        "where an older version branched off before the weighing alone."
    ),
]
Instructions = Annotated[
    str,
    Meta(
        max_length=4000,
        description="What the model is to keep to in this answer, beside the rules that always hold; empty: nothing.",
        examples=["Answer in one sentence."],
    ),
]


class CheckpointCall(Schema, frozen=True, kw_only=True):
    """A call of a tool whose result can be changed at a point."""

    id: str
    name: str
    arguments: str
    content: Annotated[str | None, Meta(description="What the model was told; null: the call comes next.")]
    source: ResultSource


class RunCheckpoint(Schema, frozen=True, kw_only=True):
    """A point of a past run, before one of its steps. The model can be changed at each."""

    id: str
    step: Annotated[int, Meta(description="How many steps came before it.")]
    at: datetime
    next: NextStep
    question: Annotated[str | None, Meta(description="What was asked, where it can be changed: before the search.")]
    instructions: Instructions
    tool_calls: Annotated[list[CheckpointCall], Meta(description="Those whose results can be changed.")]


class RunCheckpoints(Schema, frozen=True, kw_only=True):
    """The points of a past run that one can go back to; none: the run's states are not kept any more."""

    run_id: UUID
    model: str | None
    model_id: UUID | None
    items: list[RunCheckpoint]


class ResultGiven(Schema, frozen=True, kw_only=True):
    """What the model is told in the place of what a tool said, or would say: the call is not made."""

    tool_call_id: Annotated[str, Meta(max_length=40, examples=["call01000"])]
    content: Annotated[str, Meta(max_length=8000, examples=["No document was found."])]


class BranchRequest(Schema, frozen=True, kw_only=True):
    """Where to go back to, and what to change from there; what is left out stays as it was."""

    checkpoint_id: Annotated[str, Meta(max_length=64, examples=["1f0cb8a2-7a39-6d5a-8001-5d7d3fb1a4c2"])]
    question: Question | UnsetType = UNSET
    model_id: Annotated[UUID | None, Meta(description="Null: the organisation's default.")] | UnsetType = UNSET
    instructions: Instructions | UnsetType = UNSET
    tool_results: Annotated[tuple[ResultGiven, ...], Meta(max_length=40)] = ()


class Change(Schema, frozen=True, kw_only=True):
    """One thing that is not as it was. Passages: some that the earlier run had found are gone or hidden by now."""

    what: Changed
    tool: Annotated[str | None, Meta(description="Whose result, where it is one.")] = None
    tool_call_id: str | None = None
    before: str | None
    after: str | None


class Branched(Schema, frozen=True, kw_only=True):
    """Where a run branched off, and what was changed for it."""

    source_run_id: Annotated[UUID | None, Meta(description="Null when that run is gone.")]
    checkpoint_id: str
    step: int
    next: NextStep
    changes: list[Change]


class BranchKept(Schema, frozen=True, kw_only=True):
    """What the log keeps of it: what was changed, not how."""

    source_run_id: UUID
    checkpoint_id: str
    changed: list[Changed]
