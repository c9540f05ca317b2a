"""Conversations and their messages. Turns are written and lists read by the functions of the migration."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel, TenantScoped, Timestamps

__all__ = [
    "Citation",
    "Conversation",
    "ConversationCollection",
    "Instruction",
    "Message",
    "MessagePart",
    "MessagePassage",
    "QueuedMessage",
    "RunBranch",
]


# Passages (`chunk`) have no model, so the foreign keys to them stand in the migration only.


def _fkey(name: str, column: str, *, table: str, on_delete: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], name=name, ondelete=on_delete
    )


class Conversation(Timestamps, TenantModel):
    """One member's conversation: a tree of messages, of which the path to the active leaf is shown."""

    __tablename__ = "conversation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "active_leaf_id"],
            ["message.tenant_id", "message.id"],
            name="conversation_active_leaf_fkey",
            ondelete="SET NULL (active_leaf_id)",
            use_alter=True,
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    owner_id: Mapped[UUID]
    """A person or a service account, who may have left."""
    title: Mapped[str] = mapped_column(server_default="")
    active_leaf_id: Mapped[UUID | None]


class ConversationCollection(TenantScoped):
    """That a conversation asks this collection; without any, it asks all documents."""

    __tablename__ = "conversation_collection"
    __table_args__ = (
        _fkey(
            "conversation_collection_conversation_fkey", "conversation_id", table="conversation", on_delete="CASCADE"
        ),
        _fkey("conversation_collection_collection_fkey", "collection_id", table="collection", on_delete="CASCADE"),
    )

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    collection_id: Mapped[UUID] = mapped_column(primary_key=True)


class Message(TenantModel):
    """A question or an answer. A question without a parent hangs on the root, which is the conversation itself."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("role in ('user', 'assistant')", name="message_role"),
        CheckConstraint(
            "state in ('complete', 'streaming', 'incomplete', 'failed', 'cancelled')", name="message_state"
        ),
        CheckConstraint("outcome in ('answered', 'no_evidence', 'cancelled')", name="message_outcome"),
        _fkey("message_conversation_fkey", "conversation_id", table="conversation", on_delete="CASCADE"),
        _fkey("message_parent_fkey", "parent_id", table="message", on_delete="CASCADE"),
        _fkey("message_run_fkey", "run_id", table="run", on_delete="SET NULL (run_id)"),
    )

    conversation_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    role: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str | None]
    model: Mapped[str | None]
    """The model's label at the time, which outlives the model."""
    model_id: Mapped[UUID | None]
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    run_id: Mapped[UUID | None]
    request_id: Mapped[str]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    error_remedy: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    request_digest: Mapped[str | None]
    """What the request that brought it is known by."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MessagePart(TenantScoped):
    """What a message consists of, in order: text, a notice of ours, or the place of its passages."""

    __tablename__ = "message_part"
    __table_args__ = (
        CheckConstraint("kind in ('text', 'passages', 'notice')", name="message_part_kind"),
        _fkey("message_part_message_fkey", "message_id", table="message", on_delete="CASCADE"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(server_default="")


class MessagePassage(TenantScoped):
    """A passage that was found for an answer. Its text stays with the document and goes with it."""

    __tablename__ = "message_passage"
    __table_args__ = (
        _fkey("message_passage_message_fkey", "message_id", table="message", on_delete="CASCADE"),
        _fkey("message_passage_document_fkey", "document_id", table="document", on_delete="SET NULL (document_id)"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chunk_id: Mapped[UUID | None]
    document_id: Mapped[UUID | None]
    document_name: Mapped[str]
    page: Mapped[int | None]
    score: Mapped[float] = mapped_column(Double)


class Citation(TenantScoped):
    """That characters [start, end) of an answer rest on passage `n`; keeps what it quoted when the document goes."""

    __tablename__ = "citation"
    __table_args__ = (
        CheckConstraint("start_offset >= 0 and end_offset > start_offset", name="citation_span"),
        _fkey("citation_message_fkey", "message_id", table="message", on_delete="CASCADE"),
        _fkey("citation_document_fkey", "document_id", table="document", on_delete="SET NULL (document_id)"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]
    chunk_id: Mapped[UUID | None]
    document_id: Mapped[UUID | None]
    document_name: Mapped[str]
    page: Mapped[int | None]
    start_offset: Mapped[int]
    end_offset: Mapped[int]
    quote: Mapped[str]


class Spoken:
    """Who said something, as the audit log tells of it once it is sent on."""

    actor_kind: Mapped[str]
    actor_label: Mapped[str]
    role: Mapped[str]
    session_id: Mapped[UUID | None]
    key_id: Mapped[UUID | None]
    client_address: Mapped[str | None]
    request_id: Mapped[str]


_KEYED = text("idempotency_key is not null")
_SPEAKERS = "actor_kind in ('service', 'user')"


class QueuedMessage(Spoken, Timestamps, TenantModel):
    """A question that waits until the answer before it is whole; it keeps its id as a message."""

    __tablename__ = "queued_message"
    __table_args__ = (
        CheckConstraint(_SPEAKERS, name="queued_message_actor_kind"),
        _fkey("queued_message_conversation_fkey", "conversation_id", table="conversation", on_delete="CASCADE"),
        Index("queued_message_next", "tenant_id", "conversation_id", "position"),
        Index(
            "queued_message_idempotency",
            *("tenant_id", "conversation_id", "idempotency_key"),
            unique=True,
            postgresql_where=_KEYED,
        ),
    )

    conversation_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    position: Mapped[int]
    """The lowest goes first."""
    text: Mapped[str]
    model: Mapped[str]
    """The model's label at the time."""
    model_id: Mapped[UUID | None]
    tools: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    idempotency_key: Mapped[str | None]
    request_digest: Mapped[str | None]


class Instruction(Spoken, TenantModel):
    """What the person added while an answer was written. One that was not taken in time waits as a message."""

    __tablename__ = "instruction"
    __table_args__ = (
        CheckConstraint(_SPEAKERS, name="instruction_actor_kind"),
        _fkey("instruction_run_fkey", "run_id", table="run", on_delete="CASCADE"),
        Index("instruction_run", "tenant_id", "run_id"),
        Index(
            "instruction_idempotency",
            *("tenant_id", "run_id", "idempotency_key"),
            unique=True,
            postgresql_where=_KEYED,
        ),
    )

    run_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    text: Mapped[str]
    position: Mapped[int | None]
    """How much of the answer's text stood before it, once it was taken."""
    idempotency_key: Mapped[str | None]
    request_digest: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    taken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RunBranch(TenantScoped):
    """That a run began at a checkpoint of an earlier one; `state` is what it began with, whatever became of that."""

    __tablename__ = "run_branch"
    __table_args__ = (
        CheckConstraint("next in ('retrieve', 'gate', 'answer', 'tools')", name="run_branch_next"),
        _fkey("run_branch_run_fkey", "run_id", table="run", on_delete="CASCADE"),
        _fkey("run_branch_source_fkey", "source_run_id", table="run", on_delete="SET NULL (source_run_id)"),
        _fkey("run_branch_question_fkey", "question_id", table="message", on_delete="CASCADE"),
        _fkey("run_branch_answer_fkey", "answer_id", table="message", on_delete="CASCADE"),
        Index("run_branch_source", "tenant_id", "source_run_id"),
        Index("run_branch_question", "tenant_id", "question_id"),
        Index("run_branch_answer", "tenant_id", "answer_id"),
        Index(
            "run_branch_idempotency",
            *("tenant_id", "source_run_id", "idempotency_key"),
            unique=True,
            postgresql_where=_KEYED,
        ),
    )

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_run_id: Mapped[UUID | None]
    checkpoint_id: Mapped[str]
    step: Mapped[int]
    """How many steps of the earlier run came before."""
    next: Mapped[str]
    changes: Mapped[list[Any]] = mapped_column(JSONB)
    """What was changed, as `Change` describes it."""
    state: Mapped[bytes] = mapped_column(LargeBinary)
    question_id: Mapped[UUID]
    answer_id: Mapped[UUID]
    idempotency_key: Mapped[str | None]
    request_digest: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
