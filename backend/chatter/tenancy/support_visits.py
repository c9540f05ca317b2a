"""The operator's visits under a grant: a link from the command line, a session that it opens once, and its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

import asyncpg
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.tenancy.errors import SupportLinkInvalid, SupportNotGranted
from chatter.tenancy.events import SupportVisitEnded, SupportVisitEntered, SupportVisitOpened
from chatter.tenancy.models import Membership, Organization
from chatter.tenancy.models import SupportGrant as Grant
from chatter.tenancy.models import SupportVisit as Visit
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.schemas import SupportEnding, SupportRole, SupportStart
from chatter.tenancy.support_mail import TELL_OF_VISIT, TellOfVisit
from chatter.tenancy.support_tokens import Secret, new_token, support_digest, tenant_of

__all__ = [
    "LONGEST_MINUTES",
    "OpenedVisit",
    "SupportVisits",
    "as_support_role",
    "end_lapsed_visits",
    "visitor_by_token",
]

LONGEST_MINUTES = 60
LINK_VALID_FOR = timedelta(minutes=10)

_LAPSED = "select tenant_id, id from support_visit where ended_at is null and expires_at <= $1 limit 100"


@dataclass(frozen=True)
class OpenedVisit:
    """A session that was just opened by its link; the only place where its token is seen."""

    visitor: Principal
    token: Secret
    until: datetime


class SupportVisits:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def open(
        self, link: Secret, *, operator: str, reason: str, minutes: int, grant_id: UUID | None = None
    ) -> datetime:
        """Make a link under that grant, or the newest; returns when the visit ends. Raises SupportNotGranted."""
        now = self._clock.now()
        grants = select(Grant).where(Grant.revoked_at.is_(None), Grant.expires_at > now)
        if grant_id is not None:
            grants = grants.where(Grant.id == grant_id)
        grant = await self._session.scalar(grants.order_by(Grant.created_at.desc(), Grant.id.desc()).limit(1))
        organization = await self._session.scalar(select(Organization).where(Organization.state == "active"))
        if grant is None or organization is None:
            raise SupportNotGranted(
                "Nobody of this organisation has granted access, or the organisation is closed.",
                remedy="Ask one of its administrators: they grant it under Support access.",
            )
        visit = Visit(
            tenant_id=grant.tenant_id,
            grant_id=grant.id,
            operator=operator,
            reason=reason,
            link_hash=link.digest,
            link_expires_at=now + LINK_VALID_FOR,
            expires_at=min(now + timedelta(minutes=minutes), grant.expires_at),
        )
        self._session.add(visit)
        await self._session.flush()
        await self._note_start(TenancyAction.SUPPORT_VISIT_OPENED, visit, grant, organization)
        emit(self._session, SupportVisitOpened(visit_id=visit.id))
        return visit.expires_at

    async def enter(self, link: str, *, jobs: JobQueue) -> OpenedVisit:
        """Turn a link into a session, once, and tell the owners; raises SupportLinkInvalid."""
        now = self._clock.now()
        by_link = Visit.link_hash == support_digest(link)
        unused = (Visit.entered_at.is_(None), Visit.ended_at.is_(None), Visit.link_expires_at > now)
        visit = await self._session.scalar(select(Visit).where(by_link, *unused).with_for_update())
        if visit is None or visit.expires_at <= now:
            raise SupportLinkInvalid
        grant = await self._session.get(Grant, (visit.tenant_id, visit.grant_id))
        organization = await self._session.scalar(select(Organization).where(Organization.state == "active"))
        if grant is None or organization is None or grant.revoked_at is not None or grant.expires_at <= now:
            raise SupportLinkInvalid
        token = new_token(visit.tenant_id)
        visit.entered_at, visit.token_hash = now, token.digest
        await self._note_start(TenancyAction.SUPPORT_VISIT_ENTERED, visit, grant, organization)
        emit(self._session, SupportVisitEntered(visit_id=visit.id))
        await self._tell_owners(visit, jobs)
        return OpenedVisit(_visitor(visit, grant, organization), token, visit.expires_at)

    async def leave(self, principal: Principal) -> None:
        """End the principal's own visit."""
        visit = await self._session.get(Visit, (principal.tenant_id, principal.session_id), with_for_update=True)
        if visit is not None and visit.ended_at is None:
            await self._end(visit, principal, SupportEnding(how="left"))

    async def end_all_under(self, grant: Grant, principal: Principal) -> None:
        """End every visit under a grant that the principal has just revoked."""
        under = (Visit.grant_id == grant.id, Visit.ended_at.is_(None))
        for visit in await self._session.scalars(select(Visit).where(*under).with_for_update()):
            await self._end(visit, principal, SupportEnding(how="revoked"))

    async def end_lapsed(self, visit_id: UUID) -> None:
        """Note that a visit's time is over."""
        lapsed = (Visit.id == visit_id, Visit.ended_at.is_(None), Visit.expires_at <= self._clock.now())
        visit = await self._session.scalar(select(Visit).where(*lapsed).with_for_update())
        organization = await self._session.scalar(select(Organization))
        if visit is None or organization is None:
            return
        grant = await self._session.get_one(Grant, (visit.tenant_id, visit.grant_id))
        await self._end(visit, _visitor(visit, grant, organization), SupportEnding(how="lapsed"))

    async def _end(self, visit: Visit, principal: Principal, ending: SupportEnding) -> None:
        visit.ended_at = self._clock.now()
        await record(self._session, principal, TenancyAction.SUPPORT_VISIT_ENDED, target=visit.id, after=ending)
        emit(self._session, SupportVisitEnded(visit_id=visit.id))

    async def _note_start(self, action: TenancyAction, visit: Visit, grant: Grant, organization: Organization) -> None:
        start = SupportStart(
            grant_id=grant.id, operator=visit.operator, reason=visit.reason, role=grant.role, until=visit.expires_at
        )
        await record(self._session, _visitor(visit, grant, organization), action, target=visit.id, after=start)

    async def _tell_owners(self, visit: Visit, jobs: JobQueue) -> None:
        owners = (Membership.role == "owner", Membership.suspended_at.is_(None))
        for user_id in await self._session.scalars(select(Membership.user_id).where(*owners)):
            payload = TellOfVisit(visit_id=visit.id, user_id=user_id)
            await jobs.enqueue(self._session, TELL_OF_VISIT, payload, subject=visit.id)


async def visitor_by_token(database: Database, token: str, *, tenant_id: UUID | None) -> Principal | None:
    """Whose visit this token is, while its grant holds, in its own organisation alone. One round trip."""
    named = tenant_of(token)
    if named is None or tenant_id not in (None, named):
        return None
    row: asyncpg.Record | None = await database.hot.fetchrow(
        "select * from support_visitor($1, $2)", named, support_digest(token)
    )
    if row is None:
        return None
    return Principal(
        tenant_id=TenantId(named),
        user_id=UserId(row["visit_id"]),
        session_id=row["visit_id"],
        role=row["role"],
        email=row["operator"],
        name=row["operator"],
        organization_name=row["organization_name"],
        organization_state=row["organization_state"],
        kind="operator",
        key_id=row["grant_id"],
        until=row["until"],
    )


async def end_lapsed_visits(services: Services) -> None:
    """Write the ends of visits whose time is over; that they are over needs no writing."""
    async with services.database.platform() as connection:
        rows = await connection.fetch(_LAPSED, services.clock.now())
    for row in rows:
        async with services.database.unit(row["tenant_id"]) as session:
            await SupportVisits(session, services.clock).end_lapsed(row["id"])


def as_support_role(value: str) -> SupportRole:
    """The role of that name; raises ValueError for one that an operator is never granted."""
    if value not in get_args(SupportRole):
        raise ValueError(value)
    return value  # type: ignore[return-value]  # checked above


def _visitor(visit: Visit, grant: Grant, organization: Organization) -> Principal:
    """The operator as the log knows them: no person of the organisation, so the visit's own id stands for them."""
    return Principal(
        tenant_id=TenantId(visit.tenant_id),
        user_id=UserId(visit.id),
        session_id=visit.id,
        role=grant.role,
        email=visit.operator,
        name=visit.operator,
        organization_name=organization.name,
        kind="operator",
        key_id=grant.id,
        until=visit.expires_at,
    )
