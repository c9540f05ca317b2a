"""What readers of a run get: the run itself, and the events of its stream (AG-UI's words where it has one)."""

import time
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from chatter.kit.schema import Schema

__all__ = [
    "Custom",
    "MessagesSnapshot",
    "Outcome",
    "Retention",
    "Run",
    "RunError",
    "RunFailed",
    "RunFinished",
    "RunStarted",
    "RunState",
    "SnapshotMessage",
    "StepFinished",
    "StepStarted",
    "StreamEvent",
    "TakenOver",
    "TextMessageContent",
    "TextMessageEnd",
    "TextMessageStart",
    "ToolCallArgs",
    "ToolCallEnd",
    "ToolCallResult",
    "ToolCallStart",
    "failed",
]


class RunState(StrEnum):
    """Where a run is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Retention(Schema, frozen=True, kw_only=True):
    """How long what happened in runs is kept: their events, and what was given to tools and found by them."""

    days: Annotated[int, Meta(ge=7, le=3650, description="From the end of a run on.", examples=[90])]


class Outcome(StrEnum):
    """How a run that was not cut short ended."""

    ANSWERED = "answered"
    NO_EVIDENCE = "no_evidence"
    CANCELLED = "cancelled"


class RunError(Schema, frozen=True, kw_only=True):
    """Why a run failed, and what its reader can do."""

    code: str
    message: str
    remedy: str | None = None


class Run(Schema, frozen=True, kw_only=True):
    """A run as its owner sees it."""

    id: UUID
    kind: str
    subject_id: UUID
    """What the run works on: for chat, the answer."""
    state: RunState
    error: RunError | None
    cancel_requested_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class StreamEvent(msgspec.Struct, kw_only=True, frozen=True, tag_field="type"):
    """One event of a run's stream. Its `type` is also the SSE event name; its number is the SSE id."""

    ends_run: ClassVar[bool] = False


def _now() -> int:
    return time.time_ns() // 1_000_000


class TimedEvent(StreamEvent, kw_only=True, frozen=True, tag_field="type"):
    """An event that the timeline of a run is made of; AG-UI's `timestamp` is in milliseconds since 1970."""

    timestamp: int = msgspec.field(default_factory=_now)


class RunStarted(TimedEvent, tag="RUN_STARTED", frozen=True, kw_only=True):
    run_id: UUID
    conversation_id: UUID
    message_id: UUID


class StepStarted(TimedEvent, tag="STEP_STARTED", frozen=True, kw_only=True):
    step: str


class StepFinished(TimedEvent, tag="STEP_FINISHED", frozen=True, kw_only=True):
    step: str


class TextMessageStart(StreamEvent, tag="TEXT_MESSAGE_START", frozen=True, kw_only=True):
    message_id: UUID


class TextMessageContent(StreamEvent, tag="TEXT_MESSAGE_CONTENT", frozen=True, kw_only=True):
    message_id: UUID
    delta: str


class TextMessageEnd(StreamEvent, tag="TEXT_MESSAGE_END", frozen=True, kw_only=True):
    message_id: UUID


class ToolCallStart(TimedEvent, tag="TOOL_CALL_START", frozen=True, kw_only=True):
    tool_call_id: str
    tool_call_name: str
    parent_message_id: UUID


class ToolCallArgs(StreamEvent, tag="TOOL_CALL_ARGS", frozen=True, kw_only=True):
    tool_call_id: str
    delta: str


class ToolCallEnd(StreamEvent, tag="TOOL_CALL_END", frozen=True, kw_only=True):
    tool_call_id: str


class ToolCallResult(TimedEvent, tag="TOOL_CALL_RESULT", frozen=True, kw_only=True):
    message_id: UUID
    tool_call_id: str
    content: str
    source: Literal["tool", "earlier", "person"] = "tool"
    """Earlier: of the run that this one branched from. Person: somebody put it in the place of what the tool said."""


class SnapshotMessage(msgspec.Struct, kw_only=True, frozen=True):
    """A message as it stands: whatever was shown of it before is replaced by `content`."""

    id: UUID
    role: Literal["assistant"] = "assistant"
    content: str


class MessagesSnapshot(StreamEvent, tag="MESSAGES_SNAPSHOT", frozen=True, kw_only=True):
    """The reset: another process goes on with the run, and this is what it goes on from."""

    messages: list[SnapshotMessage]


class Custom(TimedEvent, tag="CUSTOM", frozen=True, kw_only=True):
    """A word AG-UI does not have; `value` is a struct or list of structs of the domain that emits it."""

    name: str
    value: Any


class TakenOver(msgspec.Struct, kw_only=True, frozen=True):
    """The value of the custom event `taken_over`: from here on, another process goes on with the run."""

    fence: int
    by: str = ""
    """What that process is known by while it lives."""


class RunFinished(TimedEvent, tag="RUN_FINISHED", frozen=True, kw_only=True):
    ends_run: ClassVar[bool] = True

    run_id: UUID
    outcome: Outcome


class RunFailed(TimedEvent, tag="RUN_ERROR", frozen=True, kw_only=True):
    ends_run: ClassVar[bool] = True

    code: str
    message: str
    remedy: str | None
    request_id: str


def failed(error: RunError, *, request_id: str) -> RunFailed:
    """The event that tells of an error."""
    return RunFailed(code=error.code, message=error.message, remedy=error.remedy, request_id=request_id)
