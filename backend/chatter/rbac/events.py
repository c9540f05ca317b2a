"""What other domains may hear about roles and grants."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = [
    "GrantCreated",
    "GrantDeleted",
    "GrantUpdated",
    "PolicyUpdated",
    "RoleCreated",
    "RoleDeleted",
    "RoleUpdated",
]


class RoleCreated(Event):
    name: ClassVar[str] = "rbac.role.created"
    role_id: UUID


class RoleUpdated(Event):
    name: ClassVar[str] = "rbac.role.updated"
    role_id: UUID


class RoleDeleted(Event):
    name: ClassVar[str] = "rbac.role.deleted"
    role_id: UUID


class GrantCreated(Event):
    name: ClassVar[str] = "rbac.grant.created"
    grant_id: UUID
    resource_kind: str
    resource_id: UUID


class GrantUpdated(Event):
    name: ClassVar[str] = "rbac.grant.updated"
    grant_id: UUID
    resource_kind: str
    resource_id: UUID


class GrantDeleted(Event):
    name: ClassVar[str] = "rbac.grant.deleted"
    grant_id: UUID
    resource_kind: str
    resource_id: UUID


class PolicyUpdated(Event):
    name: ClassVar[str] = "rbac.policy.updated"
