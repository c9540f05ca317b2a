"""Who may do what with runs. That a run is one's own is checked as well."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "RunAction", "RunPermission"]


class RunPermission(StrEnum):
    """domain:resource:action"""

    READ = "runs:run:read"
    CANCEL = "runs:run:cancel"
    RETENTION_READ = "runs:retention:read"
    RETENTION_UPDATE = "runs:retention:update"


class RunAction(StrEnum):
    """What the audit log calls it."""

    CANCEL_REQUESTED = "runs:run:cancel_requested"
    RETENTION_UPDATED = "runs:retention:updated"


_ALL = frozenset(RunPermission)
_OWN = frozenset({RunPermission.READ, RunPermission.CANCEL})
ROLE_PERMISSIONS = dict.fromkeys(("owner", "admin"), _ALL) | dict.fromkeys(("editor", "member", "viewer"), _OWN)
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({RunPermission.READ, RunPermission.RETENTION_READ})
