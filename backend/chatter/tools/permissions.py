"""Who may do what with tools and with the notes that one of them keeps. That a note is one's own is checked as well."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "ToolAction", "ToolPermission"]


class ToolPermission(StrEnum):
    """domain:resource:action"""

    READ = "tools:tool:read"
    DECIDE = "tools:call:decide"
    NOTE_READ = "tools:note:read"
    NOTE_CREATE = "tools:note:create"
    NOTE_DELETE = "tools:note:delete"


class ToolAction(StrEnum):
    """What the audit log calls it."""

    CALL_DECIDED = "tools:call:decided"
    CALL_REFUSED = "tools:call:refused"
    NOTE_SAVED = "tools:note:saved"
    NOTE_DELETED = "tools:note:deleted"
    NOTE_HANDED_OVER = "tools:note:handed_over"


_ALL = frozenset(ToolPermission)
ROLE_PERMISSIONS = {
    **dict.fromkeys(("owner", "admin", "editor", "member"), _ALL),
    "viewer": _ALL - {ToolPermission.NOTE_CREATE},
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({ToolPermission.READ})
"""Notes are a person's own: the operator has none, and sees nobody's."""
