"""What other domains may hear about people."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "ApiKeyCreated",
    "ApiKeyRevoked",
    "EmailProofRequested",
    "EmailProven",
    "MemberSignedOut",
    "OtherSessionsRevoked",
    "PasswordChanged",
    "PasswordReset",
    "ProfileUpdated",
    "ServiceAccountCreated",
    "ServiceAccountDeleted",
    "ServiceAccountReactivated",
    "ServiceAccountSuspended",
    "ServiceAccountUpdated",
    "SessionConfirmed",
    "SessionRevoked",
    "SignInPolicyUpdated",
    "SignedIn",
    "SignedOut",
]


class SignedIn(Event):
    name: ClassVar[str] = "identity.session.started"
    user_id: UUID


class SignedOut(Event):
    name: ClassVar[str] = "identity.session.ended"
    user_id: UUID


class SessionConfirmed(Event):
    name: ClassVar[str] = "identity.session.confirmed"
    user_id: UUID


class SessionRevoked(Event):
    name: ClassVar[str] = "identity.session.revoked"
    user_id: UUID
    session_id: UUID


class OtherSessionsRevoked(Event):
    name: ClassVar[str] = "identity.session.others_revoked"
    user_id: UUID
    bound: bool = False
    """Whether by a session that one organisation vouches for: it reaches no further than that one."""


class MemberSignedOut(Event):
    name: ClassVar[str] = "identity.session.member_signed_out"
    user_id: UUID


class EmailProofRequested(Event):
    name: ClassVar[str] = "identity.user.email_proof_requested"
    user_id: UUID


class EmailProven(Event):
    name: ClassVar[str] = "identity.user.email_proven"
    user_id: UUID


class ProfileUpdated(Event):
    name: ClassVar[str] = "identity.user.updated"
    user_id: UUID


class PasswordChanged(Event):
    name: ClassVar[str] = "identity.user.password_changed"
    user_id: UUID


class PasswordReset(Event):
    name: ClassVar[str] = "identity.user.password_reset"
    user_id: UUID


class SignInPolicyUpdated(Event):
    name: ClassVar[str] = "identity.sign_in_policy.updated"


class ServiceAccountCreated(Event):
    name: ClassVar[str] = "identity.service_account.created"
    account_id: UUID


class ServiceAccountUpdated(Event):
    name: ClassVar[str] = "identity.service_account.updated"
    account_id: UUID


class ServiceAccountSuspended(Event):
    name: ClassVar[str] = "identity.service_account.suspended"
    account_id: UUID


class ServiceAccountReactivated(Event):
    name: ClassVar[str] = "identity.service_account.reactivated"
    account_id: UUID


class ServiceAccountDeleted(Event):
    name: ClassVar[str] = "identity.service_account.deleted"
    account_id: UUID


class ApiKeyCreated(Event):
    name: ClassVar[str] = "identity.api_key.created"
    account_id: UUID
    key_id: UUID


class ApiKeyRevoked(Event):
    name: ClassVar[str] = "identity.api_key.revoked"
    account_id: UUID
    key_id: UUID
