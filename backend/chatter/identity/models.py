"""The identity plane: people and sessions, without a tenant, which the application reaches through functions only; and
the service accounts of organisations, with the keys that they come with.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import Base, TenantModel, Timestamps

__all__ = ["ApiKey", "ServiceAccount", "User", "UserSession"]


class User(Timestamps, Base):
    """A person; may belong to several organisations."""

    __tablename__ = "app_user"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    email_proven_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the person followed a link that a mail server took to this address."""


class UserSession(Base):
    """A sign-in; the token itself is never stored."""

    __tablename__ = "user_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    user_agent: Mapped[str]


class ServiceAccount(Timestamps, TenantModel):
    """A member of one organisation with no person behind it; its role and state stand in its membership."""

    __tablename__ = "service_account"
    __table_args__ = (Index("service_account_name", "tenant_id", func.lower(text("name")), unique=True),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    created_by: Mapped[UUID]


class ApiKey(TenantModel):
    """What a service account shows in place of a session; the key itself is never stored."""

    __tablename__ = "api_key"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["membership.tenant_id", "membership.user_id"], ondelete="CASCADE"
        ),
        Index("api_key_token", "tenant_id", "token_hash", unique=True),
    )

    user_id: Mapped[UUID]
    """The member who acts with it."""
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hint: Mapped[str]
    """Its last characters, by which people tell keys apart."""
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Written at most once a minute, after the request."""
