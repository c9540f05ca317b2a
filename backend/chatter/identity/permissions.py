"""Who may make service accounts and their keys, and what the audit log calls the acts of this domain."""

from enum import StrEnum

__all__ = ["ROLE_PERMISSIONS", "IdentityAction", "IdentityPermission"]


class IdentityPermission(StrEnum):
    """`domain:resource:action`."""

    SIGN_IN_POLICY_UPDATE = "identity:sign_in_policy:update"
    SERVICE_ACCOUNT_READ = "identity:service_account:read"
    SERVICE_ACCOUNT_CREATE = "identity:service_account:create"
    SERVICE_ACCOUNT_UPDATE = "identity:service_account:update"
    SERVICE_ACCOUNT_DELETE = "identity:service_account:delete"
    API_KEY_CREATE = "identity:api_key:create"
    API_KEY_DELETE = "identity:api_key:delete"


class IdentityAction(StrEnum):
    """`domain:resource:action`."""

    SIGNED_UP = "identity:user:signed_up"
    SIGNED_IN = "identity:session:started"
    SIGNED_OUT = "identity:session:ended"
    CONFIRMED = "identity:session:confirmed"
    SESSION_REVOKED = "identity:session:revoked"
    OTHER_SESSIONS_REVOKED = "identity:session:others_revoked"
    MEMBER_SIGNED_OUT = "identity:session:member_signed_out"
    EMAIL_PROOF_SENT = "identity:user:email_proof_sent"
    EMAIL_PROVEN = "identity:user:email_proven"
    PROFILE_UPDATED = "identity:user:updated"
    PASSWORD_CHANGED = "identity:user:password_changed"  # noqa: S105 - the name of an act
    PASSWORD_RESET = "identity:user:password_reset"  # noqa: S105 - as above
    SIGN_IN_POLICY_UPDATED = "identity:sign_in_policy:updated"
    SERVICE_ACCOUNT_CREATED = "identity:service_account:created"
    SERVICE_ACCOUNT_UPDATED = "identity:service_account:updated"
    SERVICE_ACCOUNT_SUSPENDED = "identity:service_account:suspended"
    SERVICE_ACCOUNT_REACTIVATED = "identity:service_account:reactivated"
    SERVICE_ACCOUNT_DELETED = "identity:service_account:deleted"
    API_KEY_CREATED = "identity:api_key:created"
    API_KEY_REVOKED = "identity:api_key:revoked"


_ALL = frozenset(IdentityPermission)
_NONE: frozenset[IdentityPermission] = frozenset()

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _NONE,
    "member": _NONE,
    "viewer": _NONE,
    "billing": _NONE,
    "auditor": frozenset({IdentityPermission.SERVICE_ACCOUNT_READ}),
}
