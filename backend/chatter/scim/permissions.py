"""Who may connect a directory, and what the audit log calls what it does."""

from enum import StrEnum

__all__ = ["HANDED_ON", "ROLE_PERMISSIONS", "ScimAction", "ScimPermission"]


class ScimPermission(StrEnum):
    """`domain:resource:action`."""

    TOKEN_READ = "scim:token:read"  # noqa: S105 - the name of a permission
    TOKEN_CREATE = "scim:token:create"  # noqa: S105
    TOKEN_DELETE = "scim:token:delete"  # noqa: S105
    GROUP_ROLE_UPDATE = "scim:group_role:update"


class ScimAction(StrEnum):
    """`domain:resource:action`."""

    TOKEN_CREATED = "scim:token:created"  # noqa: S105 - the name of an act
    TOKEN_REVOKED = "scim:token:revoked"  # noqa: S105
    USER_CREATED = "scim:user:created"
    USER_UPDATED = "scim:user:updated"
    USER_DELETED = "scim:user:deleted"
    GROUP_CREATED = "scim:group:created"
    GROUP_UPDATED = "scim:group:updated"
    GROUP_DELETED = "scim:group:deleted"
    GROUP_ROLES_CHANGED = "scim:group_roles:changed"


HANDED_ON = frozenset(
    {
        *("tenancy:member:update", "tenancy:member:delete", "tenancy:invitation:create"),
        *("tenancy:team:create", "tenancy:team:update", "tenancy:team:delete"),
    }
)
"""What a directory does to members and teams: whoever makes a token holds all of it."""

_ALL = frozenset(ScimPermission)
_NONE: frozenset[ScimPermission] = frozenset()

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _NONE,
    "member": _NONE,
    "viewer": _NONE,
    "billing": _NONE,
    "auditor": frozenset({ScimPermission.TOKEN_READ}),
}
