"""Who may let apps act for them, and what the audit log calls it."""

from enum import StrEnum

__all__ = ["ROLE_PERMISSIONS", "OAuthAction", "OAuthPermission"]


class OAuthPermission(StrEnum):
    """`domain:resource:action`."""

    GRANT_CREATE = "oauth:grant:create"
    """To let an app act for oneself; to see and revoke what one allowed needs none."""
    GRANT_READ = "oauth:grant:read"
    GRANT_DELETE = "oauth:grant:delete"
    """To see, and take back, what members let act for them."""


class OAuthAction(StrEnum):
    """`domain:resource:action`."""

    GRANTED = "oauth:grant:created"
    REVOKED = "oauth:grant:revoked"
    DEVICE_REFUSED = "oauth:device:refused"
    CONNECTED = "oauth:family:started"
    DISCONNECTED = "oauth:family:ended"


_ALL = frozenset(OAuthPermission)
_OWN = frozenset({OAuthPermission.GRANT_CREATE})

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _OWN,
    "member": _OWN,
    "viewer": _OWN,
    "billing": _OWN,
    "auditor": _OWN | {OAuthPermission.GRANT_READ},
}
