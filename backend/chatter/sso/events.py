"""What other domains may hear about single sign-on."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "IdentityLinked",
    "IdentityProviderCreated",
    "IdentityProviderDeleted",
    "IdentityProviderTested",
    "IdentityProviderUpdated",
    "IdentityUnlinked",
    "SessionsEndedByProvider",
    "SsoEnforcementChanged",
    "SsoSignedIn",
]


class IdentityProviderCreated(Event):
    name: ClassVar[str] = "sso.identity_provider.created"
    identity_provider_id: UUID


class IdentityProviderUpdated(Event):
    name: ClassVar[str] = "sso.identity_provider.updated"
    identity_provider_id: UUID


class IdentityProviderDeleted(Event):
    name: ClassVar[str] = "sso.identity_provider.deleted"
    identity_provider_id: UUID


class IdentityProviderTested(Event):
    name: ClassVar[str] = "sso.identity_provider.tested"
    identity_provider_id: UUID
    passed: bool


class IdentityLinked(Event):
    name: ClassVar[str] = "sso.external_identity.linked"
    identity_provider_id: UUID
    user_id: UUID


class SsoSignedIn(Event):
    name: ClassVar[str] = "sso.session.started"
    identity_provider_id: UUID
    user_id: UUID


class SsoEnforcementChanged(Event):
    name: ClassVar[str] = "sso.enforcement.changed"
    required: bool


class SessionsEndedByProvider(Event):
    name: ClassVar[str] = "sso.session.ended_by_provider"
    identity_provider_id: UUID
    sessions: int


class IdentityUnlinked(Event):
    name: ClassVar[str] = "sso.external_identity.unlinked"
    identity_provider_id: UUID
    user_id: UUID
