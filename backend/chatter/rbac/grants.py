"""Sharing single things: who manages a thing decides who else sees it, up to which level and until when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.clock import Clock
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.resources import Level, Resource, ResourceKind
from chatter.kit.schema import Schema
from chatter.rbac.access import access_to, grant_on, require_access, require_rank
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.errors import GrantExists, GrantInvalid
from chatter.rbac.events import GrantCreated, GrantDeleted, GrantUpdated
from chatter.rbac.models import ResourceGrant
from chatter.rbac.permissions import RbacAction
from chatter.rbac.repository import GrantRows, subjects
from chatter.rbac.schemas import (
    Grant,
    GrantContainer,
    GrantCreate,
    GrantList,
    GrantUpdate,
    SharedList,
    SharedThing,
    Subjects,
)

__all__ = ["GrantService"]

# Held until the commit, so that the subject can't go in the meantime; another organisation's is absent.
_SUBJECT = {
    "user": text("select 1 from membership where tenant_id = :tenant and user_id = :id for key share"),
    "team": text("select 1 from team where tenant_id = :tenant and id = :id for key share"),
}


class GrantState(Schema):
    """What the audit log keeps of a grant."""

    resource_kind: str
    resource_id: UUID
    subject_kind: str
    subject_id: UUID | None
    level: str
    expires_at: datetime | None


class GrantService:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer, clock: Clock) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer
        self._clock = clock
        self._rows = GrantRows(session, tenant_id=principal.tenant_id)

    async def on(self, kind_name: str, resource_id: UUID) -> GrantList:
        """Everybody with access to a thing; for those who manage it."""
        kind = self._authorizer.catalogue.kind(kind_name)
        await self._require_management(kind, resource_id)
        resource = await self._resource(kind, resource_id)
        level = await access_to(self._session, self._principal, kind, resource_id)
        everybody = await self.subjects()
        names = {person.id: person.name for person in everybody.people}
        names |= {account.id: account.name for account in everybody.service_accounts}
        inside = await self._container(kind, resource_id)
        return GrantList(
            items=await self._rows.on(kind_name, resource_id),
            owner_id=resource.owner_id,
            owner_name=names.get(resource.owner_id, ""),
            open_to_all=resource.open_to_all,
            container=inside,
            level=level.value if level else None,
        )

    async def subjects(self) -> Subjects:
        """Whom the principal can share with."""
        return await subjects(self._session, tenant_id=self._principal.tenant_id)

    async def shared_with_me(self) -> SharedList:
        """What others have shared with the principal, each thing at its highest level."""
        reached = [
            grant
            for grant in await self._rows.shared_with(self._principal.user_id)
            if grant.resource_kind in self._authorizer.catalogue.kinds
        ]
        things = await self._described(reached)
        best: dict[tuple[str, UUID], Grant] = {}
        for grant in reached:
            key = (grant.resource_kind, grant.resource_id)
            if key not in best or Level(grant.level).rank > Level(best[key].level).rank:
                best[key] = grant
        return SharedList(
            items=[
                _shared(grant, things[key])
                for key, grant in best.items()
                if key in things and things[key].owner_id != self._principal.user_id
            ]
        )

    async def create(self, data: GrantCreate) -> Grant:
        """Share a thing; raises NotFound for a thing or a subject that is not there."""
        kind = self._authorizer.catalogue.kind(data.resource_kind)
        await self._require_management(kind, data.resource_id)
        await self._require_subject(data)
        self._require_future(data.expires_at)
        existing = select(ResourceGrant.id).where(
            ResourceGrant.resource_kind == data.resource_kind,
            ResourceGrant.resource_id == data.resource_id,
            ResourceGrant.subject_kind == data.subject_kind,
            ResourceGrant.subject_id.is_not_distinct_from(data.subject_id),
        )
        if await self._session.scalar(existing) is not None:
            raise GrantExists("They have access to it already.", remedy="Change the level of the grant that is there.")
        row = ResourceGrant(
            tenant_id=self._principal.tenant_id,
            id=new_id(),
            resource_kind=data.resource_kind,
            resource_id=data.resource_id,
            subject_kind=data.subject_kind,
            subject_id=data.subject_id,
            level=data.level,
            expires_at=data.expires_at,
            granted_by=self._principal.user_id,
        )
        self._session.add(row)
        await self._session.flush()
        await record(self._session, self._principal, RbacAction.GRANT_CREATED, target=row.id, after=_state(row))
        emit(self._session, GrantCreated(grant_id=row.id, resource_kind=kind.name, resource_id=row.resource_id))
        return await self._grant(row.id)

    async def update(self, grant_id: UUID, change: GrantUpdate) -> Grant:
        row = await self._managed(grant_id)
        before = _state(row)
        if change.level is not UNSET:
            row.level = change.level
        if change.expires_at is not UNSET:
            self._require_future(change.expires_at)
            row.expires_at = change.expires_at
        await self._session.flush()
        await record(
            self._session, self._principal, RbacAction.GRANT_UPDATED, target=row.id, before=before, after=_state(row)
        )
        emit(self._session, GrantUpdated(grant_id=row.id, resource_kind=row.resource_kind, resource_id=row.resource_id))
        return await self._grant(row.id)

    async def delete(self, grant_id: UUID) -> None:
        row = await self._managed(grant_id)
        await self._session.execute(delete(ResourceGrant).where(ResourceGrant.id == grant_id))
        await record(self._session, self._principal, RbacAction.GRANT_DELETED, target=grant_id, before=_state(row))
        emit(
            self._session, GrantDeleted(grant_id=grant_id, resource_kind=row.resource_kind, resource_id=row.resource_id)
        )

    async def _managed(self, grant_id: UUID) -> ResourceGrant:
        """The grant, with the principal's level on its thing asked in one statement.

        So a grant on what a colleague keeps to themselves costs what one costs that is not there.
        """
        catalogue = self._authorizer.catalogue
        held = await grant_on(
            self._session, catalogue, grant_id, tenant_id=self._principal.tenant_id, user_id=self._principal.user_id
        )
        if held is None:
            raise NotFound
        kind = catalogue.kind(held.kind)
        if kind.administrable is None or not await self._authorizer.allowed(self._principal, kind.administrable):
            require_rank(held.rank, level=Level.MANAGE)
        return await self._session.get_one(ResourceGrant, (self._principal.tenant_id, grant_id))

    async def _require_management(self, kind: ResourceKind, resource_id: UUID) -> None:
        """Who manages the thing, or administers all of its kind: to share it is not to read it."""
        if kind.administrable is not None and await self._authorizer.allowed(self._principal, kind.administrable):
            await self._resource(kind, resource_id)
            return
        await require_access(self._session, self._principal, kind, resource_id, level=Level.MANAGE)

    async def _resource(self, kind: ResourceKind, resource_id: UUID) -> Resource:
        found = await kind.describe(self._session, [resource_id])
        if resource_id not in found:
            raise NotFound
        return found[resource_id]

    async def _container(self, kind: ResourceKind, resource_id: UUID) -> GrantContainer | None:
        """What hands its own grants down to the thing; nameless to who does not see it."""
        found = await kind.parent(self._session, resource_id) if kind.parent is not None else None
        if found is None:
            return None
        seen = await access_to(self._session, self._principal, found.kind, found.id)
        container = await self._resource(found.kind, found.id)
        return GrantContainer(
            resource_kind=found.kind.name,
            resource_id=found.id if seen else None,
            name=container.name if seen else "",
            open_to_all=container.open_to_all,
        )

    async def _described(self, grants: Sequence[Grant]) -> Mapping[tuple[str, UUID], Resource]:
        found: dict[tuple[str, UUID], Resource] = {}
        for name, kind in self._authorizer.catalogue.kinds.items():
            ids = [grant.resource_id for grant in grants if grant.resource_kind == name]
            if ids:
                described = await kind.describe(self._session, ids)
                found.update({(name, resource_id): resource for resource_id, resource in described.items()})
        return found

    async def _require_subject(self, data: GrantCreate) -> None:
        if (data.subject_kind == "everyone") != (data.subject_id is None):
            raise GrantInvalid(
                "A grant to a person or a team names it; a grant to everyone names nobody.",
                remedy="Give subject_id for user and team, and leave it out for everyone.",
            )
        if data.subject_kind == "everyone":
            return
        values = {"tenant": self._principal.tenant_id, "id": data.subject_id}
        if (await self._session.execute(_SUBJECT[data.subject_kind], values)).first() is None:
            raise NotFound

    def _require_future(self, expires_at: datetime | None) -> None:
        if expires_at is None:
            return
        if expires_at.tzinfo is None or expires_at <= self._clock.now():
            raise GrantInvalid(
                "The end of a grant is a moment to come, with its time zone.", remedy="Choose a later moment."
            )

    async def _grant(self, grant_id: UUID) -> Grant:
        found = await self._rows.one(grant_id)
        if found is None:
            raise NotFound
        return found


def _state(row: ResourceGrant) -> GrantState:
    return GrantState(
        resource_kind=row.resource_kind,
        resource_id=row.resource_id,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        level=row.level,
        expires_at=row.expires_at,
    )


def _shared(grant: Grant, thing: Resource) -> SharedThing:
    return SharedThing(
        resource_kind=grant.resource_kind,
        resource_id=grant.resource_id,
        name=thing.name,
        href=thing.href,
        level=grant.level,
        via=grant.subject_kind,
        granted_by_name=grant.granted_by_name,
        expires_at=grant.expires_at,
        created_at=grant.created_at,
    )
