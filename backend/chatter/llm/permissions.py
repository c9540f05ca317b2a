"""What may be done with models and their providers."""

from enum import StrEnum

__all__ = ["OPERATOR_PERMISSIONS", "ROLE_PERMISSIONS", "LlmAction", "LlmPermission"]


class LlmPermission(StrEnum):
    """`domain:resource:action`."""

    PROVIDER_READ = "llm:provider:read"
    PROVIDER_CREATE = "llm:provider:create"
    PROVIDER_UPDATE = "llm:provider:update"
    PROVIDER_DELETE = "llm:provider:delete"
    MODEL_READ = "llm:model:read"
    MODEL_UPDATE = "llm:model:update"


class LlmAction(StrEnum):
    """What the audit log calls a change here."""

    PROVIDER_CREATED = "llm:provider:created"
    PROVIDER_UPDATED = "llm:provider:updated"
    PROVIDER_DELETED = "llm:provider:deleted"
    PROVIDER_TESTED = "llm:provider:tested"
    OFFER_ACCEPTED = "llm:offer:accepted"
    MODEL_ADDED = "llm:model:added"
    MODEL_UPDATED = "llm:model:updated"
    PRICE_SET = "llm:price:set"
    FALLBACKS_CHANGED = "llm:fallbacks:changed"
    AUDIENCE_CHANGED = "llm:audience:changed"
    DEFAULT_CHANGED = "llm:default_model:changed"


_ALL = frozenset(LlmPermission)
_CHOOSE = frozenset({LlmPermission.MODEL_READ})
_LOOK = frozenset({LlmPermission.MODEL_READ, LlmPermission.PROVIDER_READ})

ROLE_PERMISSIONS = {
    "owner": _ALL,
    "admin": _ALL,
    "editor": _CHOOSE,
    "member": _CHOOSE,
    "viewer": _CHOOSE,
    "billing": _CHOOSE,
    "auditor": _LOOK,
}
OPERATOR_PERMISSIONS: frozenset[StrEnum] = frozenset(
    {LlmPermission.PROVIDER_READ, LlmPermission.MODEL_READ, LlmPermission.MODEL_UPDATE}
)
"""An address is not theirs to change: the key would follow it there."""
