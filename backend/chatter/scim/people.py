"""Who an entry of the directory is: a person, when the organisation vouches for their address; and their membership."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.rbac.facade import BUILT_IN_ROLES, Authorizer, role_names
from chatter.scim.errors import AddressElsewhere, DomainNotOurs, PersonTaken, RoleUnknown, UserNameTaken
from chatter.scim.mapped_roles import MappedRoles
from chatter.scim.models import ScimGroup, ScimGroupMember, ScimToken, ScimUser
from chatter.scim.resources import User
from chatter.tenancy.facade import ProvisionedMemberships, ProvisionedTeams

__all__ = ["People", "address_of", "person_name"]

_PROVISION = text("select * from provision_person(:id, :email, :name)")
_UPDATE = text("select provisioned_person_update(:id, :email, :name)")
_LONGEST_NAME = 100


class People:
    """Works in the unit of work that it is given, for one directory."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        self._session = session
        self._principal = principal
        self._memberships = ProvisionedMemberships(session, principal, authorizer)
        self._teams = ProvisionedTeams(session, principal)
        self._mapped = MappedRoles(session, principal, authorizer)

    async def follow(self, row: ScimUser, resource: User[Any], *, before: User[Any] | None) -> None:
        """Make the membership what the resource says. Its name and address stand in the row already.

        Raise DomainNotOurs, AddressElsewhere, PersonTaken, RoleUnknown, and what a membership's rules say.
        """
        role = await self._role_of(resource)
        if row.person_id is None:
            await self._find(row, resource)
        elif before is not None:
            await self._rename(row, row.person_id, resource, before)
        if row.person_id is not None:
            await self._be_member(row, row.person_id, role=role)

    async def leave(self, row: ScimUser) -> None:
        """End the membership; raises OwnerOnly, LastOwner."""
        if row.person_id is not None and (member := await self._memberships.of(row.person_id)):
            await self._memberships.end(member)

    async def _find(self, row: ScimUser, resource: User[Any]) -> None:
        """Look for the person, or make them, once the entry is active and has an address."""
        address = address_of(resource)
        if address is None or row.active is False:
            return
        values = {"id": new_id(), "email": address, "name": person_name(resource)}
        try:
            found = (await self._session.execute(_PROVISION, values)).one_or_none()
        except IntegrityError as error:
            raise UserNameTaken("This address was taken a moment ago.", remedy="Send the request again.") from error
        if found is None and "@" in row.user_name:
            raise DomainNotOurs(address)
        if found is not None:
            row.person_id, row.made_person = found.person_id, found.made
            await self._store()

    async def _store(self) -> None:
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise PersonTaken(
                "Another user of this directory is the person with this address.", remedy="Change or delete that one."
            ) from error

    async def _rename(self, row: ScimUser, person_id: UUID, resource: User[Any], before: User[Any]) -> None:
        """A person's address follows while they are this organisation's alone, and their name if it came from here."""
        address, name = address_of(resource), person_name(resource)
        email = address if address is not None and address != address_of(before) else None
        called = name if row.made_person and name != person_name(before) else None
        if email is None and called is None:
            return
        if email is not None and (member := await self._memberships.of(person_id)):
            await self._memberships.require_not_above(member)
        values = {"id": person_id, "email": email, "name": called}
        try:
            changed = await self._session.scalar(_UPDATE, values)
        except IntegrityError as error:
            raise UserNameTaken("Somebody has this address already.", remedy="Choose another.") from error
        if not changed and email is not None:
            raise AddressElsewhere

    async def _be_member(self, row: ScimUser, person_id: UUID, *, role: str | None) -> None:
        member = await self._memberships.of(person_id)
        if member is None:
            if row.active is not False:
                await self._memberships.admit(person_id, role=role or await self._default_role())
                await self._join_teams(row, person_id)
                await self._follow_groups(person_id)
            return
        if row.active and member.suspended_at is not None:
            await self._memberships.reactivate(member)
        elif row.active is False and member.suspended_at is None:
            await self._memberships.suspend(member)
        if await self._mapped.of(person_id) is not None:
            await self._follow_groups(person_id)
        elif role is not None and role != member.role:
            await self._memberships.give_role(member, role=role)

    async def _follow_groups(self, person_id: UUID) -> None:
        """What the groups stand for goes before what the entry names."""
        member, role = await self._memberships.of(person_id), await self._mapped.of(person_id)
        if member is not None and role is not None:
            await self._memberships.follow_group(member, role=role)

    async def _join_teams(self, row: ScimUser, person_id: UUID) -> None:
        """Those of the groups that the entry was in before it was a member."""
        teams = select(ScimGroup.team_id).join(ScimGroupMember, ScimGroupMember.scim_group_id == ScimGroup.id)
        for team_id in (await self._session.scalars(teams.where(ScimGroupMember.scim_user_id == row.id))).all():
            await self._teams.add(team_id, [person_id])

    async def _role_of(self, resource: User[Any]) -> str | None:
        """The role that the resource names: its primary one, or else the first; raises RoleUnknown."""
        named = [role for role in resource.roles or () if role.value]
        chosen = next((role for role in named if role.primary), named[0] if named else None)
        if chosen is None or not chosen.value:
            return None
        word = chosen.value.strip().lower()
        if word in BUILT_IN_ROLES:
            return word
        own = await role_names(self._session, tenant_id=self._principal.tenant_id)
        for role, name in own.items():
            if word in (role, name.lower()):
                return role
        raise RoleUnknown(f"There is no role “{chosen.value}” here.", remedy="Send the name of a role in Chatter.")

    async def _default_role(self) -> str:
        token = await self._session.get(ScimToken, (self._principal.tenant_id, self._principal.user_id))
        return token.default_role if token is not None else "viewer"


def address_of(resource: User[Any]) -> str | None:
    """What the person signs in with: the userName, when it is an address, or else the primary mail address."""
    if resource.user_name and "@" in resource.user_name:
        return resource.user_name.strip().lower()
    mails = [mail for mail in resource.emails or () if mail.value and "@" in mail.value]
    chosen = next((mail for mail in mails if mail.primary), mails[0] if mails else None)
    return chosen.value.strip().lower() if chosen is not None and chosen.value else None


def person_name(resource: User[Any]) -> str:
    """What people are to call them."""
    name = resource.name
    parts = (name.given_name, name.family_name) if name else ()
    choices = (resource.display_name, name.formatted if name else None, " ".join(part for part in parts if part))
    found = next((choice.strip() for choice in choices if choice and choice.strip()), "")
    return (found or (resource.user_name or "").partition("@")[0])[:_LONGEST_NAME]
