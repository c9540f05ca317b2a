"""The tables of runs. They are written by the functions of the migration; the models say what the columns are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
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

__all__ = ["Checkpoint", "CheckpointBlob", "CheckpointWrite", "Run", "RunPart", "RunRetention"]

_OPEN = "state in ('queued', 'running')"


def _run_fkey(name: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "run_id"], ["run.tenant_id", "run.id"], name=name, ondelete="CASCADE")


class Run(TenantModel):
    """One piece of work; whoever holds the lease, and the present fence, may write to it."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint("state in ('queued', 'running', 'finished', 'failed', 'cancelled')", name="run_state"),
        Index("run_lease", "lease_expires_at", postgresql_where=text(_OPEN)),
        Index("run_subject", "tenant_id", "subject_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    """The person whose run it is: nobody else reads or stops it."""
    state: Mapped[str] = mapped_column(server_default="running")
    lease_owner: Mapped[str | None]
    lease_expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    fence: Mapped[int] = mapped_column(BigInteger, server_default="1")
    last_seq: Mapped[int] = mapped_column(server_default="0")
    """Number of the last event, known once the run is over."""
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    error_remedy: Mapped[str | None]
    request_id: Mapped[str] = mapped_column(server_default="")
    tools: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """What its model may call."""
    inbox: Mapped[int] = mapped_column(server_default="0")
    """How often somebody said something to it, or changed what waits behind it."""
    cancel_requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RunPart(TenantScoped):
    """Events first_seq…last_seq of a run, as the bytes that readers get; appended, never changed.

    In partitions by the month of the run, which its id, a UUIDv7, begins with.
    """

    __tablename__ = "run_part"
    __table_args__ = (_run_fkey("run_part_run_fkey"), {"postgresql_partition_by": "RANGE (run_id)"})

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    first_seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_seq: Mapped[int]
    frames: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class RunRetention(Timestamps, TenantScoped):
    """For how many days an organisation keeps events; without a row, for as many as everybody."""

    __tablename__ = "run_retention"
    __table_args__ = (CheckConstraint("days between 7 and 3650", name="run_retention_days"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    days: Mapped[int]


class Checkpoint(TenantScoped):
    """The state of a graph after one step."""

    __tablename__ = "checkpoint"
    __table_args__ = (_run_fkey("checkpoint_run_fkey"),)

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    ns: Mapped[str] = mapped_column(primary_key=True)
    checkpoint_id: Mapped[str] = mapped_column(primary_key=True)
    parent_id: Mapped[str | None]
    type: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    versions: Mapped[dict[str, str]] = mapped_column(JSONB)
    metadata_: Mapped[dict[str, object]] = mapped_column("metadata", JSONB)


class CheckpointBlob(TenantScoped):
    """One value of a channel of a graph, stored once however many checkpoints share it."""

    __tablename__ = "checkpoint_blob"
    __table_args__ = (_run_fkey("checkpoint_blob_run_fkey"),)

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    ns: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class CheckpointWrite(TenantScoped):
    """What one task of a step wrote, before the step as a whole was done."""

    __tablename__ = "checkpoint_write"
    __table_args__ = (_run_fkey("checkpoint_write_run_fkey"),)

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    ns: Mapped[str] = mapped_column(primary_key=True)
    checkpoint_id: Mapped[str] = mapped_column(primary_key=True)
    task_id: Mapped[str] = mapped_column(primary_key=True)
    idx: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    task_path: Mapped[str]
    channel: Mapped[str]
    type: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
