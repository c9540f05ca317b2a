"""Who may decide who may do what."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "RbacAction", "RbacPermission"]


class RbacPermission(StrEnum):
    """`domain:resource:action`."""

    ROLE_READ = "rbac:role:read"
    ROLE_MANAGE = "rbac:role:manage"
    GRANT_MANAGE = "rbac:grant:manage"
    """To share what one manages. To manage it is a matter of each single thing."""
    ACCESS_EXPLAIN = "rbac:access:explain"
    POLICY_UPDATE = "rbac:policy:update"


class RbacAction(StrEnum):
    """What the audit log calls a change here."""

    ROLE_CREATED = "rbac:role:created"
    ROLE_UPDATED = "rbac:role:updated"
    ROLE_DELETED = "rbac:role:deleted"
    GRANT_CREATED = "rbac:grant:created"
    GRANT_UPDATED = "rbac:grant:updated"
    GRANT_DELETED = "rbac:grant:deleted"
    POLICY_UPDATED = "rbac:policy:updated"


_ALL = frozenset(RbacPermission)
_READ = frozenset({RbacPermission.ROLE_READ})
_SHARE = _READ | {RbacPermission.GRANT_MANAGE}

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL - {RbacPermission.POLICY_UPDATE},
    "editor": _SHARE,
    "member": _SHARE,
    "viewer": _READ,
    "billing": _READ,
    "auditor": _READ | {RbacPermission.ACCESS_EXPLAIN},
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({RbacPermission.ROLE_READ, RbacPermission.ACCESS_EXPLAIN})
"""Neither roles nor grants are theirs to give."""
