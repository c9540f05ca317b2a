"""Roles, grants and explanations, as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chatter.kit.schema import Schema

__all__ = [
    "Explanation",
    "Grant",
    "GrantContainer",
    "GrantCreate",
    "GrantList",
    "GrantUpdate",
    "Permission",
    "PermissionList",
    "Person",
    "Policy",
    "Reason",
    "Role",
    "RoleCreate",
    "RoleList",
    "RoleUpdate",
    "Service",
    "SharedList",
    "SharedThing",
    "Subjects",
    "Team",
]

RoleName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S", examples=["Support"])]
PermissionName = Annotated[str, Meta(max_length=100, examples=["documents:document:read"])]
Permissions = Annotated[list[PermissionName], Meta(max_length=500)]
Description = Annotated[str, Meta(max_length=300, examples=["Answers customers"])]
KindName = Annotated[str, Meta(max_length=40, examples=["document"])]
SubjectKind = Literal["user", "team", "everyone"]
LevelName = Literal["view", "edit", "manage"]


class Permission(Schema):
    """Something that a role may allow: `domain:resource:action`."""

    name: PermissionName
    domain: Annotated[str, Meta(examples=["documents"])]
    resource: Annotated[str, Meta(examples=["document"])]
    action: Annotated[str, Meta(examples=["read"])]
    held: Annotated[bool, Meta(description="Whether you hold it, and so may put it into a role.")]


class PermissionList(Schema):
    """All that can be permitted, domain by domain."""

    items: list[Permission]


class Role(Schema):
    """A role. `key` is what a membership names; `id` is null for built-in roles, which can't be changed."""

    key: Annotated[str, Meta(examples=["custom:019a1b2c-3d4e-7f50-8a1b-2c3d4e5f6071"])]
    id: UUID | None
    name: RoleName
    description: Description
    permissions: Permissions
    members: Annotated[int, Meta(description="How many members have it.", examples=[3])]


class RoleList(Schema):
    """The built-in roles, then the organisation's own by name."""

    items: list[Role]


class RoleCreate(Schema):
    """A new role, of permissions that you hold yourself."""

    name: RoleName
    permissions: Permissions
    description: Description = ""


class RoleUpdate(Schema):
    """What to change of a role; what is left out stays. You can add what you hold, and take anything away."""

    name: RoleName | UnsetType = UNSET
    permissions: Permissions | UnsetType = UNSET
    description: Description | UnsetType = UNSET


class GrantCreate(Schema):
    """Access for somebody to one thing. `subject_id` is left out for everyone; a `user` may be a service account."""

    resource_kind: KindName
    resource_id: UUID
    subject_kind: SubjectKind
    level: LevelName
    subject_id: UUID | None = None
    expires_at: datetime | None = None


class GrantUpdate(Schema):
    """What to change of a grant; `expires_at: null` lets it last."""

    level: LevelName | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class Grant(Schema):
    """That somebody has access to one thing."""

    id: UUID
    resource_kind: KindName
    resource_id: UUID
    subject_kind: SubjectKind
    subject_id: UUID | None
    subject_name: Annotated[str, Meta(examples=["Bo Lind"])]
    subject_is_service: Annotated[bool, Meta(description="Whether the `user` is a service account.")]
    level: LevelName
    expires_at: datetime | None
    granted_by: UUID
    granted_by_name: Annotated[str, Meta(description="Empty when they have left.", examples=["Dana Reyes"])]
    created_at: datetime


class GrantContainer(Schema):
    """What a thing is in. What is granted on it holds for the thing too; when restricted, it restricts the thing."""

    resource_kind: KindName
    resource_id: Annotated[UUID | None, Meta(description="null when you don't see it.")]
    name: Annotated[str, Meta(description="Empty when you don't see it.", examples=["Staff"])]
    open_to_all: bool


class GrantList(Schema):
    """Who has access to one thing, beside its owner."""

    items: list[Grant]
    owner_id: UUID
    owner_name: Annotated[str, Meta(description="Empty when they have left.", examples=["Dana Reyes"])]
    open_to_all: Annotated[bool, Meta(description="Whether everybody in the organisation may view it anyway.")]
    container: Annotated[GrantContainer | None, Meta(description="null when it is in nothing.")]
    level: Annotated[LevelName | None, Meta(description="Your own access; null for who only administers it.")]


class SharedThing(Schema):
    """Something of somebody else's that was shared with you, a team of yours or everyone."""

    resource_kind: KindName
    resource_id: UUID
    name: str
    href: Annotated[str, Meta(description="Its page in the dashboard.", examples=["/documents/…"])]
    level: LevelName
    via: SubjectKind
    granted_by_name: str
    expires_at: datetime | None
    created_at: datetime


class SharedList(Schema):
    """The newest first, two hundred at most."""

    items: list[SharedThing]


class Person(Schema):
    """A member, to share with."""

    id: UUID
    name: str
    email: str


class Service(Schema):
    """A service account, to share with as with a person: its grants have the subject kind `user`."""

    id: UUID
    name: str


class Team(Schema):
    """A team, to share with."""

    id: UUID
    name: str


class Subjects(Schema):
    """Whom one can share with."""

    people: list[Person]
    service_accounts: list[Service]
    teams: list[Team]


class Reason(Schema):
    """One thing that gives, or would give, access."""

    kind: Literal["role", "owner", "organization", "user", "team", "everyone", "policy"]
    text: Annotated[str, Meta(examples=["Through a grant to the team Support, given by Dana Reyes."])]
    decides: Annotated[bool, Meta(description="Whether it alone would be enough, together with the role.")]
    level: LevelName | None = None
    since: datetime | None = None
    until: datetime | None = None
    grant_id: UUID | None = None


class Explanation(Schema):
    """Whether somebody may do something, and why, or why not."""

    allowed: bool
    user_id: UUID
    user_name: str
    role: Annotated[str, Meta(examples=["member"])]
    role_name: Annotated[str, Meta(examples=["Member"])]
    permission: PermissionName | None
    resource_kind: KindName | None
    resource_id: UUID | None
    level: Annotated[LevelName | None, Meta(description="How far the access to the thing goes.")]
    reasons: list[Reason]


class Policy(Schema):
    """What the organisation has decided about its administrators."""

    admins_read_conversations: Annotated[
        bool,
        Meta(
            description="Whether who holds chat:conversation:read_any may read others' conversations. Each such read "
            "is audited and shown to the conversation's owner."
        ),
    ] = msgspec.field(default=False)
