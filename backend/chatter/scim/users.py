"""Users of a directory: made, changed, replaced, deleted, each with its membership, audit row and event."""

from typing import Any
from uuid import UUID

from scim2_models import Context, PatchOp, Path
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import Invalid, NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.rbac.facade import Authorizer
from chatter.scim.entries import USERS, Kept, groups_of, shown_user
from chatter.scim.errors import UserNameTaken
from chatter.scim.events import ScimUserCreated, ScimUserDeleted, ScimUserUpdated
from chatter.scim.models import ScimUser
from chatter.scim.people import People
from chatter.scim.permissions import ScimAction
from chatter.scim.resources import POLICY, DirectoryUser
from chatter.scim.tolerance import as_meant

__all__ = ["Users"]

_OWN_COLUMNS = ("schemas", "id", "meta", "userName", "externalId", "active", "groups")
_USER_NAME = Path[DirectoryUser]("userName").resolve()
_LONGEST = 254


class UserState(Schema):
    """What the audit log keeps of a user."""

    user_name: str
    external_id: str | None
    active: bool
    display_name: str | None


class Users:
    """Works in the unit of work that it is given, for one directory."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer, *, base_url: str) -> None:
        self._session = session
        self._principal = principal
        self._people = People(session, principal, authorizer)
        self._base_url = base_url

    async def one(self, user_id: UUID) -> Kept:
        """Raise NotFound for what is no user of this organisation's directory."""
        return (await self._found(user_id))[1]

    async def create(self, payload: Any) -> Kept:
        """Raise UserNameTaken, and what People.follow raises."""
        resource = DirectoryUser.model_validate(payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=POLICY)
        row = ScimUser(tenant_id=self._principal.tenant_id, id=new_id(), active=resource.active is not False)
        self._session.add(row)
        await self._write(row, resource)
        await self._people.follow(row, resource, before=None)
        await self._note(ScimAction.USER_CREATED, row, resource)
        emit(self._session, ScimUserCreated(entry_id=row.id))
        return await self._again(row)

    async def replace(self, user_id: UUID, payload: Any, *, if_match: str | None) -> Kept:
        """As the directory says it now; what it leaves out is no more, but for whether the person is active."""
        resource = DirectoryUser.model_validate(
            payload, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=POLICY
        )
        row, kept = await self._found(user_id, if_match=if_match)
        if resource.active is None:
            resource.active = kept.resource.active
        return await self._change(row, resource, before=kept)

    async def patch(self, user_id: UUID, payload: Any, *, if_match: str | None) -> Kept:
        """Change what the operations name; nothing happens when they change nothing."""
        operations = PatchOp[DirectoryUser].model_validate(
            as_meant(payload), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
        )
        row, kept = await self._found(user_id, if_match=if_match)
        resource = kept.resource.model_copy(deep=True)
        if not operations.patch(resource, POLICY):
            return kept
        return await self._change(row, resource, before=kept)

    async def delete(self, user_id: UUID, *, if_match: str | None) -> None:
        """Take the person out and forget the entry; raises OwnerOnly, LastOwner."""
        row, kept = await self._found(user_id, if_match=if_match)
        await self._people.leave(row)
        await self._session.execute(delete(ScimUser).where(ScimUser.id == user_id))
        await self._note(ScimAction.USER_DELETED, row, None, before=_state(kept.resource))
        emit(self._session, ScimUserDeleted(entry_id=user_id))

    async def _change(self, row: ScimUser, resource: Any, *, before: Kept) -> Kept:
        was = _state(before.resource)
        row.active = resource.active
        await self._write(row, resource)
        await self._people.follow(row, resource, before=before.resource)
        await self._note(ScimAction.USER_UPDATED, row, resource, before=was)
        emit(self._session, ScimUserUpdated(entry_id=row.id))
        return await self._again(row)

    async def _write(self, row: ScimUser, resource: Any) -> None:
        name = (resource.user_name or "").strip()
        if not name or len(name) > _LONGEST or (resource.external_id and len(resource.external_id) > _LONGEST):
            raise Invalid(f"A userName has 1 to {_LONGEST} characters, and an externalId no more.")
        row.user_name, row.external_id = name, resource.external_id
        row.user_name_key = str(_USER_NAME.comparable(name)) if _USER_NAME else name
        told = resource.model_dump(scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
        row.attributes = {key: value for key, value in told.items() if key not in _OWN_COLUMNS}
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise UserNameTaken(
                f"There is a user {name} already.", remedy="Find it with filter=userName eq …, and change it."
            ) from error

    async def _found(self, user_id: UUID, *, if_match: str | None = None) -> tuple[ScimUser, Kept]:
        """The row, and what is shown of it; raises NotFound, and PreconditionFailed when that is not what was meant."""
        wanted = USERS.rows.where(ScimUser.id == user_id).with_for_update(of=ScimUser)
        found = (await self._session.execute(wanted)).one_or_none()
        if found is None:
            raise NotFound
        row, role, active = found
        groups = (await groups_of(self._session, [user_id])).get(user_id, [])
        kept = shown_user(row, role=role, active=active, groups=groups, base_url=self._base_url)
        kept.require(if_match)
        return row, kept

    async def _again(self, row: ScimUser) -> Kept:
        await self._session.flush()
        await self._session.refresh(row)
        return await self.one(row.id)

    async def _note(self, action: ScimAction, row: ScimUser, resource: Any, *, before: UserState | None = None) -> None:
        after = _state(resource) if resource is not None else None
        await record(self._session, self._principal, action, target=row.id, before=before, after=after)


def _state(resource: Any) -> UserState:
    return UserState(
        user_name=resource.user_name,
        external_id=resource.external_id,
        active=resource.active is not False,
        display_name=resource.display_name,
    )
