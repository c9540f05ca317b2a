"""What may be done to an organisation."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "TenancyAction", "TenancyPermission"]


class TenancyPermission(StrEnum):
    """`domain:resource:action`."""

    ORGANIZATION_UPDATE = "tenancy:organization:update"
    ORGANIZATION_DELETE = "tenancy:organization:delete"
    OWNERSHIP_UPDATE = "tenancy:ownership:update"
    MEMBER_READ = "tenancy:member:read"
    MEMBER_UPDATE = "tenancy:member:update"
    MEMBER_DELETE = "tenancy:member:delete"
    INVITATION_READ = "tenancy:invitation:read"
    INVITATION_CREATE = "tenancy:invitation:create"
    INVITATION_DELETE = "tenancy:invitation:delete"
    TEAM_READ = "tenancy:team:read"
    TEAM_CREATE = "tenancy:team:create"
    TEAM_UPDATE = "tenancy:team:update"
    TEAM_DELETE = "tenancy:team:delete"
    DOMAIN_READ = "tenancy:domain:read"
    DOMAIN_CREATE = "tenancy:domain:create"
    DOMAIN_UPDATE = "tenancy:domain:update"
    DOMAIN_DELETE = "tenancy:domain:delete"
    MAIL_READ = "tenancy:mail:read"
    RATE_LIMIT_READ = "tenancy:rate_limit:read"
    RATE_LIMIT_UPDATE = "tenancy:rate_limit:update"
    ORIGIN_READ = "tenancy:web_origin:read"
    ORIGIN_CREATE = "tenancy:web_origin:create"
    ORIGIN_DELETE = "tenancy:web_origin:delete"
    SUPPORT_READ = "tenancy:support:read"
    SUPPORT_MANAGE = "tenancy:support:manage"
    """To let the server's operator in for a while, and to show them out."""


class TenancyAction(StrEnum):
    """What the audit log calls a change here."""

    ORGANIZATION_CREATED = "tenancy:organization:created"
    ORGANIZATION_UPDATED = "tenancy:organization:updated"
    MEMBER_ADDED = "tenancy:member:added"
    MEMBER_ROLE_CHANGED = "tenancy:member:role_changed"
    MEMBER_REMOVED = "tenancy:member:removed"
    MEMBER_SUSPENDED = "tenancy:member:suspended"
    MEMBER_REACTIVATED = "tenancy:member:reactivated"
    MEMBER_JOINED = "tenancy:member:joined"
    MEMBER_LEFT = "tenancy:member:left"
    MEMBER_OFFBOARDED = "tenancy:member:offboarded"
    OWNERSHIP_TRANSFERRED = "tenancy:ownership:transferred"
    ORGANIZATION_SUSPENDED = "tenancy:organization:suspended"
    ORGANIZATION_RESUMED = "tenancy:organization:resumed"
    ORGANIZATION_DELETION_REQUESTED = "tenancy:organization:deletion_requested"
    ORGANIZATION_RESTORED = "tenancy:organization:restored"
    ORGANIZATION_PURGED = "tenancy:organization:purged"
    INVITATION_CREATED = "tenancy:invitation:created"
    INVITATION_RESENT = "tenancy:invitation:resent"
    INVITATION_REVOKED = "tenancy:invitation:revoked"
    INVITATION_ACCEPTED = "tenancy:invitation:accepted"
    TEAM_CREATED = "tenancy:team:created"
    TEAM_UPDATED = "tenancy:team:updated"
    TEAM_DELETED = "tenancy:team:deleted"
    TEAM_MEMBER_ADDED = "tenancy:team_member:added"
    TEAM_MEMBER_REMOVED = "tenancy:team_member:removed"
    DOMAIN_ADDED = "tenancy:domain:added"
    DOMAIN_VERIFIED = "tenancy:domain:verified"
    DOMAIN_UPDATED = "tenancy:domain:updated"
    DOMAIN_REMOVED = "tenancy:domain:removed"
    RATE_LIMIT_CHANGED = "tenancy:rate_limit:changed"
    ORIGIN_ADDED = "tenancy:web_origin:added"
    ORIGIN_REMOVED = "tenancy:web_origin:removed"
    SUPPORT_GRANTED = "tenancy:support_grant:created"
    SUPPORT_REVOKED = "tenancy:support_grant:revoked"
    SUPPORT_VISIT_OPENED = "tenancy:support_visit:opened"
    SUPPORT_VISIT_ENTERED = "tenancy:support_visit:entered"
    SUPPORT_VISIT_ENDED = "tenancy:support_visit:ended"


_ALL = frozenset(TenancyPermission)
_OWNERS = frozenset(
    {TenancyPermission.ORGANIZATION_DELETE, TenancyPermission.OWNERSHIP_UPDATE, TenancyPermission.MAIL_READ}
)
_READ = frozenset({TenancyPermission.MEMBER_READ, TenancyPermission.TEAM_READ})

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL - _OWNERS,
    "editor": _READ,
    "member": _READ,
    "viewer": _READ,
    "billing": _READ,
    "auditor": _READ
    | {TenancyPermission.SUPPORT_READ, TenancyPermission.RATE_LIMIT_READ, TenancyPermission.ORIGIN_READ},
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset(
    {
        TenancyPermission.ORGANIZATION_UPDATE,
        TenancyPermission.MEMBER_READ,
        TenancyPermission.INVITATION_READ,
        TenancyPermission.TEAM_READ,
        TenancyPermission.DOMAIN_READ,
        TenancyPermission.RATE_LIMIT_READ,
        TenancyPermission.ORIGIN_READ,
    }
)
"""Nobody is let in or taken out by them, and no access of their own prolonged."""
