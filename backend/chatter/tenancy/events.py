"""What other domains may hear about organisations."""

from typing import ClassVar
from uuid import UUID

from chatter.kit.events import Event

__all__ = ["MemberAdded", "MemberRemoved", "MemberRoleChanged", "OrganizationCreated", "OrganizationUpdated"]


class OrganizationCreated(Event):
    name: ClassVar[str] = "tenancy.organization.created"
    organization_id: UUID


class OrganizationUpdated(Event):
    name: ClassVar[str] = "tenancy.organization.updated"
    organization_id: UUID


class MemberAdded(Event):
    name: ClassVar[str] = "tenancy.member.added"
    user_id: UUID
    role: str


class MemberRoleChanged(Event):
    name: ClassVar[str] = "tenancy.member.role_changed"
    user_id: UUID
    role: str


class MemberRemoved(Event):
    name: ClassVar[str] = "tenancy.member.removed"
    user_id: UUID
