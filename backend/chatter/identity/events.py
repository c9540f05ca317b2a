"""What other domains may hear about people."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = ["EmailProofRequested", "EmailProven", "PasswordChanged", "ProfileUpdated", "SignedIn", "SignedOut"]


class SignedIn(Event):
    name: ClassVar[str] = "identity.session.started"
    user_id: UUID


class SignedOut(Event):
    name: ClassVar[str] = "identity.session.ended"
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
