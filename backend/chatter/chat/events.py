"""What others may want to know about turns. No content: ids, states and counts."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = ["ConversationHandedOver", "TurnClosed", "TurnOpened"]


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


class TurnClosed(Event, frozen=True, kw_only=True):
    """An answer is there, or won't come."""

    name: ClassVar[str] = "chat.turn.closed"

    conversation_id: UUID
    answer_id: UUID
    run_id: UUID
    state: str
    input_tokens: int | None
    output_tokens: int | None
