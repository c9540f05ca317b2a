"""What the audit log calls the acts of this domain."""

from enum import StrEnum

__all__ = ["IdentityAction"]


class IdentityAction(StrEnum):
    """`domain:resource:action`."""

    SIGNED_UP = "identity:user:signed_up"
    SIGNED_IN = "identity:session:started"
    SIGNED_OUT = "identity:session:ended"
    EMAIL_PROOF_SENT = "identity:user:email_proof_sent"
    EMAIL_PROVEN = "identity:user:email_proven"
    PROFILE_UPDATED = "identity:user:updated"
    PASSWORD_CHANGED = "identity:user:password_changed"  # noqa: S105 - the name of an act
