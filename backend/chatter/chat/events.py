"""What others may want to know about conversations and turns. No content: ids, states and counts."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "ConversationCreated",
    "ConversationDeleted",
    "ConversationHandedOver",
    "ConversationUpdated",
    "MessageQueued",
    "QueueResumed",
    "QueuedMessageRemoved",
    "QueuedMessageUpdated",
    "TurnBranched",
    "TurnClosed",
    "TurnOpened",
    "TurnSteered",
]


class ConversationCreated(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "chat.conversation.created"

    conversation_id: UUID


class ConversationUpdated(Event, frozen=True, kw_only=True):
    """Its title, what it asks, or which of its paths is shown."""

    name: ClassVar[str] = "chat.conversation.updated"

    conversation_id: UUID


class ConversationDeleted(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "chat.conversation.deleted"

    conversation_id: UUID


class ConversationHandedOver(Event, frozen=True, kw_only=True):
    """It belongs to another person now."""

    name: ClassVar[str] = "chat.conversation.handed_over"

    conversation_id: UUID
    user_id: UUID


class TurnOpened(Event, frozen=True, kw_only=True):
    """A question was taken."""

    name: ClassVar[str] = "chat.turn.opened"

    conversation_id: UUID
    question_id: UUID
    answer_id: UUID
    run_id: UUID


class TurnBranched(Event, frozen=True, kw_only=True):
    """An answer is written anew from a point of an earlier run."""

    name: ClassVar[str] = "chat.turn.branched"

    conversation_id: UUID
    answer_id: UUID
    run_id: UUID
    source_run_id: UUID


class TurnClosed(Event, frozen=True, kw_only=True):
    """An answer is there, or won't come."""

    name: ClassVar[str] = "chat.turn.closed"

    conversation_id: UUID
    answer_id: UUID
    run_id: UUID
    state: str
    input_tokens: int | None
    output_tokens: int | None


class TurnSteered(Event, frozen=True, kw_only=True):
    """Somebody added an instruction to an answer that is being written."""

    name: ClassVar[str] = "chat.turn.steered"

    run_id: UUID
    instruction_id: UUID


class MessageQueued(Event, frozen=True, kw_only=True):
    """A question waits for the end of the answer before it."""

    name: ClassVar[str] = "chat.queue.added"

    conversation_id: UUID
    queued_id: UUID


class QueuedMessageUpdated(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "chat.queue.updated"

    conversation_id: UUID
    queued_id: UUID


class QueuedMessageRemoved(Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "chat.queue.removed"

    conversation_id: UUID
    queued_id: UUID


class QueueResumed(Event, frozen=True, kw_only=True):
    """What waited after a stop goes on."""

    name: ClassVar[str] = "chat.queue.resumed"

    conversation_id: UUID
