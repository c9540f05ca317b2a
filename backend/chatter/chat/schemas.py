"""Conversations, messages and turns, as the API shows them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chatter.kit.resources import Level
from chatter.kit.schema import Schema
from chatter.runs.schemas import Outcome

__all__ = [
    "AnswerBranch",
    "Changed",
    "Citation",
    "Conversation",
    "ConversationCreate",
    "ConversationUpdate",
    "ConversationsListed",
    "Instruction",
    "Message",
    "MessageError",
    "MessageState",
    "OthersConversation",
    "PassageFound",
    "Question",
    "Reading",
    "ResultSource",
    "Role",
    "Steered",
    "ToolNames",
    "ToolUse",
    "Turn",
    "TurnRequest",
    "Usage",
    "UsageShown",
]

Title = Annotated[str, Meta(max_length=200, examples=["Notice periods"])]
CollectionIds = Annotated[
    list[UUID], Meta(max_length=100, description="The collections that its questions ask; none: all documents.")
]
Question = Annotated[
    str, Meta(min_length=1, max_length=8000, pattern=r"\S", examples=["How many days of holiday do I have?"])
]

ResultSource = Literal["tool", "earlier", "person"]
Changed = Literal["question", "model", "instructions", "tool_result", "passages"]

ToolNames = Annotated[
    tuple[Annotated[str, Meta(max_length=64)], ...],
    Meta(
        max_length=8,
        description="Names of tools that the model may call, as GET /tools lists them.",
        examples=[["search_documents"]],
    ),
]


class Role(StrEnum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageState(StrEnum):
    """Where a message is. Incomplete: the model or we broke off, what had come is kept."""

    COMPLETE = "complete"
    STREAMING = "streaming"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Reading(Schema, frozen=True, kw_only=True):
    """That an administrator read a conversation, or saw its title in a list, as the organisation's policy allows."""

    reader_name: Annotated[str, Meta(description="Empty when they have left.", examples=["Ada Boss"])]
    at: datetime
    what: Annotated[Literal["read", "listed"], Meta(description="Listed: only the title was seen.")] = "read"


class OthersConversation(Schema, frozen=True, kw_only=True):
    """Somebody else's conversation, as administrators see it in a list."""

    id: UUID
    title: str
    owner_id: UUID
    owner_name: Annotated[str, Meta(description="Empty when they have left.", examples=["Bo Lind"])]
    created_at: datetime
    updated_at: datetime


class ConversationsListed(Schema, frozen=True, kw_only=True):
    """What the log keeps of a page of titles: of which conversations."""

    conversations: list[UUID]


class Conversation(Schema, frozen=True, kw_only=True):
    """A conversation of yours, or one that was shared with you."""

    id: UUID
    title: str
    owned: Annotated[bool, Meta(description="Whether it is yours: only its owner asks in it.")]
    access: Annotated[Level, Meta(description="How far your access goes.")]
    created_at: datetime
    updated_at: datetime
    readings: Annotated[
        tuple[Reading, ...],
        Meta(description="Shown to its owner, with a single conversation: administrators who read it."),
    ] = ()
    collection_ids: Annotated[
        tuple[UUID, ...],
        Meta(description="Shown to its owner, with a single conversation: the collections that it asks; none: all."),
    ] = ()


class ConversationCreate(Schema, frozen=True, kw_only=True):
    """A new conversation; without a title it takes one from the first question."""

    title: Title = ""
    collection_ids: CollectionIds = msgspec.field(default_factory=list)


class ConversationUpdate(Schema, frozen=True, kw_only=True):
    """What to change of a conversation; what is left out stays. Only its owner chooses what it asks and shows."""

    title: (
        Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", examples=["Notice periods"])] | UnsetType
    ) = UNSET
    collection_ids: CollectionIds | UnsetType = UNSET
    shown_message_id: (
        Annotated[UUID, Meta(description="A question or an answer of it: the path through it is shown, and goes on.")]
        | UnsetType
    ) = UNSET


class PassageFound(Schema, frozen=True, kw_only=True):
    """A passage that was found for a question; ids are null and the text is empty once its document is deleted."""

    n: int
    chunk_id: UUID | None
    document_id: UUID | None
    document_name: str
    page: int | None
    text: str
    score: float


class Citation(Schema, frozen=True, kw_only=True):
    """That characters [start, end) of the answer's text are supported by `quote` in passage `n`."""

    n: int
    chunk_id: UUID | None
    document_id: UUID | None
    document_name: str
    page: int | None
    start: int
    end: int
    quote: str


class Usage(Schema, frozen=True, kw_only=True):
    """What an answer took."""

    input_tokens: int | None
    output_tokens: int | None
    model: str | None


class UsageShown(Usage, frozen=True, kw_only=True):
    """The same as the stream tells it."""

    model_id: UUID | None = None


class MessageError(Schema, frozen=True, kw_only=True):
    """Why an answer failed, and what to do."""

    code: str
    message: str
    remedy: str | None
    request_id: str


class ToolUse(Schema, frozen=True, kw_only=True):
    """A tool that the model called for an answer."""

    id: str
    name: str
    arguments: Annotated[str, Meta(description="As the model wrote them.")]
    state: Annotated[
        Literal["begun", "again", "done", "failed"], Meta(description="Begun: nobody knows what came of it (yet).")
    ]
    result: Annotated[str, Meta(description="What the model was told.")]
    source: Annotated[
        ResultSource,
        Meta(description="Whose result: the tool's, now or in the run branched from, or a person's in its place."),
    ] = "tool"


class Instruction(Schema, frozen=True, kw_only=True):
    """What the person added while an answer was written."""

    id: UUID
    text: str
    position: Annotated[
        int | None,
        Meta(description="How many characters of the answer stood before it; null until the model is told."),
    ]
    created_at: datetime


class Steered(Schema, frozen=True, kw_only=True):
    """The same as an event of the run: the model is told of it now."""

    id: UUID
    text: str
    position: int


class AnswerBranch(Schema, frozen=True, kw_only=True):
    """That an answer branched off an earlier run, and what was changed for it."""

    source_run_id: Annotated[UUID | None, Meta(description="Shown to whoever asked; null when it is gone.")]
    changed: list[Changed]


class Message(Schema, frozen=True, kw_only=True):
    """A question or an answer. The parent of a first question is the conversation itself."""

    id: UUID
    conversation_id: UUID
    parent_id: UUID
    role: Role
    state: MessageState
    outcome: Outcome | None
    run_id: UUID | None
    model: str | None
    usage: Usage | None
    error: MessageError | None
    created_at: datetime
    finished_at: datetime | None
    text: str
    passages: list[PassageFound]
    citations: list[Citation]
    tool_calls: Annotated[tuple[ToolUse, ...], Meta(description="Shown to whoever asked.")] = ()
    instructions: Annotated[
        tuple[Instruction, ...], Meta(description="What the person added while it was written, in the text's order.")
    ] = ()
    branch: AnswerBranch | None = None
    versions: Annotated[
        tuple[UUID, ...],
        Meta(description="Shown to its owner: this message and what stands in its place on other paths, oldest first."),
    ] = ()


class TurnRequest(Schema, frozen=True, kw_only=True):
    """A question. `parent_id` names the answer it follows (or, for a new first question, the conversation): to ask
    again, give the question's own parent. Left out, it follows the newest answer shown."""

    question: Question
    model_id: UUID | None = None
    parent_id: UUID | None = None
    tools: ToolNames = ()


class Turn(Schema, frozen=True, kw_only=True):
    """A question that was taken; its answer comes as the events of the run."""

    conversation_id: UUID
    question_id: UUID
    answer_id: UUID
    run_id: UUID
    parent_id: UUID
    """What the question follows."""
