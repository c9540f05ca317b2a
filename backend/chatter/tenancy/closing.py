"""Closing an organisation: suspension by the operator, deletion by an owner, and the way back from both."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.tenancy.errors import NotDeleting, OrganizationSuspended
from chatter.tenancy.events import OrganizationDeletionRequested, OrganizationRestored, OrganizationResumed
from chatter.tenancy.events import OrganizationSuspended as OrganizationSuspendedEvent
from chatter.tenancy.models import Organization
from chatter.tenancy.permissions import TenancyAction

__all__ = ["GRACE", "Closing", "operator_in"]

GRACE = timedelta(days=30)
"""How long an organisation can be restored after an owner has deleted it."""


class Deletion(Schema):
    """What the audit log keeps of a deletion that was asked for."""

    purge_after: datetime


class Closing:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def suspend(self, operator: Principal) -> None:
        """Refuse everything until it is resumed; a deletion that is under way waits."""
        row = await self._locked()
        if row.state != "suspended":
            row.state = "suspended"
            await record(self._session, operator, TenancyAction.ORGANIZATION_SUSPENDED, target=row.tenant_id)
            emit(self._session, OrganizationSuspendedEvent(organization_id=row.tenant_id))

    async def resume(self, operator: Principal) -> None:
        """Open it again, or let its deletion go on."""
        row = await self._locked()
        if row.state == "suspended":
            row.state = "deleting" if row.purge_after else "active"
            await record(self._session, operator, TenancyAction.ORGANIZATION_RESUMED, target=row.tenant_id)
            emit(self._session, OrganizationResumed(organization_id=row.tenant_id))

    async def request_deletion(self, principal: Principal, *, now: datetime) -> datetime:
        """Close it, and return when it is deleted for good; asking again changes nothing."""
        row = await self._locked()
        if row.state == "active" or row.purge_after is None:
            row.state, row.purge_after = "deleting", now + GRACE
            after = Deletion(purge_after=row.purge_after)
            action = TenancyAction.ORGANIZATION_DELETION_REQUESTED
            await record(self._session, principal, action, target=row.tenant_id, after=after)
            emit(self._session, OrganizationDeletionRequested(organization_id=row.tenant_id))
        return row.purge_after

    async def restore(self, principal: Principal, *, now: datetime) -> None:
        """Open it again; raises NotDeleting, also when the grace period is over, and OrganizationSuspended."""
        row = await self._locked()
        if row.state == "suspended":
            raise OrganizationSuspended
        if row.state != "deleting" or row.purge_after is None or row.purge_after <= now:
            raise NotDeleting("There is no deletion that could be undone.", remedy="Load the page again.")
        row.state, row.purge_after = "active", None
        await record(self._session, principal, TenancyAction.ORGANIZATION_RESTORED, target=row.tenant_id)
        emit(self._session, OrganizationRestored(organization_id=row.tenant_id))

    async def _locked(self) -> Organization:
        row = await self._session.scalar(select(Organization).with_for_update())
        if row is None:
            raise NotFound
        return row


def operator_in(tenant_id: UUID) -> Principal:
    """Whoever runs the server, acting from its command line: no person of the organisation, and no session."""
    return Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(UUID(int=0)),
        session_id=UUID(int=0),
        role="operator",
        email="The operator",
        name="The operator",
        organization_name="",
        kind="operator",
    )
