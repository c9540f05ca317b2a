"""What may be done with the audit log."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "AuditAction", "AuditPermission"]


class AuditPermission(StrEnum):
    """`domain:resource:action`."""

    EVENT_READ = "audit:event:read"
    SINK_READ = "audit:sink:read"
    SINK_UPDATE = "audit:sink:update"


class AuditAction(StrEnum):
    """What the audit log calls a change here."""

    EXPORTED = "audit:event:exported"
    ERASED = "audit:event:erased"
    READ_BY_OPERATOR = "audit:operator:read"
    """The server's operator looked at something during a visit."""
    SINK_SET = "audit:sink:set"
    SINK_REMOVED = "audit:sink:removed"
    SINK_TESTED = "audit:sink:tested"
    SINK_PAUSED = "audit:sink:paused"
    SINK_RESUMED = "audit:sink:resumed"


_ALL = frozenset(AuditPermission)
_READ = frozenset({AuditPermission.EVENT_READ, AuditPermission.SINK_READ})

_NONE: frozenset[AuditPermission] = frozenset()

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _NONE,
    "member": _NONE,
    "viewer": _NONE,
    "billing": _NONE,
    "auditor": _READ,
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({AuditPermission.EVENT_READ, AuditPermission.SINK_READ})
"""Not to change where the log is sent."""
