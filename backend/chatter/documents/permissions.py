"""Who may do what with documents."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "DocumentAction", "DocumentPermission"]


class DocumentPermission(StrEnum):
    """`domain:resource:action`."""

    CREATE = "documents:document:create"
    READ = "documents:document:read"
    UPDATE = "documents:document:update"
    DELETE = "documents:document:delete"
    ADMINISTER = "documents:document:administer"
    """To share any document, also one that is hidden from oneself; reading it takes a grant, which is audited."""
    SEARCH = "documents:search:read"


class DocumentAction(StrEnum):
    """What the audit log calls a change here."""

    UPLOADED = "documents:document:uploaded"
    RETRIED = "documents:document:retried"
    HANDED_OVER = "documents:document:handed_over"
    DELETED = "documents:document:deleted"
    UPDATED = "documents:document:updated"


_ALL = frozenset(DocumentPermission)
_READ = frozenset({DocumentPermission.READ, DocumentPermission.SEARCH})

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _ALL - {DocumentPermission.ADMINISTER},
    "member": _READ | {DocumentPermission.CREATE, DocumentPermission.UPDATE},
    "viewer": _READ,
    "auditor": frozenset({DocumentPermission.READ}),
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({DocumentPermission.READ, DocumentPermission.SEARCH})
"""They own nothing, so they add nothing; what is not open to all stays hidden."""
