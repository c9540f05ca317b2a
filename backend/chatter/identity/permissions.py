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
    API_KEY_READ = "identity:api_key:read"
    API_KEY_CREATE = "identity:api_key:create"
    API_KEY_DELETE = "identity:api_key:delete"
    OWN_KEY_CREATE = "identity:own_key:create"
    """To make keys for oneself; to see and revoke one's own needs none."""
    SECOND_FACTOR_READ = "identity:second_factor:read"
    SECOND_FACTOR_DELETE = "identity:second_factor:delete"
    SECOND_FACTOR_POLICY_UPDATE = "identity:second_factor_policy:update"


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
    TOTP_ADDED = "identity:totp:added"
    TOTP_REMOVED = "identity:totp:removed"
    PASSKEY_ADDED = "identity:passkey:added"
    PASSKEY_RENAMED = "identity:passkey:renamed"
    PASSKEY_REMOVED = "identity:passkey:removed"
    PASSKEY_REFUSED = "identity:passkey:refused"
    RECOVERY_CODES_REPLACED = "identity:recovery_codes:replaced"
    SECOND_FACTOR_REFUSED = "identity:second_factor:refused"
    SECOND_FACTOR_POLICY_UPDATED = "identity:second_factor_policy:updated"
    SECOND_FACTORS_RESET = "identity:second_factor:reset"


_ALL = frozenset(IdentityPermission)
_OWN = frozenset({IdentityPermission.OWN_KEY_CREATE})

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _OWN,
    "member": _OWN,
    "viewer": _OWN,
    "billing": _OWN,
    "auditor": _OWN
    | {IdentityPermission.SERVICE_ACCOUNT_READ, IdentityPermission.API_KEY_READ, IdentityPermission.SECOND_FACTOR_READ},
}
