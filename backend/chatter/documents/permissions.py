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
    COLLECTION_CREATE = "documents:collection:create"
    COLLECTION_READ = "documents:collection:read"
    COLLECTION_UPDATE = "documents:collection:update"
    COLLECTION_DELETE = "documents:collection:delete"


class DocumentAction(StrEnum):
    """What the audit log calls a change here."""

    UPLOADED = "documents:document:uploaded"
    RETRIED = "documents:document:retried"
    HANDED_OVER = "documents:document:handed_over"
    DELETED = "documents:document:deleted"
    UPDATED = "documents:document:updated"
    MOVED = "documents:document:moved"
    COLLECTION_CREATED = "documents:collection:created"
    COLLECTION_UPDATED = "documents:collection:updated"
    COLLECTION_DELETED = "documents:collection:deleted"
    COLLECTION_HANDED_OVER = "documents:collection:handed_over"


_ALL = frozenset(DocumentPermission)
_READ = frozenset({DocumentPermission.READ, DocumentPermission.SEARCH, DocumentPermission.COLLECTION_READ})
_COLLECT = frozenset(
    {
        DocumentPermission.COLLECTION_CREATE,
        DocumentPermission.COLLECTION_UPDATE,
        DocumentPermission.COLLECTION_DELETE,
    }
)

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _ALL - {DocumentPermission.ADMINISTER},
    "member": _READ | _COLLECT | {DocumentPermission.CREATE, DocumentPermission.UPDATE},
    "viewer": _READ,
    "auditor": frozenset({DocumentPermission.READ, DocumentPermission.COLLECTION_READ}),
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({DocumentPermission.READ, DocumentPermission.SEARCH})
"""They own nothing, so they add nothing; what is not open to all stays hidden."""
