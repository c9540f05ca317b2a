"""Who may say which identity provider vouches for an organisation's people, and what the audit log calls the acts."""

from enum import StrEnum

__all__ = ["ROLE_PERMISSIONS", "SsoAction", "SsoPermission"]


class SsoPermission(StrEnum):
    """`domain:resource:action`."""

    PROVIDER_READ = "sso:identity_provider:read"
    PROVIDER_CREATE = "sso:identity_provider:create"
    PROVIDER_UPDATE = "sso:identity_provider:update"
    PROVIDER_DELETE = "sso:identity_provider:delete"
    IDENTITY_DELETE = "sso:external_identity:delete"


class SsoAction(StrEnum):
    """`domain:resource:action`."""

    PROVIDER_CREATED = "sso:identity_provider:created"
    PROVIDER_UPDATED = "sso:identity_provider:updated"
    PROVIDER_DELETED = "sso:identity_provider:deleted"
    PROVIDER_TESTED = "sso:identity_provider:tested"
    ENFORCEMENT_CHANGED = "sso:enforcement:changed"
    IDENTITY_LINKED = "sso:external_identity:linked"
    IDENTITY_UNLINKED = "sso:external_identity:unlinked"
    SIGNED_IN = "sso:session:started"
    ENDED_BY_PROVIDER = "sso:session:ended_by_provider"


_ALL = frozenset(SsoPermission)
_LOOK = frozenset({SsoPermission.PROVIDER_READ})
_NONE: frozenset[SsoPermission] = frozenset()

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _LOOK | {SsoPermission.IDENTITY_DELETE},
    "editor": _NONE,
    "member": _NONE,
    "viewer": _NONE,
    "billing": _NONE,
    "auditor": _LOOK,
}
"""Whoever chooses the provider can become anybody in the organisation, an owner too: so that is the owners' to do."""
