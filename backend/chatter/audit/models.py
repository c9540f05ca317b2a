"""The audit log's table. The application may add and read rows, never change or remove them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, func
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel

__all__ = ["AuditEvent"]


class AuditEvent(TenantModel):
    """One change, or one read of somebody else's content."""

    __tablename__ = "audit_event"

    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    actor_id: Mapped[UUID]
    actor_role: Mapped[str]
    session_id: Mapped[UUID]
    request_id: Mapped[str]
    action: Mapped[str]
    target: Mapped[UUID | None]
    before: Mapped[str | None]
    after: Mapped[str | None]
