"""Access that an organisation grants to the server's operator: given for a time, revoked at once, kept as a record."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.clock import Clock
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.tenancy.errors import SupportSettled
from chatter.tenancy.events import SupportGranted, SupportRevoked
from chatter.tenancy.models import SupportGrant as Row
from chatter.tenancy.models import SupportVisit as VisitRow
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.schemas import SupportGrant, SupportGrantCreate, SupportGrantState, SupportVisit
from chatter.tenancy.support_visits import SupportVisits, as_support_role

__all__ = ["SupportGrants"]

_SHOWN = 100
_NAMES = text("select user_id, name from members_of_bound_tenant()")


class SupportGrants:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def newest(self, *, only_open: bool) -> list[SupportGrant]:
        """Each with its visits: what the operator did in them is in the audit log, by the session's id."""
        grants = select(Row).order_by(Row.created_at.desc(), Row.id.desc()).limit(_SHOWN)
        if only_open:
            grants = grants.where(Row.revoked_at.is_(None), Row.expires_at > self._clock.now())
        rows = (await self._session.scalars(grants)).all()
        visits = await self._session.scalars(
            select(VisitRow)
            .where(VisitRow.grant_id.in_([row.id for row in rows]))
            .order_by(VisitRow.created_at.desc(), VisitRow.id.desc())
        )
        under: dict[UUID, list[VisitRow]] = {}
        for visit in visits:
            under.setdefault(visit.grant_id, []).append(visit)
        names = await self._names()
        return [self._shown(row, names, under.get(row.id, [])) for row in rows]

    async def grant(self, principal: Principal, data: SupportGrantCreate, *, authorizer: Authorizer) -> SupportGrant:
        """Let the operator in; raises PermissionNotHeld for a role that holds more than one's own."""
        await authorizer.require_assignable(principal, data.role)
        row = Row(
            tenant_id=principal.tenant_id,
            reason=data.reason.strip(),
            role=data.role,
            granted_by=principal.user_id,
            expires_at=self._clock.now() + timedelta(hours=data.hours),
        )
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        await record(self._session, principal, TenancyAction.SUPPORT_GRANTED, target=row.id, after=data)
        emit(self._session, SupportGranted(grant_id=row.id))
        return self._shown(row, await self._names(), [])

    async def revoke(self, principal: Principal, grant_id: UUID) -> None:
        """Show the operator out: from the next request on nothing is answered. Raises SupportSettled."""
        row = await self._session.scalar(select(Row).where(Row.id == grant_id).with_for_update())
        if row is None:
            raise NotFound
        if self._state(row) != "open":
            raise SupportSettled("This access was revoked or has expired.", remedy="Load the page again.")
        row.revoked_at, row.revoked_by = self._clock.now(), principal.user_id
        await record(self._session, principal, TenancyAction.SUPPORT_REVOKED, target=row.id)
        emit(self._session, SupportRevoked(grant_id=row.id))
        await SupportVisits(self._session, self._clock).end_all_under(row, principal)

    async def _names(self) -> dict[UUID, str]:
        return {row.user_id: row.name for row in await self._session.execute(_NAMES)}

    def _state(self, row: Row) -> SupportGrantState:
        if row.revoked_at is not None:
            return "revoked"
        return "open" if row.expires_at > self._clock.now() else "expired"

    def _shown(self, row: Row, names: Mapping[UUID, str], visits: Sequence[VisitRow]) -> SupportGrant:
        return SupportGrant(
            id=row.id,
            reason=row.reason,
            role=as_support_role(row.role),
            state=self._state(row),
            granted_by=row.granted_by,
            granted_by_name=names.get(row.granted_by, ""),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            visits=[_visit(visit) for visit in visits],
        )


def _visit(row: VisitRow) -> SupportVisit:
    return SupportVisit(
        id=row.id,
        operator=row.operator,
        reason=row.reason,
        created_at=row.created_at,
        entered_at=row.entered_at,
        until=row.expires_at,
        ended_at=row.ended_at,
    )
