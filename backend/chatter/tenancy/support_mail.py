"""The mail that tells an owner that the server's operator has come in."""

from uuid import UUID

import msgspec
from sqlalchemy import select, text

from chatter.kit.jobs import JobContext, JobKind
from chatter.kit.mail import Mail
from chatter.tenancy.models import Organization, SupportGrant, SupportVisit

__all__ = ["TELL_OF_VISIT", "TellOfVisit"]

_TEXT = """{operator}, who operates this server, has entered {organization} as {role}.

Why they came: {reason}
Why the access was granted: {granted_for}
It ends by itself on {until:%d %B %Y, %H:%M} UTC.

What they look at and change is in your audit log. To show them out at once, open:

{page}
"""


class TellOfVisit(msgspec.Struct, kw_only=True, frozen=True):
    """Which visit, and which owner is told: each is a job of its own, so that none is told twice for another's sake."""

    visit_id: UUID
    user_id: UUID


async def _tell(context: JobContext, payload: TellOfVisit) -> None:
    mail = await _written(context, payload)
    if mail is not None:
        await context.services.mailer.send(mail)


async def _written(context: JobContext, payload: TellOfVisit) -> Mail | None:
    async with context.services.database.unit(context.tenant_id) as session:
        visit = await session.get(SupportVisit, (context.tenant_id, payload.visit_id))
        organization = await session.scalar(select(Organization))
        email = await session.scalar(
            text("select email from members_of_bound_tenant() where user_id = :id and role = 'owner'"),
            {"id": payload.user_id},
        )
        if visit is None or organization is None or email is None:
            return None
        grant = await session.get_one(SupportGrant, (context.tenant_id, visit.grant_id))
    return Mail(
        tenant_id=context.tenant_id,
        id=context.job_id,
        to=email,
        subject=f"The operator has entered {organization.name}",
        text=_TEXT.format(
            operator=visit.operator,
            organization=organization.name,
            role=grant.role,
            reason=visit.reason,
            granted_for=grant.reason,
            until=visit.expires_at,
            page=f"{context.services.settings.address}/support",
        ),
        at=context.services.clock.now(),
    )


TELL_OF_VISIT = JobKind(name="tenancy.tell_of_visit", payload=TellOfVisit, handle=_tell, max_attempts=8)
