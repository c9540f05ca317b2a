"""Where users and groups are kept, and what SCIM shows of a row."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from scim2_models import PreconditionFailedException
from sqlalchemy import DateTime, Select, Text, Uuid, and_, case, cast, column, literal, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.scim.filters import Entries, Shape
from chatter.scim.models import ScimGroup, ScimGroupMember, ScimUser
from chatter.scim.resources import POLICY, DirectoryUser, Group

__all__ = ["GROUPS", "USERS", "Keeping", "Kept", "groups_of", "members_of", "shown_group", "shown_user"]

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_MEMBER = table(
    "membership",
    column("tenant_id", Uuid),
    column("user_id", Uuid),
    column("role", Text),
    column("suspended_at", DateTime(timezone=True)),
)
_TEAM = table("team", column("tenant_id", Uuid), column("id", Uuid), column("name", Text))
_IS_MEMBER = and_(_MEMBER.c.tenant_id == ScimUser.tenant_id, _MEMBER.c.user_id == ScimUser.person_id)
_IS_TEAM = and_(_TEAM.c.tenant_id == ScimGroup.tenant_id, _TEAM.c.id == ScimGroup.team_id)
_ACTIVE = case(
    (ScimUser.person_id.is_(None), ScimUser.active),
    else_=and_(_MEMBER.c.user_id.is_not(None), _MEMBER.c.suspended_at.is_(None)),
)
_IN_GROUP = ScimGroupMember.scim_group_id == ScimGroup.id
"""Both are the session's tenant's: it says so of each model that a statement names, within subqueries too."""


@dataclass(frozen=True)
class Keeping:
    """How the resources of a kind are kept: where their attributes are, and the statement that reads them."""

    shape: Shape
    rows: Select[Any]


@dataclass(frozen=True)
class Kept:
    """What a resource and its version are made of."""

    resource: Any
    version: str

    def require(self, if_match: str | None) -> None:
        """Raise PreconditionFailedException unless this is the version that the caller has seen."""
        if if_match is not None and if_match.strip() != "*" and self.version not in _versions(if_match):
            raise PreconditionFailedException(detail="This has changed since you read it: read it again.")

    def is_known(self, if_none_match: str | None) -> bool:
        """Whether the caller has seen this version already."""
        return if_none_match is not None and self.version in _versions(if_none_match)


def _versions(header: str) -> set[str]:
    """The versions that a header names; one that was copied without its mark of weakness is meant as well."""
    named = {part.strip() for part in header.split(",")}
    return named | {f"W/{part}" for part in named if part.startswith('"')}


def _rows_of_groups() -> Select[Any]:
    joined = select(literal(1)).select_from(ScimGroupMember).join(ScimGroup, _IN_GROUP).join(_TEAM, _IS_TEAM)
    return joined.where(ScimGroupMember.scim_user_id == ScimUser.id).correlate(ScimUser)


def _rows_of_members() -> Select[Any]:
    return select(literal(1)).select_from(ScimGroupMember).where(_IN_GROUP).correlate(ScimGroup)


USERS = Keeping(
    shape=Shape(
        model=DirectoryUser,
        columns={
            "id": cast(ScimUser.id, Text),
            "externalId": ScimUser.external_id,
            "userName": ScimUser.user_name_key,
            "active": _ACTIVE,
            "meta.resourceType": literal("User"),
            "meta.created": ScimUser.created_at,
            "meta.lastModified": ScimUser.updated_at,
        },
        lowered=frozenset({"userName"}),
        entries={
            "groups": Entries(
                columns={"value": cast(ScimGroup.id, Text), "display": _TEAM.c.name, "type": literal("direct")},
                rows=_rows_of_groups,
            )
        },
        document=ScimUser.attributes,
    ),
    rows=select(ScimUser, _MEMBER.c.role, _ACTIVE.label("active")).outerjoin(_MEMBER, _IS_MEMBER),
)
GROUPS = Keeping(
    shape=Shape(
        model=Group,
        columns={
            "id": cast(ScimGroup.id, Text),
            "externalId": ScimGroup.external_id,
            "displayName": _TEAM.c.name,
            "meta.resourceType": literal("Group"),
            "meta.created": ScimGroup.created_at,
            "meta.lastModified": ScimGroup.updated_at,
        },
        entries={
            "members": Entries(
                columns={
                    "value": cast(ScimGroupMember.scim_user_id, Text),
                    "display": ScimGroupMember.display,
                    "type": literal("User"),
                },
                rows=_rows_of_members,
            )
        },
    ),
    rows=select(ScimGroup, _TEAM.c.name).join(_TEAM, _IS_TEAM),
)


async def groups_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """The groups of each user, by name."""
    wanted = select(ScimGroupMember.scim_user_id, ScimGroup.id, _TEAM.c.name).select_from(ScimGroupMember)
    wanted = wanted.join(ScimGroup, _IN_GROUP).join(_TEAM, _IS_TEAM).where(ScimGroupMember.scim_user_id.in_(ids))
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for user_id, group_id, name in await session.execute(wanted.order_by(_TEAM.c.name)):
        found.setdefault(user_id, []).append((group_id, name))
    return found


async def members_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, str | None]]]:
    """The members of each group."""
    wanted = select(ScimGroupMember.scim_group_id, ScimGroupMember.scim_user_id, ScimGroupMember.display)
    found: dict[UUID, list[tuple[UUID, str | None]]] = {}
    wanted = wanted.where(ScimGroupMember.scim_group_id.in_(ids)).order_by(ScimGroupMember.scim_user_id)
    for group_id, user_id, display in await session.execute(wanted):
        found.setdefault(group_id, []).append((user_id, display))
    return found


def shown_user(
    row: ScimUser, *, role: str | None, active: bool | None, groups: Iterable[tuple[UUID, str]] | None, base_url: str
) -> Kept:
    """As SCIM shows it; a member's role is the one that they have. Without the groups when nobody asks for them."""
    payload = dict(row.attributes)
    extensions = [name for name in payload if name.startswith("urn:")]
    if role is not None:
        payload["roles"] = [{"value": role, "primary": True}]
    if inside := [_reference(base_url, "Groups", key, display=name, type="direct") for key, name in groups or ()]:
        payload["groups"] = inside
    payload |= {"schemas": [_USER, *extensions], "userName": row.user_name}
    if active is not None:
        payload["active"] = active
    return _kept(DirectoryUser, row, payload, kind="User", base_url=base_url, whole=groups is not None)


def shown_group(row: ScimGroup, *, name: str, members: Iterable[tuple[UUID, str | None]] | None, base_url: str) -> Kept:
    """As SCIM shows it; without the members when nobody asks for them."""
    payload: dict[str, Any] = {"schemas": [_GROUP], "displayName": name}
    if inside := [_reference(base_url, "Users", key, display=called, type="User") for key, called in members or ()]:
        payload["members"] = inside
    return _kept(Group, row, payload, kind="Group", base_url=base_url, whole=members is not None)


def _kept(
    model: Any, row: ScimUser | ScimGroup, payload: dict[str, Any], *, kind: str, base_url: str, whole: bool
) -> Kept:
    """A version is told of what was read as a whole."""
    if row.external_id is not None:
        payload["externalId"] = row.external_id
    payload["id"] = str(row.id)
    version = f'W/"{hashlib.sha256(msgspec.json.encode(payload, order="sorted")).hexdigest()[:20]}"'
    payload["meta"] = {
        "resourceType": kind,
        "created": _moment(row.created_at),
        "lastModified": _moment(row.updated_at),
        "location": f"{base_url}/{kind}s/{row.id}",
        **({"version": version} if whole else {}),
    }
    return Kept(model.model_validate(payload, scim_policy=POLICY), version)


def _reference(base_url: str, endpoint: str, key: UUID, **more: str | None) -> Mapping[str, str]:
    named = {"value": str(key), "$ref": f"{base_url}/{endpoint}/{key}", **more}
    return {name: value for name, value in named.items() if value is not None}


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
