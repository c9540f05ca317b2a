"""What a person says while an answer is written, as the API shows it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from chatter.chat.schemas import Instruction, Question, ToolNames
from chatter.kit.schema import Schema

__all__ = ["InstructionRequest", "Queue", "QueueRequest", "QueueUpdate", "QueuedMessage"]


class QueuedMessage(Schema, frozen=True, kw_only=True):
    """A question that waits for the end of the answer before it; as a message it keeps its id."""

    id: UUID
    conversation_id: UUID
    question: str
    model: str
    tools: list[str]
    sent: Annotated[bool, Meta(description="It waits no more: the answers before it were complete.")] = False
    created_at: datetime


class Queue(Schema, frozen=True, kw_only=True):
    """What the person said and no model has heard yet."""

    items: Annotated[list[QueuedMessage], Meta(description="In the order in which they are sent.")]
    instructions: Annotated[list[Instruction], Meta(description="To the answer that is being written.")]
    held: Annotated[
        bool,
        Meta(description="The last answer was stopped or broke off: nothing is sent until the person says so."),
    ]


class QueueRequest(Schema, frozen=True, kw_only=True):
    """A question for when the answer that is being written is complete."""

    question: Question
    model_id: UUID | None = None
    tools: ToolNames = ()


class QueueUpdate(Schema, frozen=True, kw_only=True):
    """The question in other words."""

    question: Question


class InstructionRequest(Schema, frozen=True, kw_only=True):
    """What the model is to know before it goes on."""

    text: Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\S", examples=["Leave part-time staff out."])]
