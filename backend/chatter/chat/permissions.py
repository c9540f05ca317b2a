"""Who may do what with conversations. That a conversation is one's own is checked as well."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "ChatAction", "ChatPermission"]


class ChatPermission(StrEnum):
    """domain:resource:action"""

    READ = "chat:conversation:read"
    READ_ANY = "chat:conversation:read_any"
    """Means nothing until the organisation's policy lets administrators read conversations."""
    CREATE = "chat:conversation:create"
    UPDATE = "chat:conversation:update"
    DELETE = "chat:conversation:delete"
    ASK = "chat:turn:create"


class ChatAction(StrEnum):
    """What the audit log calls it."""

    CONVERSATION_CREATED = "chat:conversation:created"
    CONVERSATION_UPDATED = "chat:conversation:updated"
    CONVERSATION_DELETED = "chat:conversation:deleted"
    CONVERSATION_HANDED_OVER = "chat:conversation:handed_over"
    CONVERSATION_READ = "chat:conversation:read_by_administrator"
    CONVERSATIONS_LISTED = "chat:conversation:listed_by_administrator"
    TURN_OPENED = "chat:turn:opened"
    TURN_BRANCHED = "chat:turn:branched"
    TURN_STEERED = "chat:turn:steered"
    MESSAGE_QUEUED = "chat:queue:added"
    QUEUED_UPDATED = "chat:queue:updated"
    QUEUED_REMOVED = "chat:queue:removed"
    QUEUE_RESUMED = "chat:queue:resumed"


_ALL = frozenset(ChatPermission)
ROLE_PERMISSIONS = {
    **dict.fromkeys(("owner", "admin"), _ALL),
    **dict.fromkeys(("editor", "member", "viewer"), _ALL - {ChatPermission.READ_ANY}),
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset({ChatPermission.READ, ChatPermission.READ_ANY})
"""They begin no conversation; others' only as the organisation lets its administrators read them."""
