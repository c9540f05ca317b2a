"""Calls of tools, and the notes that one tool keeps."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel, TenantScoped

__all__ = ["Note", "ToolCall"]


class ToolCall(TenantScoped):
    """One call that a run's model made. Its key is derived from the run and the place in it, and passed on."""

    __tablename__ = "tool_call"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["run.tenant_id", "run.id"], name="tool_call_run_fkey", ondelete="CASCADE"
        ),
        CheckConstraint("state in ('begun', 'again', 'done', 'failed')", name="tool_call_state"),
        CheckConstraint("source in ('tool', 'earlier', 'person')", name="tool_call_source"),
        Index(
            "tool_call_payload",
            "tenant_id",
            "run_id",
            postgresql_where=text("arguments_payload is not null or result_payload is not null"),
        ),
    )

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    tool: Mapped[str]
    arguments: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="begun")
    result: Mapped[str | None]
    arguments_payload: Mapped[UUID | None]
    """The object that holds all of the arguments, when the row holds their beginning."""
    result_payload: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(server_default="tool")
    """Whose the result is: the tool's, the tool's in the run that this one branched from, or a person's."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Note(TenantModel):
    """Something that a model wrote down for a person."""

    __tablename__ = "note"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["run.tenant_id", "run.id"], name="note_run_fkey", ondelete="SET NULL (run_id)"
        ),
        UniqueConstraint("tenant_id", "call_key", name="note_call_key"),
        Index("note_newest", "tenant_id", "owner_id", "created_at", "id"),
        Index("note_run", "tenant_id", "run_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    owner_id: Mapped[UUID]
    """A person or a service account, who may have left."""
    text: Mapped[str]
    run_id: Mapped[UUID | None]
    call_key: Mapped[str]
    """The call that saved it: the same call again saves nothing more."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
