"""Groups of a directory: teams that it names, whose members follow the group's."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from scim2_models import Context, InvalidValueException, PatchOp
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import Conflict, Invalid, NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.rbac.facade import Authorizer
from chatter.scim.entries import GROUPS, Kept, members_of, shown_group
from chatter.scim.errors import GroupNameTaken
from chatter.scim.events import ScimGroupCreated, ScimGroupDeleted, ScimGroupUpdated
from chatter.scim.mapped_roles import MappedRoles
from chatter.scim.models import ScimGroup, ScimGroupMember, ScimToken, ScimUser
from chatter.scim.permissions import ScimAction
from chatter.scim.resources import POLICY, Group
from chatter.scim.tolerance import as_meant
from chatter.tenancy.facade import ProvisionedTeams

__all__ = ["Groups"]

_LONGEST = 254


class GroupState(Schema):
    """What the audit log keeps of a group."""

    display_name: str
    external_id: str | None
    members: int


class Groups:
    """Works in the unit of work that it is given, for one directory."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer, *, base_url: str) -> None:
        self._session = session
        self._principal = principal
        self._teams = ProvisionedTeams(session, principal)
        self._roles = MappedRoles(session, principal, authorizer)
        self._base_url = base_url

    async def one(self, group_id: UUID) -> Kept:
        """Raise NotFound for what is no group of this organisation's directory."""
        return (await self._found(group_id))[1]

    async def create(self, payload: Any) -> Kept:
        """Make a team; raises GroupNameTaken, also for a team that people made by hand."""
        resource = Group.model_validate(payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=POLICY)
        name = _name_of(resource)
        try:
            team_id = await self._teams.create(name)
        except Conflict as error:
            raise _taken(name) from error
        tenant_id = self._principal.tenant_id
        row = ScimGroup(tenant_id=tenant_id, id=new_id(), team_id=team_id, external_id=resource.external_id)
        self._session.add(row)
        await self._session.flush()
        await self._keep_members(row, resource, before=set())
        await self._note(ScimAction.GROUP_CREATED, row.id, after=_state(resource))
        emit(self._session, ScimGroupCreated(group_id=row.id))
        return await self._again(row)

    async def replace(self, group_id: UUID, payload: Any, *, if_match: str | None) -> Kept:
        """As the directory says it now; whom it leaves out is no member any more."""
        resource = Group.model_validate(payload, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=POLICY)
        row, kept = await self._found(group_id, if_match=if_match)
        return await self._change(row, resource, before=kept)

    async def patch(self, group_id: UUID, payload: Any, *, if_match: str | None) -> Kept:
        """Change what the operations name; nothing happens when they change nothing."""
        operations = PatchOp[Group].model_validate(
            as_meant(payload), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
        )
        row, kept = await self._found(group_id, if_match=if_match)
        resource = kept.resource.model_copy(deep=True)
        if not operations.patch(resource, POLICY):
            return kept
        return await self._change(row, resource, before=kept)

    async def delete(self, group_id: UUID, *, if_match: str | None) -> None:
        """Delete the team; its members stay in the organisation."""
        row, kept = await self._found(group_id, if_match=if_match)
        given, persons = await self._roles.given_by(group_id), await self._persons(_members(kept.resource))
        await self._session.execute(delete(ScimGroup).where(ScimGroup.id == group_id))
        await self._teams.delete(row.team_id)
        if given is not None:
            await self._follow_roles(persons.values(), given=given)
        await self._note(ScimAction.GROUP_DELETED, group_id, before=_state(kept.resource))
        emit(self._session, ScimGroupDeleted(group_id=group_id))

    async def _change(self, row: ScimGroup, resource: Group, *, before: Kept) -> Kept:
        name = _name_of(resource)
        if name != before.resource.display_name:
            try:
                await self._teams.rename(row.team_id, name)
            except Conflict as error:
                raise _taken(name) from error
        row.external_id = resource.external_id
        await self._session.flush()
        await self._keep_members(row, resource, before=_members(before.resource))
        await self._note(ScimAction.GROUP_UPDATED, row.id, before=_state(before.resource), after=_state(resource))
        emit(self._session, ScimGroupUpdated(group_id=row.id))
        return await self._again(row)

    async def _keep_members(self, row: ScimGroup, resource: Group, *, before: set[UUID]) -> None:
        """Take out who is in no more, put in who is new; raises InvalidValueException for who is not here."""
        wanted = _members(resource)
        out, into = before - wanted, wanted - before
        if out:
            gone = ScimGroupMember.scim_group_id == row.id, ScimGroupMember.scim_user_id.in_(out)
            await self._session.execute(delete(ScimGroupMember).where(*gone))
            await self._teams.remove(row.team_id, [*(await self._persons(out)).values()])
        if into:
            persons = await self._persons(into)
            if missing := into - persons.keys() - await self._nobodies(into):
                raise InvalidValueException(detail=f"There is no user {min(map(str, missing))} in this directory.")
            self._session.add_all(
                self._membership(row, member) for member in resource.members or () if _id(member) in into
            )
            await self._session.flush()
            await self._teams.add(row.team_id, [*persons.values()])
        if (out or into) and (given := await self._roles.given_by(row.id)):
            await self._follow_roles((await self._persons(out | into)).values(), given=given)

    async def _follow_roles(self, persons: Iterable[UUID], *, given: str) -> None:
        token = await self._session.get_one(ScimToken, (self._principal.tenant_id, self._principal.user_id))
        await self._roles.follow({*persons}, given=given, default=token.default_role)

    def _membership(self, row: ScimGroup, member: Any) -> ScimGroupMember:
        return ScimGroupMember(
            tenant_id=row.tenant_id, scim_group_id=row.id, scim_user_id=_id(member), display=member.display
        )

    async def _persons(self, ids: set[UUID]) -> dict[UUID, UUID]:
        """Who the entries are, of those that are somebody."""
        known = select(ScimUser.id, ScimUser.person_id).where(ScimUser.id.in_(ids), ScimUser.person_id.is_not(None))
        return {key: person for key, person in await self._session.execute(known) if person is not None}

    async def _nobodies(self, ids: set[UUID]) -> set[UUID]:
        known = select(ScimUser.id).where(ScimUser.id.in_(ids), ScimUser.person_id.is_(None))
        return set(await self._session.scalars(known))

    async def _found(self, group_id: UUID, *, if_match: str | None = None) -> tuple[ScimGroup, Kept]:
        wanted = GROUPS.rows.where(ScimGroup.id == group_id).with_for_update(of=ScimGroup)
        found = (await self._session.execute(wanted)).one_or_none()
        if found is None:
            raise NotFound
        row, name = found
        members = (await members_of(self._session, [group_id])).get(group_id, [])
        kept = shown_group(row, name=name, members=members, base_url=self._base_url)
        kept.require(if_match)
        return row, kept

    async def _again(self, row: ScimGroup) -> Kept:
        await self._session.flush()
        await self._session.refresh(row)
        return await self.one(row.id)

    async def _note(
        self, action: ScimAction, group_id: UUID, *, before: GroupState | None = None, after: GroupState | None = None
    ) -> None:
        await record(self._session, self._principal, action, target=group_id, before=before, after=after)


def _name_of(resource: Group) -> str:
    name = (resource.display_name or "").strip()
    if not name or len(name) > _LONGEST or len(resource.external_id or "") > _LONGEST:
        raise Invalid(f"A displayName has 1 to {_LONGEST} characters, and an externalId no more.")
    return name


def _taken(name: str) -> GroupNameTaken:
    return GroupNameTaken(
        f"There is a team “{name}” already that is not this group.", remedy="Rename or delete it in Chatter first."
    )


def _members(resource: Group) -> set[UUID]:
    return {_id(member) for member in resource.members or ()}


def _id(member: Any) -> UUID:
    """Raise InvalidValueException for what is no id of a user here: groups in groups are not kept."""
    named = member.value or (member.ref or "").rpartition("/")[2]
    try:
        return UUID(named)
    except ValueError as error:
        raise InvalidValueException(detail=f"“{named}” is no user of this directory.") from error


def _state(resource: Group) -> GroupState:
    return GroupState(
        display_name=resource.display_name or "",
        external_id=resource.external_id,
        members=len(resource.members or ()),
    )
