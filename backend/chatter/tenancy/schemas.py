"""Organisations and members, as the API shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from chatter.kit.schema import Schema

__all__ = ["Member", "MemberList", "Organization", "OrganizationUpdate", "Role", "RoleChange"]

Role = Annotated[
    str,
    Meta(
        max_length=43,
        pattern=r"^(owner|admin|editor|member|viewer|billing|auditor"
        r"|custom:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
        description="A built-in role, or `custom:` and the id of a role that the organisation made.",
        examples=["member"],
    ),
]
OrganizationName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S", examples=["Acme Inc."])]


class Organization(Schema):
    """An organisation."""

    id: UUID
    name: str
    created_at: datetime


class OrganizationUpdate(Schema):
    """New values for an organisation."""

    name: OrganizationName


class Member(Schema):
    """A person of the organisation."""

    user_id: UUID
    email: str
    name: str
    role: Role
    role_name: Annotated[str, Meta(examples=["Member"])]
    joined_at: datetime


class MemberList(Schema):
    """Everybody in the organisation, in the order in which they joined."""

    items: list[Member]


class RoleChange(Schema):
    """The member's new role."""

    role: Role
