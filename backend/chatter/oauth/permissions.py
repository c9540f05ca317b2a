"""Who may let apps act for them, and what the audit log calls it."""

from enum import StrEnum

__all__ = ["ROLE_PERMISSIONS", "OAuthAction", "OAuthPermission"]


class OAuthPermission(StrEnum):
    """`domain:resource:action`."""

    GRANT_CREATE = "oauth:grant:create"
    """To let an app act for oneself; to see and revoke what one allowed needs none."""


class OAuthAction(StrEnum):
    """`domain:resource:action`."""

    GRANTED = "oauth:grant:created"
    REVOKED = "oauth:grant:revoked"
    DEVICE_REFUSED = "oauth:device:refused"
    CONNECTED = "oauth:family:started"
    DISCONNECTED = "oauth:family:ended"


_ALL = frozenset(OAuthPermission)

ROLE_PERMISSIONS = dict.fromkeys(("owner", "admin", "editor", "member", "viewer", "billing", "auditor"), _ALL)
