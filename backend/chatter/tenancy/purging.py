"""Deleting an organisation for good, once its grace period is over: files, mails, all rows but the audit log."""

import msgspec
from sqlalchemy import delete, select

from chatter.audit.facade import ANCHORS, record
from chatter.kit.events import emit
from chatter.kit.jobs import Job, JobContext, JobKind, JobQueue
from chatter.kit.mail_folder import MailFolder
from chatter.kit.services import Services
from chatter.tenancy.closing import operator_in
from chatter.tenancy.events import OrganizationPurged
from chatter.tenancy.models import Organization
from chatter.tenancy.permissions import TenancyAction

__all__ = ["PURGE", "PurgeOrganization", "purge_what_is_due"]

_DUE = """
select o.tenant_id from organization o
where o.state = 'deleting' and o.purge_after <= $1 and not exists (
    select from job j where j.tenant_id = o.tenant_id and j.kind = $2 and j.state in ('queued', 'running'))
"""


class PurgeOrganization(msgspec.Struct, kw_only=True, frozen=True):
    """The job's tenant is what is purged."""


async def purge_what_is_due(services: Services) -> None:
    """Queue a purge for each organisation whose grace period is over; purging bears repetition."""
    async with services.database.platform() as connection:
        rows = await connection.fetch(_DUE, services.clock.now(), PURGE.name)
    for row in rows:
        async with services.database.unit(row["tenant_id"]) as session:
            await JobQueue(services.tickets).enqueue(session, PURGE, PurgeOrganization())


async def _purge(context: JobContext, _: PurgeOrganization) -> None:
    """Files first: while the rows stand, a failure in between is found and taken up again."""
    due = (
        Organization.state == "deleting",
        Organization.purge_after.is_not(None),
        Organization.purge_after <= context.services.clock.now(),
    )
    async with context.services.database.unit(context.tenant_id) as session:
        if await session.scalar(select(Organization).where(*due)) is None:
            return
    await context.services.store.delete_all(context.tenant_id, besides=ANCHORS)  # the log outlives it
    if isinstance(context.services.mailer, MailFolder):
        await context.services.mailer.forget(context.tenant_id)
    async with context.services.database.unit(context.tenant_id) as session:
        row = await session.scalar(select(Organization).where(*due).with_for_update())
        if row is None:
            return
        await session.execute(delete(Job).where(Job.id != context.job_id))
        operator = operator_in(context.tenant_id)
        await record(session, operator, TenancyAction.ORGANIZATION_PURGED, target=context.tenant_id)
        emit(session, OrganizationPurged(organization_id=context.tenant_id))
        await session.delete(row)  # every other row of the organisation goes with it


PURGE = JobKind(name="tenancy.purge", payload=PurgeOrganization, handle=_purge)
