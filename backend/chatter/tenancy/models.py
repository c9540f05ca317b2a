"""Organisations, who belongs to them, who is invited, and their teams."""

from datetime import datetime
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
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel, TenantScoped, Timestamps

__all__ = [
    "FormerMember",
    "Invitation",
    "InvitationTeam",
    "MailDomain",
    "Membership",
    "Offboarding",
    "Organization",
    "RateLimitOverride",
    "SupportGrant",
    "SupportVisit",
    "Team",
    "TeamMember",
    "WebOrigin",
]

_ROLES = "role in ('owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor')"


class Organization(Timestamps, TenantScoped):
    """A tenant. Its id is the tenant_id of everything that it owns."""

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("state in ('suspended', 'deleting', 'active')", name="organization_state"),
        CheckConstraint("state <> 'deleting' or purge_after is not null", name="organization_purge"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="active", server_default="active")
    purge_after: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it is deleted for good, if nobody restores it before."""


class Membership(Timestamps, TenantScoped):
    """That a person, or a service account, belongs to an organisation, in one role."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(f"{_ROLES} or role ~ '^custom:[0-9a-f-]{{36}}$'", name="membership_role"),
        CheckConstraint("kind in ('service', 'person')", name="membership_kind"),
        CheckConstraint("kind = 'person' or role <> 'owner'", name="membership_owner_is_a_person"),
        ForeignKeyConstraint(["tenant_id", "role_id"], ["role.tenant_id", "role.id"], name="membership_custom_role"),
        ForeignKeyConstraint(
            ["tenant_id", "service_account_id"],
            ["service_account.tenant_id", "service_account.id"],
            name="membership_service_account",
            ondelete="CASCADE",
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    """A person's id or a service account's, as `kind` says."""
    kind: Mapped[str] = mapped_column(default="person", server_default="person")
    role: Mapped[str]
    """A built-in role's name, or `custom:` and the id of a role that the organisation made."""
    suspended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sessions_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Only sessions that began later open the organisation: when somebody was last signed out of it everywhere."""
    role_id: Mapped[UUID | None] = mapped_column(
        Computed(
            "CASE WHEN (role ~~ 'custom:%'::text) THEN (substr(role, 8))::uuid ELSE NULL::uuid END", persisted=True
        )
    )
    person_id: Mapped[UUID | None] = mapped_column(
        Computed("CASE WHEN (kind = 'person'::text) THEN user_id ELSE NULL::uuid END", persisted=True),
        ForeignKey("app_user.id", name="membership_person", ondelete="CASCADE"),
    )
    service_account_id: Mapped[UUID | None] = mapped_column(
        Computed("CASE WHEN (kind = 'service'::text) THEN user_id ELSE NULL::uuid END", persisted=True)
    )


class Team(Timestamps, TenantModel):
    """A named group of an organisation's members."""

    __tablename__ = "team"
    __table_args__ = (Index("team_name", "tenant_id", func.lower(text("name")), unique=True),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
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


class Invitation(Timestamps, TenantModel):
    """A role that waits for whoever reads the mails of an address. The link's token is never stored, only its hash."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint(f"{_ROLES} or role ~ '^custom:[0-9a-f-]{{36}}$'", name="invitation_role"),
        ForeignKeyConstraint(["tenant_id", "role_id"], ["role.tenant_id", "role.id"], name="invitation_custom_role"),
        CheckConstraint("mail_state in ('queued', 'sent', 'failed')", name="invitation_mail_state"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    email: Mapped[str]
    role: Mapped[str]
    serial: Mapped[int] = mapped_column(default=1, server_default="1")
    """Counts the links that were made; only the last one works."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by: Mapped[UUID]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mail_state: Mapped[str] = mapped_column(default="queued", server_default="queued")
    mail_error: Mapped[str | None]
    role_id: Mapped[UUID | None] = mapped_column(
        Computed(
            "CASE WHEN ((role ~~ 'custom:%'::text) AND (accepted_at IS NULL) AND (revoked_at IS NULL)) "
            "THEN (substr(role, 8))::uuid ELSE NULL::uuid END",
            persisted=True,
        )
    )
    """The organisation's own role that an open invitation offers."""


class InvitationTeam(TenantScoped):
    """A team that the invited person joins with the organisation."""

    __tablename__ = "invitation_team"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "invitation_id"], ["invitation.tenant_id", "invitation.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["tenant_id", "team_id"], ["team.tenant_id", "team.id"], ondelete="CASCADE"),
    )

    invitation_id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID] = mapped_column(primary_key=True)


class Offboarding(TenantModel):
    """That a person was taken out, and what becomes of what they owned. The job with this subject does it."""

    __tablename__ = "offboarding"

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    user_id: Mapped[UUID]
    person: Mapped[str]
    """The name at the time: the person is no member any more."""
    successor_id: Mapped[UUID | None]
    handed_over: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    ordered_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)


class MailDomain(Timestamps, TenantModel):
    """A domain that the organisation says is its own; verified in one organisation at most."""

    __tablename__ = "mail_domain"

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    name: Mapped[str]
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    auto_join_role: Mapped[str | None]
    """The role in which people of this domain join by themselves; null when they do not."""


class FormerMember(TenantScoped):
    """That a person was a member once: they do not come back by their domain, only when somebody lets them in."""

    __tablename__ = "former_member"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True)
    left_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)


class SupportGrant(Timestamps, TenantModel):
    """That the server's operator may come in, in a role, until then. Stays as the record of it."""

    __tablename__ = "support_grant"
    __table_args__ = (
        CheckConstraint("role in ('admin', 'editor', 'member', 'auditor', 'viewer')", name="support_grant_role"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    reason: Mapped[str]
    role: Mapped[str]
    granted_by: Mapped[UUID]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_by: Mapped[UUID | None]


class SupportVisit(TenantModel):
    """A session of the operator under a grant: first a link that works once, then a token. Only hashes are stored."""

    __tablename__ = "support_visit"
    __table_args__ = (
        CheckConstraint("(token_hash is null) = (entered_at is null)", name="support_visit_entered"),
        ForeignKeyConstraint(
            ["tenant_id", "grant_id"], ["support_grant.tenant_id", "support_grant.id"], ondelete="CASCADE"
        ),
    )

    grant_id: Mapped[UUID]
    operator: Mapped[str]
    """Who it is, as they named themselves on the server's command line."""
    reason: Mapped[str]
    link_hash: Mapped[bytes] = mapped_column(LargeBinary)
    link_expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    entered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)


class RateLimitOverride(Timestamps, TenantScoped):
    """That another amount than the usual one holds for a rule here."""

    __tablename__ = "rate_limit_override"
    __table_args__ = (CheckConstraint("amount between 1 and 1000000", name="rate_limit_override_amount"),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    rule: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


class WebOrigin(TenantModel):
    """An origin whose pages may call the organisation's API from a browser."""

    __tablename__ = "web_origin"
    __table_args__ = (
        Index("web_origin_once", "tenant_id", "origin", unique=True),
        Index("web_origin_of_any", "origin"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    origin: Mapped[str]
    """As browsers write it."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
