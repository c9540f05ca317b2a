"""The organisation's destination for its audit log: the rules."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.errors import SinkInvalid, SinkMissing
from chatter.audit.events import SinkChanged, SinkRemoved
from chatter.audit.facade import record
from chatter.audit.models import AuditSeal, AuditSink
from chatter.audit.permissions import AuditAction
from chatter.audit.schemas import Sink, SinkRecord, SinkSet, SinkState, SinkStatus
from chatter.audit.sink_transport import checked_address
from chatter.kit.crypto import SecretBox
from chatter.kit.events import emit
from chatter.kit.http import EgressPolicy
from chatter.kit.principal import Principal

__all__ = ["SinkService"]


class SinkService:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, *, policy: EgressPolicy, secrets: SecretBox) -> None:
        self._session = session
        self._policy = policy
        self._secrets = secrets

    async def status(self) -> SinkStatus:
        row = await self.row_or_none()
        return SinkStatus(sink=None if row is None else await self._view(row))

    async def set(self, principal: Principal, data: SinkSet) -> Sink:
        """Send the log there; raises SinkInvalid, EgressRefused. A new address does not take the header along."""
        url = checked_address(data.url, policy=self._policy)
        row = await self.row_or_none()
        before = None if row is None else _record(row)
        if row is None:
            row = AuditSink(tenant_id=principal.tenant_id, url=url, position=await self._last_position())
            self._session.add(row)
        self._keep_header(row, data, url=url)
        row.url, row.state, row.failures, row.last_error, row.last_error_at = url, "active", 0, None, None
        if data.from_beginning:
            row.position = 0
        row.next_attempt_at = func.now()
        await self._session.flush()
        await self._session.refresh(row)
        await self._note(principal, AuditAction.SINK_SET, before=before, after=row)
        return await self._view(row)

    async def switch(self, principal: Principal, state: SinkState) -> Sink:
        """Pause or resume; what comes meanwhile is sent after the pause. Raises SinkMissing."""
        row = await self.row()
        before = _record(row)
        row.state, row.failures, row.next_attempt_at = state, 0, func.now()
        await self._session.flush()
        await self._session.refresh(row)
        action = AuditAction.SINK_PAUSED if state == "paused" else AuditAction.SINK_RESUMED
        await self._note(principal, action, before=before, after=row)
        return await self._view(row)

    async def remove(self, principal: Principal) -> None:
        """Send the log nowhere any more; raises SinkMissing."""
        row = await self.row()
        await self._session.delete(row)
        await record(self._session, principal, AuditAction.SINK_REMOVED, target=None, before=_record(row))
        emit(self._session, SinkRemoved())

    async def row(self) -> AuditSink:
        """The stored destination; raises SinkMissing."""
        row = await self.row_or_none()
        if row is None:
            raise SinkMissing
        return row

    async def row_or_none(self) -> AuditSink | None:
        tenant_id: UUID = self._session.info["tenant_id"]
        return await self._session.get(AuditSink, tenant_id)

    def _keep_header(self, row: AuditSink, data: SinkSet, *, url: str) -> None:
        if data.header_name is None:
            row.header_name = row.header_sealed = None
        elif data.header_value is not None:
            row.header_name = data.header_name
            row.header_sealed = self._secrets.seal(data.header_value, tenant_id=row.tenant_id)
        elif row.header_sealed is None or (row.url, row.header_name) != (url, data.header_name):
            raise SinkInvalid("The header has no value.", remedy="Enter it, also when only the address is new.")

    async def _last_position(self) -> int:
        return (await self._session.execute(select(func.coalesce(func.max(AuditSeal.position), 0)))).scalar_one()

    async def _note(
        self, principal: Principal, action: AuditAction, *, before: SinkRecord | None, after: AuditSink
    ) -> None:
        await record(self._session, principal, action, target=None, before=before, after=_record(after))
        emit(self._session, SinkChanged(state=after.state))

    async def _view(self, row: AuditSink) -> Sink:
        return Sink(
            url=row.url,
            header_name=row.header_name,
            state="paused" if row.state == "paused" else "active",
            position=row.position,
            behind=max(0, await self._last_position() - row.position),
            failures=row.failures,
            last_error=row.last_error,
            last_error_at=row.last_error_at,
            last_delivered_at=row.last_delivered_at,
            next_attempt_at=row.next_attempt_at,
        )


def _record(row: AuditSink) -> SinkRecord:
    return SinkRecord(url=row.url, header_name=row.header_name, state=row.state)
