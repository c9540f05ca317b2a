"""Who may do what with documents."""

from enum import StrEnum

__all__ = ["ROLE_PERMISSIONS", "DocumentAction", "DocumentPermission"]


class DocumentPermission(StrEnum):
    """`domain:resource:action`."""

    CREATE = "documents:document:create"
    READ = "documents:document:read"
    DELETE = "documents:document:delete"
    SEARCH = "documents:search:read"


class DocumentAction(StrEnum):
    """What the audit log calls a change here."""

    UPLOADED = "documents:document:uploaded"
    RETRIED = "documents:document:retried"
    HANDED_OVER = "documents:document:handed_over"
    DELETED = "documents:document:deleted"


_ALL = frozenset(DocumentPermission)
_READ = frozenset({DocumentPermission.READ, DocumentPermission.SEARCH})

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _ALL,
    "member": _READ | {DocumentPermission.CREATE},
    "viewer": _READ,
    "auditor": frozenset({DocumentPermission.READ}),
}
