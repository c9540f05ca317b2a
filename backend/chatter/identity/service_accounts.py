"""Service accounts: made in a role that their maker holds, suspended, deleted, with all that they own."""

from uuid import UUID

from msgspec import UNSET
from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.errors import ServiceAccountNameTaken
from chatter.identity.events import (
    ServiceAccountCreated,
    ServiceAccountDeleted,
    ServiceAccountReactivated,
    ServiceAccountSuspended,
    ServiceAccountUpdated,
)
from chatter.identity.models import ServiceAccount as Row
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import ServiceAccount, ServiceAccountCreate, ServiceAccountUpdate
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer, role_names
from chatter.tenancy.facade import Offboardings, ServiceMemberships
from chatter.tenancy.schemas import BelongingsCount, Offboarding, OffboardingOrder

__all__ = ["ServiceAccounts"]

_ACCOUNTS = """
select s.id, s.name, s.description, m.role, m.suspended_at, s.created_by, coalesce(b.name, '') as created_by_name,
    s.created_at, count(k.id) filter (
        where k.revoked_at is null and (k.expires_at is null or k.expires_at > now())) as keys,
    max(k.last_used_at) as last_used_at
from service_account s
join membership m on m.tenant_id = s.tenant_id and m.service_account_id = s.id
left join members_of_bound_tenant() b on b.user_id = s.created_by
left join api_key k on k.tenant_id = s.tenant_id and k.user_id = s.id
where s.tenant_id = :tenant and (cast(:id as uuid) is null or s.id = :id)
group by s.tenant_id, s.id, m.role, m.suspended_at, b.name order by lower(s.name)
"""


class ServiceAccounts:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(
        self, session: AsyncSession, principal: Principal, authorizer: Authorizer, *, offboardings: Offboardings
    ) -> None:
        self._session = session
        self._principal = principal
        self._memberships = ServiceMemberships(session, principal, authorizer)
        self._offboardings = offboardings

    async def all(self) -> list[ServiceAccount]:
        return await self._found(None)

    async def one(self, account_id: UUID) -> ServiceAccount:
        """Raise NotFound for what is no service account of this organisation."""
        found = await self._found(account_id)
        if not found:
            raise NotFound
        return found[0]

    async def create(self, data: ServiceAccountCreate) -> ServiceAccount:
        """Make an account; raises ServiceAccountNameTaken, OwnerIsPerson, PermissionNotHeld."""
        row = Row(
            tenant_id=self._principal.tenant_id,
            id=new_id(),
            name=data.name.strip(),
            description=data.description.strip(),
            created_by=self._principal.user_id,
        )
        self._session.add(row)
        await self._store_name()
        await self._memberships.admit(row.id, role=data.role)
        await record(self._session, self._principal, IdentityAction.SERVICE_ACCOUNT_CREATED, target=row.id, after=data)
        emit(self._session, ServiceAccountCreated(account_id=row.id))
        return await self.one(row.id)

    async def update(self, account_id: UUID, change: ServiceAccountUpdate) -> ServiceAccount:
        """Change its name, what it is for, or its role, which holds from the next request on."""
        before, row = await self.one(account_id), await self._row(account_id)
        if change.name is not UNSET:
            row.name = change.name.strip()
            await self._store_name()
        if change.description is not UNSET:
            row.description = change.description.strip()
            await self._session.flush()
        if change.role is not UNSET and change.role != before.role:
            await self._memberships.give_role(account_id, role=change.role)
        after = await self.one(account_id)
        await record(
            self._session,
            self._principal,
            IdentityAction.SERVICE_ACCOUNT_UPDATED,
            target=account_id,
            before=_state(before),
            after=_state(after),
        )
        emit(self._session, ServiceAccountUpdated(account_id=account_id))
        return after

    async def suspend(self, account_id: UUID) -> ServiceAccount:
        """No key of it opens anything until it is reactivated."""
        if await self._memberships.suspend(account_id):
            await record(self._session, self._principal, IdentityAction.SERVICE_ACCOUNT_SUSPENDED, target=account_id)
            emit(self._session, ServiceAccountSuspended(account_id=account_id))
        return await self.one(account_id)

    async def reactivate(self, account_id: UUID) -> ServiceAccount:
        """Raise PermissionNotHeld for an account that may do more than the principal."""
        await self._memberships.require_not_above(account_id)
        if await self._memberships.reactivate(account_id):
            await record(self._session, self._principal, IdentityAction.SERVICE_ACCOUNT_REACTIVATED, target=account_id)
            emit(self._session, ServiceAccountReactivated(account_id=account_id))
        return await self.one(account_id)

    async def belongings(self, account_id: UUID) -> list[BelongingsCount]:
        """What it owns, counted by kind."""
        await self.one(account_id)
        return await self._offboardings.counted(account_id)

    async def delete(self, account_id: UUID, data: OffboardingOrder) -> Offboarding:
        """Delete it with its keys, teams and grants at once, and have a job deal with what it owned.

        Raise OwnerOnly, BelongingsUnknown, SuccessorUnfit.
        """
        account = await self.one(account_id)
        order = await self._offboardings.deal_with(self._principal, account_id, data, name=account.name)
        await self._session.execute(delete(Row).where(Row.id == account_id))
        await record(
            self._session,
            self._principal,
            IdentityAction.SERVICE_ACCOUNT_DELETED,
            target=account_id,
            before=_state(account),
            after=data,
        )
        emit(self._session, ServiceAccountDeleted(account_id=account_id))
        return order

    async def _found(self, account_id: UUID | None) -> list[ServiceAccount]:
        tenant_id = self._principal.tenant_id
        names = await role_names(self._session, tenant_id=tenant_id)
        rows = await self._session.execute(text(_ACCOUNTS), {"tenant": tenant_id, "id": account_id})
        return [
            ServiceAccount(**row, role_name=names.get(row["role"], row["role"].capitalize())) for row in rows.mappings()
        ]

    async def _row(self, account_id: UUID) -> Row:
        row = await self._session.scalar(select(Row).where(Row.id == account_id).with_for_update())
        if row is None:
            raise NotFound
        return row

    async def _store_name(self) -> None:
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise ServiceAccountNameTaken(
                "There is a service account of this name already.", remedy="Choose another name."
            ) from error


def _state(account: ServiceAccount) -> ServiceAccountCreate:
    """What the audit log keeps of an account."""
    return ServiceAccountCreate(name=account.name, description=account.description, role=account.role)
