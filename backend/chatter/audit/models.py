"""The audit log's tables. The application may add and read rows, never change or remove them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, FetchedValue, ForeignKey, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from chatter.kit.db.base import TenantModel, TenantScoped, Timestamps

__all__ = ["AuditAnchor", "AuditEvent", "AuditSeal", "AuditSealHead", "AuditSink", "Xid8"]


class Xid8(UserDefinedType[str]):
    """The number of a transaction, as Postgres counts them."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


class AuditEvent(TenantModel):
    """One change, or one read of somebody else's content."""

    __tablename__ = "audit_event"
    __table_args__ = (
        CheckConstraint(
            "actor_kind in ('scim', 'system', 'operator', 'service', 'user')", name="audit_event_actor_kind"
        ),
        CheckConstraint("actor_id is not null or actor_kind in ('system', 'operator')", name="audit_event_actor"),
    )
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012  # SQLAlchemy's own word; nothing is read back

    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    actor_kind: Mapped[str] = mapped_column(server_default="user")
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str] = mapped_column(server_default="")
    """What the actor was called at the time."""
    actor_role: Mapped[str]
    session_id: Mapped[UUID | None]
    key_id: Mapped[UUID | None]
    client_address: Mapped[str | None]
    request_id: Mapped[str]
    run_id: Mapped[UUID | None]
    action: Mapped[str]
    target: Mapped[UUID | None]
    before: Mapped[str | None]
    after: Mapped[str | None]
    txid: Mapped[str] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"), deferred=True)
    search: Mapped[str] = mapped_column(TSVECTOR, server_default=FetchedValue(), deferred=True)


class AuditSeal(TenantScoped):
    """A link of an organisation's chain: the digest of one row, and the hash over it and the link before."""

    __tablename__ = "audit_seal"
    __table_args__ = (UniqueConstraint("tenant_id", "event_id", name="audit_seal_event"),)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID]
    txid: Mapped[str] = mapped_column(Xid8)
    digest: Mapped[bytes]
    previous: Mapped[bytes]
    chain: Mapped[bytes]
    sealed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class AuditSealHead(TenantScoped):
    """The last link of an organisation's chain, where the sealer goes on: seals that are taken away leave a gap."""

    __tablename__ = "audit_seal_head"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-20)
    position: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[UUID]
    txid: Mapped[str] = mapped_column(Xid8)
    chain: Mapped[bytes]


class AuditAnchor(TenantScoped):
    """That the head of a chain was stored outside the database on a day."""

    __tablename__ = "audit_anchor"

    day: Mapped[date] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    chain: Mapped[bytes]
    anchored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class AuditSink(Timestamps, TenantScoped):
    """Where an organisation wants its audit log sent, and how far that is."""

    __tablename__ = "audit_sink"
    __table_args__ = (
        CheckConstraint("state in ('active', 'paused')", name="audit_sink_state"),
        CheckConstraint("(header_name is null) = (header_sealed is null)", name="audit_sink_header"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    url: Mapped[str]
    header_name: Mapped[str | None]
    header_sealed: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(default="active", server_default="active")
    position: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The last sealed row that the sink has taken."""
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None]
    last_error_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
