"""Organisations, who belongs to them, and their teams."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, DateTime, ForeignKey, ForeignKeyConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel, TenantScoped, Timestamps

__all__ = ["Membership", "Organization", "Team", "TeamMember"]


class Organization(Timestamps, TenantScoped):
    """A tenant. Its id is the tenant_id of everything that it owns."""

    __tablename__ = "organization"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Membership(Timestamps, TenantScoped):
    """That a person belongs to an organisation, in one role."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(
            "role in ('owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor')"
            " or role ~ '^custom:[0-9a-f-]{36}$'",
            name="membership_role",
        ),
        ForeignKeyConstraint(["tenant_id", "role_id"], ["role.tenant_id", "role.id"], name="membership_custom_role"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str]
    """A built-in role's name, or `custom:` and the id of a role that the organisation made."""
    role_id: Mapped[UUID | None] = mapped_column(
        Computed(
            "CASE WHEN (role ~~ 'custom:%'::text) THEN (substr(role, 8))::uuid ELSE NULL::uuid END", persisted=True
        )
    )


class Team(Timestamps, TenantModel):
    """A named group of an organisation's members."""

    __tablename__ = "team"
    __table_args__ = (Index("team_name", "tenant_id", func.lower(text("name")), unique=True),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]


class TeamMember(TenantScoped):
    """That a member of the organisation belongs to a team."""

    __tablename__ = "team_member"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "team_id"], ["team.tenant_id", "team.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["membership.tenant_id", "membership.user_id"], ondelete="CASCADE"
        ),
    )

    team_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
