"""Who may do what with runs. That a run is one's own is checked as well."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "RunAction", "RunPermission"]


class RunPermission(StrEnum):
    """domain:resource:action"""

    READ = "runs:run:read"
    CANCEL = "runs:run:cancel"


class RunAction(StrEnum):
    """What the audit log calls it."""

    CANCEL_REQUESTED = "runs:run:cancel_requested"


_ALL = frozenset(RunPermission)
ROLE_PERMISSIONS = dict.fromkeys(("owner", "admin", "editor", "member", "viewer"), _ALL)
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({RunPermission.READ})
