"""The identity plane: people and sessions, without a tenant, which the application reaches through functions only; and
the service accounts of organisations, with the keys that they come with.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Interval,
    LargeBinary,
    desc,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import Base, TenantModel, TenantScoped, Timestamps

__all__ = ["ApiKey", "KnownDevice", "MailLink", "ServiceAccount", "SignInPolicy", "SignUp", "User", "UserSession"]


class User(Timestamps, Base):
    """A person; may belong to several organisations."""

    __tablename__ = "app_user"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    """None for somebody who has never set one, because their organisation's identity provider vouches for them."""
    email_proven_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the person followed a link that a mail server took to this address."""


class UserSession(Base):
    """A sign-in; the token itself is never stored."""

    __tablename__ = "user_session"
    __table_args__ = (
        CheckConstraint(
            "methods <@ array['password', 'passkey', 'totp', 'recovery_code', 'sso', 'email'] and methods <> '{}'",
            name="user_session_methods",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    user_agent: Mapped[str]
    methods: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    """How the person has proven to be that person, as SignInMethod calls it."""
    authenticated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    """When they proved it last."""
    address: Mapped[str | None]
    """Where it was last used from; written with last_used_at, at most once a minute, after the request."""
    idle: Mapped[timedelta] = mapped_column(Interval)
    """How long it may lie unused before it ends."""
    bound_tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"))
    """The one organisation that vouches for the person, and the only one that it opens; null opens all of theirs."""


class KnownDevice(Base):
    """That a person has signed in with such a browser from there: it is not told to them as new again."""

    __tablename__ = "known_device"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class MailLink(Base):
    """A mail to a person with a link: to a new password, whose token is stored nowhere, or to their devices."""

    __tablename__ = "mail_link"
    __table_args__ = (CheckConstraint("purpose in ('password_reset', 'new_device')", name="mail_link_purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"))
    email: Mapped[str]
    """The address at the time: a link does not outlive a change of it."""
    detail: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    claimed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When a worker took it up; another takes it up a minute later when it was not sent by then."""
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SignUp(Base):
    """Somebody who wants to sign up, until they have followed the link, whose token is stored nowhere."""

    __tablename__ = "sign_up"
    __table_args__ = (
        Index("sign_up_email", "email", "created_at"),
        Index("sign_up_expired", "expires_at"),
        Index("sign_up_unsent", "created_at", postgresql_where=text("mailed and sent_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"))
    """Who has the address already: they are told, and the link of this row opens nothing."""
    email: Mapped[str]
    name: Mapped[str]
    organization_name: Mapped[str]
    mailed: Mapped[bool]
    """False for the very first person of a server, and within a minute of another mail: then no link is on its way."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    claimed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SignInPolicy(Timestamps, TenantScoped):
    """What an organisation asks of the sessions that open it. No row, or null: no more than the server itself asks."""

    __tablename__ = "sign_in_policy"
    __table_args__ = (
        CheckConstraint("idle_minutes between 5 and 43200", name="sign_in_policy_idle"),
        CheckConstraint("absolute_hours between 1 and 8760", name="sign_in_policy_absolute"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    require_second_factor: Mapped[bool] = mapped_column(default=False, server_default="false")
    require_sso: Mapped[bool] = mapped_column(default=False, server_default="false")
    require_passkey: Mapped[bool] = mapped_column(default=False, server_default="false")
    idle_minutes: Mapped[int | None]
    absolute_hours: Mapped[int | None]


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
    """What a service account, or a program of a person, shows in place of a session; the key itself is never stored."""

    __tablename__ = "api_key"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["membership.tenant_id", "membership.user_id"], ondelete="CASCADE"
        ),
        Index("api_key_token", "tenant_id", "token_hash", unique=True),
        Index("api_key_newest", "tenant_id", desc("created_at"), desc("id")),
    )

    user_id: Mapped[UUID]
    """The member who acts with it."""
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hint: Mapped[str]
    """Its last characters, by which people tell keys apart."""
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(TEXT), sort_order=92)
    """The most that it may do, of what its holder may; None: all of it."""
    addresses: Mapped[list[str]] = mapped_column(ARRAY(TEXT), default=list, server_default="{}", sort_order=93)
    """The networks that it works from; none: from anywhere."""
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Written at most once a minute, after the request."""
