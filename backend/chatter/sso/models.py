"""Tables of single sign-on."""

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
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel, TenantScoped, Timestamps

__all__ = [
    "ExternalIdentity",
    "IdentityProvider",
    "IdentityProviderDomain",
    "IdentityProviderMapping",
    "SsoAttempt",
    "SsoBreakGlass",
    "SsoLogoutToken",
    "SsoSession",
]

_PROVIDER = ["identity_provider.tenant_id", "identity_provider.id"]
_MEMBER = ["membership.tenant_id", "membership.user_id"]


class IdentityProvider(Timestamps, TenantModel):
    """Somebody who vouches for the organisation's people, and what is believed of what they say."""

    __tablename__ = "identity_provider"
    __table_args__ = (
        Index("identity_provider_name", "tenant_id", func.lower(text("name")), unique=True),
        CheckConstraint(
            "signing_algorithm in ('PS256', 'ES256', 'EdDSA', 'RS256')", name="identity_provider_signing_algorithm"
        ),
        CheckConstraint("default_role in ('editor', 'member', 'viewer')", name="identity_provider_default_role"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    name: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    client_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    client_secret_hint: Mapped[str | None]
    """The last four characters, to tell secrets apart."""
    scopes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    signing_algorithm: Mapped[str]
    """The only one that an ID token may be signed with."""
    email_claim: Mapped[str]
    verified_claim: Mapped[str]
    """Where the provider says that it has verified the address; nothing but `true` counts."""
    name_claim: Mapped[str]
    groups_claim: Mapped[str]
    just_in_time: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether people of its domains become members by signing in."""
    default_role: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    tested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When a test sign-in with the present settings succeeded; a new issuer or client must be tested anew."""


class IdentityProviderDomain(TenantScoped):
    """That people of a mail domain, which the organisation has verified, sign in through a provider."""

    __tablename__ = "identity_provider_domain"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "domain_id"], ["mail_domain.tenant_id", "mail_domain.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["tenant_id", "provider_id"], _PROVIDER, ondelete="CASCADE"),
    )

    domain_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID]


class IdentityProviderMapping(TenantModel):
    """What whoever is in a group of the provider's gets here: a role, a place in a team, or both."""

    __tablename__ = "identity_provider_mapping"
    __table_args__ = (
        CheckConstraint(
            "role in ('admin', 'editor', 'member', 'viewer', 'billing', 'auditor') or role ~ '^custom:[0-9a-f-]{36}$'",
            name="identity_provider_mapping_role",
        ),
        CheckConstraint("role is not null or team_id is not null", name="identity_provider_mapping_gives"),
        ForeignKeyConstraint(["tenant_id", "provider_id"], _PROVIDER, ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["tenant_id", "role_id"],
            ["role.tenant_id", "role.id"],
            name="identity_provider_mapping_custom_role",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(["tenant_id", "team_id"], ["team.tenant_id", "team.id"], ondelete="CASCADE"),
    )

    provider_id: Mapped[UUID]
    position: Mapped[int]
    """The first of the mappings with a role that fits decides."""
    group_name: Mapped[str]
    role: Mapped[str | None]
    team_id: Mapped[UUID | None]
    role_id: Mapped[UUID | None] = mapped_column(
        Computed(
            "CASE WHEN (role ~~ 'custom:%'::text) THEN (substr(role, 8))::uuid ELSE NULL::uuid END", persisted=True
        )
    )


class ExternalIdentity(TenantModel):
    """Whom a provider means by a subject. Ends with the membership; is never moved to another person."""

    __tablename__ = "external_identity"
    __table_args__ = (
        UniqueConstraint("tenant_id", "provider_id", "subject", name="external_identity_subject"),
        UniqueConstraint("tenant_id", "provider_id", "user_id", name="external_identity_person"),
        ForeignKeyConstraint(["tenant_id", "provider_id"], _PROVIDER, ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "user_id"], _MEMBER, ondelete="CASCADE"),
    )

    provider_id: Mapped[UUID]
    subject: Mapped[str]
    user_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
    last_used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SsoAttempt(TenantModel):
    """A sign-in on its way to the provider and back. Nonce and PKCE verifier stand nowhere: the browser's secret,
    of which only the hash is here, derives both.
    """

    __tablename__ = "sso_attempt"
    __table_args__ = (
        CheckConstraint("purpose in ('sign_in', 'test')", name="sso_attempt_purpose"),
        ForeignKeyConstraint(["tenant_id", "provider_id"], _PROVIDER, ondelete="CASCADE"),
    )

    provider_id: Mapped[UUID]
    purpose: Mapped[str]
    state_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    browser_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    started_by: Mapped[UUID | None]
    """Who tests; nobody is signed in yet when a person signs in."""
    report: Mapped[str | None]
    """What a test saw, as JSON."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SsoSession(TenantModel):
    """That a session, whose id this row has, was started through a provider: what a logout needs to find it."""

    __tablename__ = "sso_session"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "provider_id"], _PROVIDER, ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "user_id"], _MEMBER, ondelete="CASCADE"),
    )

    provider_id: Mapped[UUID]
    user_id: Mapped[UUID]
    subject: Mapped[str]
    sid: Mapped[str | None]
    """The provider's own name for its session."""
    id_token_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The hint by which the provider knows whom to sign out."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)


class SsoBreakGlass(TenantScoped):
    """An owner who comes in without the provider though single sign-on is enforced."""

    __tablename__ = "sso_break_glass"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "user_id"], _MEMBER, ondelete="CASCADE"),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=90)


class SsoLogoutToken(TenantScoped):
    """A logout token that was seen, until it would be too old anyway: each works once."""

    __tablename__ = "sso_logout_token"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "provider_id"], _PROVIDER, ondelete="CASCADE"),)

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    token_id: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
