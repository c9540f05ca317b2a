"""Roles that an organisation made, grants on single things, the policy, and the version of all of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel, TenantScoped, Timestamps

__all__ = ["AccessPolicy", "AccessVersion", "ResourceGrant", "Role", "RolePermission"]


class Role(Timestamps, TenantModel):
    """A role of the organisation's own."""

    __tablename__ = "role"
    __table_args__ = (Index("role_name", "tenant_id", func.lower(text("name")), unique=True),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    created_by: Mapped[UUID]


class RolePermission(TenantScoped):
    """That a role of the organisation's own holds a permission."""

    __tablename__ = "role_permission"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "role_id"], ["role.tenant_id", "role.id"], ondelete="CASCADE"),
    )

    role_id: Mapped[UUID] = mapped_column(primary_key=True)
    permission: Mapped[str] = mapped_column(primary_key=True)


class AccessVersion(TenantScoped):
    """Moves with each change of roles, members, teams or grants; written by triggers alone."""

    __tablename__ = "access_version"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class AccessPolicy(Timestamps, TenantScoped):
    """What an organisation has decided about its administrators. No row: the careful answer to each question."""

    __tablename__ = "access_policy"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    admins_read_conversations: Mapped[bool] = mapped_column(default=False, server_default=false())


class ResourceGrant(TenantModel):
    """That a person, a team or everybody has access to one thing, up to a level and perhaps to a day."""

    __tablename__ = "resource_grant"
    __table_args__ = (
        CheckConstraint("subject_kind in ('user', 'team', 'everyone')", name="resource_grant_subject_kind"),
        CheckConstraint("(subject_kind = 'everyone') = (subject_id is null)", name="resource_grant_subject"),
        CheckConstraint("level in ('view', 'edit', 'manage')", name="resource_grant_level"),
        UniqueConstraint(
            *("tenant_id", "resource_kind", "resource_id", "subject_kind", "subject_id"),
            name="resource_grant_once",
            postgresql_nulls_not_distinct=True,
        ),
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["membership.tenant_id", "membership.user_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["tenant_id", "team_id"], ["team.tenant_id", "team.id"], ondelete="CASCADE"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    resource_kind: Mapped[str]
    resource_id: Mapped[UUID]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    level: Mapped[str]
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    granted_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    user_id: Mapped[UUID | None] = mapped_column(
        Computed("CASE WHEN (subject_kind = 'user'::text) THEN subject_id ELSE NULL::uuid END", persisted=True)
    )
    team_id: Mapped[UUID | None] = mapped_column(
        Computed("CASE WHEN (subject_kind = 'team'::text) THEN subject_id ELSE NULL::uuid END", persisted=True)
    )
