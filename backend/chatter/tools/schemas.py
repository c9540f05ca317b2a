"""Tools and notes, as the API shows them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from chatter.kit.schema import Schema

__all__ = ["CallDecided", "CallRefused", "Decision", "DecisionMade", "Note", "NoteKept", "OfferedTool", "OpenQuestion"]


class OfferedTool(Schema, frozen=True, kw_only=True):
    """A tool that a question may let the model call."""

    name: Annotated[str, Meta(examples=["search_documents"])]
    label: Annotated[str, Meta(description="For people.", examples=["Search documents"])]
    description: str
    permission: Annotated[str, Meta(description="What it takes to offer it.", examples=["documents:search:read"])]
    effect: Annotated[bool, Meta(description="Whether it changes something, or only reads.")]


class Decision(StrEnum):
    """How to go on with a call whose outcome nobody knows."""

    DONE = "done"
    AGAIN = "again"
    SKIP = "skip"


class DecisionMade(Schema, frozen=True, kw_only=True):
    """Done: it came through, don't repeat it. Again: it did not, make it once more. Skip: go on without it."""

    decision: Decision


class CallDecided(Schema, frozen=True, kw_only=True):
    """What the log keeps of it."""

    call_id: str
    tool: str
    decision: Decision


class CallRefused(Schema, frozen=True, kw_only=True):
    """What the log keeps of a call that whoever asked may not make any more."""

    call_id: str
    tool: str
    permission: str


class OpenQuestion(Schema, frozen=True, kw_only=True):
    """The value of the event `question`: a call whose outcome nobody knows, and which may not be repeated unasked."""

    tool_call_id: str
    tool: str
    label: str


class Note(Schema, frozen=True, kw_only=True):
    """Something that a model wrote down for you."""

    id: UUID
    text: str
    run_id: Annotated[UUID | None, Meta(description="The run whose model saved it; null once that is gone.")]
    created_at: datetime


class NoteKept(Schema, frozen=True, kw_only=True):
    """What the log keeps of a note: how long it is, not what it says."""

    characters: int
