"""The connection of a directory, as the API shows it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from chatter.kit.schema import Schema
from chatter.tenancy.schemas import Role

__all__ = [
    "ScimGroupRole",
    "ScimGroupRoleChoice",
    "ScimGroupRoleList",
    "ScimGroupRoles",
    "ScimRequest",
    "ScimRequestList",
    "ScimSetup",
    "ScimToken",
    "ScimTokenCreate",
    "ScimTokenCreated",
    "ScimTokenList",
]

GivenRole = Annotated[
    str,
    Meta(
        max_length=43,
        pattern=r"^(admin|editor|member|viewer|billing|auditor"
        r"|custom:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
        examples=["editor"],
    ),
]
TokenName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S", examples=["Entra ID"])]


class ScimSetup(Schema):
    """What an administrator types into their directory, and how far it has come."""

    base_url: Annotated[str, Meta(examples=["https://chatter.example.test/scim/v2"])]
    verified_domains: Annotated[list[str], Meta(examples=[["acme.test"]])]
    """Addresses in these domains become members; a directory can bring nobody else."""
    users: Annotated[int, Meta(description="Users that the directory keeps here.", examples=[120])]
    members: Annotated[int, Meta(description="Those of them who are members now.", examples=[118])]
    groups: Annotated[int, Meta(examples=[9])]


class ScimGroupRole(Schema):
    """A group of the directory, and the role that it stands for, if any."""

    group_id: UUID
    group_name: Annotated[str, Meta(examples=["Legal"])]
    members: Annotated[int, Meta(description="Users of the directory in it.", examples=[12])]
    role: Role | None


class ScimGroupRoleList(Schema):
    """Every group; those that stand for a role first, in the order in which they decide."""

    items: list[ScimGroupRole]


class ScimGroupRoleChoice(Schema):
    """A group, and a role that it is to stand for: not an owner's."""

    group_id: UUID
    role: GivenRole


class ScimGroupRoles(Schema):
    """All groups that are to stand for a role: the first that holds somebody decides."""

    items: Annotated[list[ScimGroupRoleChoice], Meta(max_length=100, examples=[[]])]


class ScimToken(Schema):
    """A token, without its secret. `hint` is how it ends."""

    id: UUID
    name: TokenName
    hint: Annotated[str, Meta(examples=["x9Qa"])]
    state: Literal["active", "expired", "revoked"]
    role: Annotated[Role, Meta(description="Of whoever made it: it gives no role that holds more.")]
    default_role: Annotated[Role, Meta(description="What a new person gets whose role the directory does not name.")]
    created_by: UUID
    created_by_name: Annotated[str, Meta(description="Empty when they have left.", examples=["Dana Reyes"])]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: Annotated[datetime | None, Meta(description="To the minute.")]


class ScimTokenList(Schema):
    """The organisation's tokens, the newest first."""

    items: list[ScimToken]


class ScimTokenCreate(Schema):
    """A name to tell it apart by, the role of newcomers, and perhaps the moment when it stops to work."""

    name: TokenName
    default_role: Role = "member"
    expires_at: Annotated[datetime | None, Meta(examples=["2031-01-31T09:30:00Z"])] = None


class ScimTokenCreated(Schema):
    """The new token. `secret` is shown this once: we keep only its hash."""

    token: ScimToken
    secret: Annotated[str, Meta(examples=["chatter_scim_019a1b2c3d4e7f508a1b2c3d4e5f6071_cvcXcJWk…"])]


class ScimRequest(Schema):
    """What a directory asked for, and what came of it."""

    id: UUID
    token_id: UUID
    token_name: Annotated[str, Meta(examples=["Entra ID"])]
    at: datetime
    method: Annotated[str, Meta(examples=["PATCH"])]
    path: Annotated[str, Meta(examples=["/Users/019a1b2c-3d4e-7f50-8a1b-2c3d4e5f6071"])]
    status: Annotated[int, Meta(examples=[200])]
    detail: Annotated[str | None, Meta(description="Why it was refused; null when it was not.")]


class ScimRequestList(Schema):
    """The last requests, the newest first."""

    items: list[ScimRequest]
