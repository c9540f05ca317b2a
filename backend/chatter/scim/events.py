"""What other domains may hear of directories."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "ScimGroupCreated",
    "ScimGroupDeleted",
    "ScimGroupRolesChanged",
    "ScimGroupUpdated",
    "ScimTokenCreated",
    "ScimTokenRevoked",
    "ScimUserCreated",
    "ScimUserDeleted",
    "ScimUserUpdated",
]


class ScimTokenCreated(Event):
    name: ClassVar[str] = "scim.token.created"
    token_id: UUID


class ScimTokenRevoked(Event):
    name: ClassVar[str] = "scim.token.revoked"
    token_id: UUID


class ScimUserCreated(Event):
    name: ClassVar[str] = "scim.user.created"
    entry_id: UUID


class ScimUserUpdated(Event):
    name: ClassVar[str] = "scim.user.updated"
    entry_id: UUID


class ScimUserDeleted(Event):
    name: ClassVar[str] = "scim.user.deleted"
    entry_id: UUID


class ScimGroupCreated(Event):
    name: ClassVar[str] = "scim.group.created"
    group_id: UUID


class ScimGroupUpdated(Event):
    name: ClassVar[str] = "scim.group.updated"
    group_id: UUID


class ScimGroupDeleted(Event):
    name: ClassVar[str] = "scim.group.deleted"
    group_id: UUID


class ScimGroupRolesChanged(Event):
    name: ClassVar[str] = "scim.group_roles.changed"
    groups: int
    """How many stand for a role now."""
