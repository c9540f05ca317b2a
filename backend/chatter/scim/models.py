"""What a directory tells of people and groups, in its organisation alone: names here are the organisation's words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel, TenantScoped, Timestamps

__all__ = ["ScimGroup", "ScimGroupMember", "ScimGroupRole", "ScimRequest", "ScimToken", "ScimUser"]


class ScimToken(TenantModel):
    """What a directory shows; the token itself is never stored."""

    __tablename__ = "scim_token"
    __table_args__ = (Index("scim_token_token", "tenant_id", "token_hash", unique=True),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hint: Mapped[str]
    role: Mapped[str]
    """Of whoever made it, at the time: it gives no role that holds more."""
    default_role: Mapped[str]
    """What a new person gets whose role the directory does not name."""
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ScimUser(Timestamps, TenantModel):
    """An entry of the directory; a member once it has an address that the organisation vouches for."""

    __tablename__ = "scim_user"
    __table_args__ = (Index("scim_user_name", "tenant_id", "user_name_key", unique=True),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id", ondelete="SET NULL"))
    user_name: Mapped[str]
    user_name_key: Mapped[str]
    """The name as it is compared: without regard to case."""
    external_id: Mapped[str | None]
    active: Mapped[bool | None]
    """What the directory said, null when it took that back; of a person, their membership tells."""
    made_person: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the person came by this entry, and has the name that it gave."""
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    """All else, as SCIM writes it."""


class ScimGroup(Timestamps, TenantModel):
    """A group of the directory: a team, whose members follow the group's."""

    __tablename__ = "scim_group"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "team_id"], ["team.tenant_id", "team.id"], ondelete="CASCADE"),
        Index("scim_group_team", "tenant_id", "team_id", unique=True),
    )

    team_id: Mapped[UUID]
    external_id: Mapped[str | None]


class ScimGroupMember(TenantScoped):
    """That an entry of the directory belongs to a group of it; the person is in the team while they are a member."""

    __tablename__ = "scim_group_member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "scim_group_id"], ["scim_group.tenant_id", "scim_group.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "scim_user_id"], ["scim_user.tenant_id", "scim_user.id"], ondelete="CASCADE"
        ),
    )

    scim_group_id: Mapped[UUID] = mapped_column(primary_key=True)
    scim_user_id: Mapped[UUID] = mapped_column(primary_key=True)
    display: Mapped[str | None]
    """What the directory called them in this group."""


class ScimGroupRole(TenantScoped):
    """That a group stands for a role; of those that hold somebody, the first by its position decides."""

    __tablename__ = "scim_group_role"
    __table_args__ = (
        CheckConstraint(
            "role in ('admin', 'editor', 'member', 'viewer', 'billing', 'auditor') or role ~ '^custom:[0-9a-f-]{36}$'",
            name="scim_group_role_role",
        ),
        ForeignKeyConstraint(
            ["tenant_id", "scim_group_id"], ["scim_group.tenant_id", "scim_group.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "role_id"],
            ["role.tenant_id", "role.id"],
            name="scim_group_role_custom_role",
            ondelete="CASCADE",
        ),
    )

    scim_group_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    role: Mapped[str]
    """Never an owner's."""
    role_id: Mapped[UUID | None] = mapped_column(
        Computed(
            "CASE WHEN (role ~~ 'custom:%'::text) THEN (substr(role, 8))::uuid ELSE NULL::uuid END", persisted=True
        )
    )


class ScimRequest(TenantModel):
    """What a directory asked for last: enough for an administrator to see what it does, and no body."""

    __tablename__ = "scim_request"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "scim_token_id"], ["scim_token.tenant_id", "scim_token.id"], ondelete="CASCADE"
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    scim_token_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    method: Mapped[str]
    path: Mapped[str]
    status: Mapped[int]
    detail: Mapped[str | None]
