"""Why somebody can, or can't, do something: through which role, ownership, visibility or grant, since when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.errors import Invalid, NotFound
from chatter.kit.principal import Principal
from chatter.kit.resources import Container, Level, Resource, Usability, UsableKind, Way
from chatter.rbac.access import level_of
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.errors import UnknownPermission
from chatter.rbac.repository import GrantRows, role_names
from chatter.rbac.schemas import Explanation, Grant, Reason

__all__ = ["ExplanationService", "Question"]

_MEMBER = text("select name, role, created_at from members_of_bound_tenant() where user_id = :user")


@dataclass(frozen=True, kw_only=True)
class Question:
    """Who, and what: a permission, a thing, or both."""

    user_id: UUID
    permission: str | None
    resource_kind: str | None
    resource_id: UUID | None
    level: Level


@dataclass(frozen=True, slots=True)
class _Member:
    user_id: UUID
    name: str
    role: str
    role_name: str
    since: datetime


class ExplanationService:
    """Answers for one principal, from the same rows and functions that decide."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer

    async def explain(self, question: Question) -> Explanation:
        """Raise NotFound for a person or a thing that is not there, Invalid for a question about nothing."""
        self._require_sense(question)
        member = await self._member(question.user_id)
        reasons: list[Reason] = []
        allowed, level = True, None
        if question.permission is not None:
            reason = await self._by_role(member, question.permission)
            reasons.append(reason)
            allowed = reason.decides
        if question.resource_kind is not None and question.resource_id is not None:
            kind, resource_id = question.resource_kind, question.resource_id
            suffices, level, found = await self._by_resource(member, question, kind, resource_id)
            reasons += found
            allowed = allowed and suffices
        return Explanation(
            allowed=allowed,
            user_id=member.user_id,
            user_name=member.name,
            role=member.role,
            role_name=member.role_name,
            permission=question.permission,
            resource_kind=question.resource_kind,
            resource_id=question.resource_id,
            level=level.value if level else None,
            reasons=reasons,
        )

    def _require_sense(self, question: Question) -> None:
        if (question.resource_kind is None) != (question.resource_id is None):
            raise Invalid("A thing is named by its kind and its id.", remedy="Give both or neither.")
        if question.permission is None and question.resource_kind is None:
            raise Invalid("There is nothing to explain.", remedy="Name a permission, a thing, or both.")
        if question.permission is not None and question.permission not in self._authorizer.catalogue.permissions:
            raise UnknownPermission(
                f"No domain knows {question.permission}.", remedy="Take one from the list of permissions."
            )

    async def _member(self, user_id: UUID) -> _Member:
        row = (await self._session.execute(_MEMBER, {"user": user_id})).one_or_none()
        if row is None:
            raise NotFound
        names = await role_names(self._session, tenant_id=self._principal.tenant_id)
        return _Member(user_id, row.name, row.role, names.get(row.role, row.role.capitalize()), row.created_at)

    async def _by_role(self, member: _Member, permission: str) -> Reason:
        held = permission in await self._authorizer.permissions_of_role(self._principal, member.role)
        verb = "holds" if held else "does not hold"
        return Reason(
            kind="role",
            text=f"{member.name} has the role {member.role_name}, which {verb} {permission}.",
            decides=held,
            since=member.since,
        )

    async def _by_resource(
        self, member: _Member, question: Question, kind: str, resource_id: UUID
    ) -> tuple[bool, Level | None, list[Reason]]:
        """Whether it is enough, how far it goes for what has levels, and why."""
        usable = self._authorizer.catalogue.usables.get(kind)
        if usable is None:
            level, reasons = await self._by_thing(member, question, kind, resource_id)
            return level is not None and level.rank >= question.level.rank, level, reasons
        used = await self._by_use(member, usable, resource_id)
        return used.allowed, None, [_of_way(way) for way in used.ways]

    async def _by_use(self, member: _Member, kind: UsableKind, resource_id: UUID) -> Usability:
        found = await kind.explain(self._session, self._principal.tenant_id, member.user_id, resource_id)
        if found is None:
            raise NotFound
        return found

    async def _by_thing(
        self, member: _Member, question: Question, kind_name: str, resource_id: UUID
    ) -> tuple[Level | None, list[Reason]]:
        kind = self._authorizer.catalogue.kind(kind_name)
        tenant_id = self._principal.tenant_id
        level = await level_of(self._session, kind, resource_id, tenant_id=tenant_id, user_id=member.user_id)
        thing = (await kind.describe(self._session, [resource_id]))[resource_id]
        container = await kind.parent(self._session, resource_id) if kind.parent is not None else None
        around = await self._describe(container) if container is not None else None
        rows = GrantRows(self._session, tenant_id=tenant_id)
        grants = await rows.through_which(member.user_id, kind_name, resource_id)
        reasons = _of_the_thing(member, thing, around, wanted=question.level)
        reasons += [_of_grant(grant, wanted=question.level) for grant in grants]
        if container is not None and around is not None:
            handed_down = await rows.through_which(member.user_id, container.kind.name, container.id)
            reasons += [_of_grant(grant, wanted=question.level, around=around) for grant in handed_down]
        if level is None:
            reasons.append(Reason(kind="organization", text=_nothing(thing, around), decides=False))
        return level, reasons

    async def _describe(self, container: Container) -> Resource:
        return (await container.kind.describe(self._session, [container.id]))[container.id]


def _of_the_thing(member: _Member, thing: Resource, around: Resource | None, *, wanted: Level) -> list[Reason]:
    if thing.owner_id == member.user_id:
        return [Reason(kind="owner", text=f"It belongs to {member.name}.", decides=True, level="manage")]
    if around is not None and around.owner_id == member.user_id:
        text_ = f"It is in “{around.name}”, which belongs to {member.name}."
        return [Reason(kind="owner", text=text_, decides=True, level="manage")]
    if thing.open_to_all and (around is None or around.open_to_all):
        text_ = "Everybody in the organization may view it."
        return [Reason(kind="organization", text=text_, decides=wanted is Level.VIEW, level="view")]
    return []


def _nothing(thing: Resource, around: Resource | None) -> str:
    if thing.open_to_all and around is not None:
        return f"It is in “{around.name}”, which is restricted, and nobody has shared either with them."
    return "It is not theirs, and nobody has shared it with them."


def _of_way(way: Way) -> Reason:
    return Reason(kind=way.kind, text=way.text, decides=way.opens, since=way.since)


def _of_grant(grant: Grant, *, wanted: Level, around: Resource | None = None) -> Reason:
    through = f"Through “{around.name}”, which it is in: a grant" if around is not None else "Through a grant"
    whom = {"user": "to them", "team": f"to the team {grant.subject_name}", "everyone": "to everyone"}
    by = f", given by {grant.granted_by_name}" if grant.granted_by_name else ""
    return Reason(
        kind=grant.subject_kind,
        text=f"{through} {whom[grant.subject_kind]}{by}: {grant.level}.",
        decides=Level(grant.level).rank >= wanted.rank,
        level=grant.level,
        since=grant.created_at,
        until=grant.expires_at,
        grant_id=grant.id,
    )
