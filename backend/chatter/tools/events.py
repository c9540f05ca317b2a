"""What others may want to know about notes and calls. No content: ids."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = ["NoteDeleted", "NoteHandedOver", "NoteSaved", "PayloadsForgotten", "ToolCallDecided", "ToolCallRefused"]


class ToolCallDecided(Event, frozen=True, kw_only=True):
    """A person said how to go on with a call whose outcome nobody knew."""

    name: ClassVar[str] = "tools.call.decided"

    run_id: UUID
    call_id: str
    decision: str


class ToolCallRefused(Event, frozen=True, kw_only=True):
    """Whoever asked may not use the tool any more."""

    name: ClassVar[str] = "tools.call.refused"

    run_id: UUID
    call_id: str
    tool: str


class PayloadsForgotten(Event, frozen=True, kw_only=True):
    """No row names these objects any more."""

    name: ClassVar[str] = "tools.payloads.forgotten"

    payload_ids: list[UUID]


class NoteSaved(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "tools.note.saved"

    note_id: UUID
    run_id: UUID


class NoteDeleted(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "tools.note.deleted"

    note_id: UUID


class NoteHandedOver(Event, frozen=True, kw_only=True):
    """It belongs to another person now."""

    name: ClassVar[str] = "tools.note.handed_over"

    note_id: UUID
    user_id: UUID
