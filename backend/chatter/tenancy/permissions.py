"""What may be done to an organisation."""

from enum import StrEnum

__all__ = ["ROLE_PERMISSIONS", "TenancyAction", "TenancyPermission"]


class TenancyPermission(StrEnum):
    """`domain:resource:action`."""

    ORGANIZATION_UPDATE = "tenancy:organization:update"
    MEMBER_READ = "tenancy:member:read"
    MEMBER_CREATE = "tenancy:member:create"
    MEMBER_UPDATE = "tenancy:member:update"
    MEMBER_DELETE = "tenancy:member:delete"


class TenancyAction(StrEnum):
    """What the audit log calls a change here."""

    ORGANIZATION_CREATED = "tenancy:organization:created"
    ORGANIZATION_UPDATED = "tenancy:organization:updated"
    MEMBER_ADDED = "tenancy:member:added"
    MEMBER_ROLE_CHANGED = "tenancy:member:role_changed"
    MEMBER_REMOVED = "tenancy:member:removed"


_ALL = frozenset(TenancyPermission)
_READ = frozenset({TenancyPermission.MEMBER_READ})

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _READ,
    "member": _READ,
    "viewer": _READ,
    "billing": _READ,
    "auditor": _READ,
}
