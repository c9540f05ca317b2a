"""Reading and stopping runs, by their owner; following them, by whoever sees what they work on."""

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from uuid import UUID

import structlog
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.kit.db.database import after_commit
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.kit.telemetry import request_id
from chatter.runs.engine import RunEngine
from chatter.runs.errors import RunNotFound
from chatter.runs.events import RunCancelRequested
from chatter.runs.frames import split
from chatter.runs.permissions import RunAction
from chatter.runs.ports import ActiveRun
from chatter.runs.repository import Reading, RunHead
from chatter.runs.schemas import Run, RunError, RunState
from chatter.runs.sharing import shared
from chatter.runs.trimmed import end_of

__all__ = ["RunService"]

_SAY = text("""
update run set inbox = inbox + 1
where tenant_id = :tenant and id = :run and owner_id = :owner and state in ('queued', 'running') returning inbox
""")

_QUEUE = text("""
insert into run (tenant_id, id, kind, subject_id, owner_id, state, fence, lease_expires_at, request_id, tools)
values (:tenant, :run, :kind, :subject, :owner, 'queued', 0, now(), :request, :tools)
""")

log = structlog.get_logger()


class RunService:
    """Somebody else's run is absent, whatever the role; its events are there where it was shared."""

    def __init__(self, engine: RunEngine) -> None:
        self._engine = engine

    async def run(self, principal: Principal, *, run_id: UUID) -> Run:
        """Return the run as stored."""
        return _to_schema(await self._head(principal, run_id=run_id))

    async def history(self, principal: Principal, *, run_id: UUID) -> tuple[Run, list[bytes]]:
        """Return the person's run with the frames of its events so far."""
        head = await self._head(principal, run_id=run_id)
        if (active := self._own_active(principal, run_id=run_id)) is not None:
            return _to_schema(head), list(active.log.frames)
        stored = await self._engine.repository.parts(principal.tenant_id, run_id=run_id, after=0)
        return _to_schema(head), [frame for part in stored.parts for frame in split(part.frames)]

    async def is_shared(self, principal: Principal, *, run_id: UUID) -> bool:
        """Say whether the principal may read the events of a run, whosever it is."""
        reading = self._engine.repository.reading(principal.tenant_id, run_id=run_id, user_id=principal.user_id)
        return await reading is not None

    async def queue(
        self,
        session: AsyncSession,
        principal: Principal,
        *,
        run_id: UUID,
        kind: str,
        subject_id: UUID,
        tools: Sequence[str],
    ) -> None:
        """Make a run of the principal's that nobody has yet: whoever takes runs takes it once this is committed."""
        values = {
            "tenant": principal.tenant_id,
            "run": run_id,
            "kind": kind,
            "subject": subject_id,
            "owner": principal.user_id,
            "request": request_id.get(),
            "tools": list(tools),
        }
        await session.execute(_QUEUE, values)
        after_commit(session, self.tell_released)

    async def events(self, principal: Principal, *, run_id: UUID, after: int) -> AsyncGenerator[bytes] | None:
        """Return the frames after number `after`, gap-free, from wherever they are; None when there are no more."""
        if (active := self._own_active(principal, run_id=run_id)) is not None:
            return _from_memory(active, after=after)
        ask = partial(self._engine.repository.reading, principal.tenant_id, run_id=run_id, user_id=principal.user_id)
        reading = await ask()
        if reading is None:
            raise RunNotFound
        frames = await self._frames(principal.tenant_id, run_id=run_id, reading=reading, after=after)
        return frames if frames is None or reading.owned else shared(frames, reading, ask=ask)

    async def _frames(
        self, tenant_id: UUID, *, run_id: UUID, reading: Reading, after: int
    ) -> AsyncGenerator[bytes] | None:
        active = self._engine.find(run_id)
        if active is not None and active.grant.tenant_id == tenant_id:
            return _from_memory(active, after=after)
        if not reading.is_over:
            return self._engine.followers.read(tenant_id, run_id=run_id, after=after)
        if after >= reading.last_seq:
            return None
        stored = await self._engine.repository.parts(tenant_id, run_id=run_id, after=after)
        if not stored.parts:
            return _once(await end_of(self._engine, tenant_id, run_id=run_id, after=after))
        return _once(b"".join(part.after(after) for part in stored.parts))

    async def cancel(self, session: AsyncSession, principal: Principal, *, run_id: UUID) -> Run:
        """Ask for the run to stop, wherever it is executed; what it has written so far stays."""
        statement = text("select run_cancel(:tenant, :run, :owner)")
        values = {"tenant": principal.tenant_id, "run": run_id, "owner": principal.user_id}
        if (await session.execute(statement, values)).scalar_one() is None:
            raise RunNotFound
        await audit.record(session, principal, RunAction.CANCEL_REQUESTED, target=run_id, run_id=run_id)
        emit(session, RunCancelRequested(run_id=run_id))
        await session.execute(text("select run_wake(:tenant, :run, :owner)"), values)
        after_commit(session, lambda: self._tell(run_id))
        head = (await session.execute(text("select * from run_head(:tenant, :run, :owner)"), values)).one()
        return _to_schema(RunHead(*head))

    async def say(self, session: AsyncSession, principal: Principal, *, run_id: UUID) -> bool:
        """Let whoever executes a run of the person's look, once this is committed; False: it is over, or not theirs.

        The run can't end before this unit of work does.
        """
        values = {"tenant": principal.tenant_id, "run": run_id, "owner": principal.user_id}
        inbox: int | None = (await session.execute(_SAY, values)).scalar_one_or_none()
        if inbox is None:
            return False
        after_commit(session, lambda: self._tell_said(run_id, inbox=inbox))
        return True

    async def tell_released(self) -> None:
        """Tell all processes that there is a run to take."""
        try:
            await self._engine.wire.tell_released()
        except (RedisError, OSError) as error:  # whoever looks finds it within a second
            log.warning("run_not_announced", error=type(error).__name__)

    async def wake(self, session: AsyncSession, principal: Principal, *, run_id: UUID) -> bool:
        """Let a run of the person's that waits for them go on, once this is committed; False: it does not wait."""
        values = {"tenant": principal.tenant_id, "run": run_id, "owner": principal.user_id}
        woken: bool = (await session.execute(text("select run_wake(:tenant, :run, :owner)"), values)).scalar_one()
        if woken:
            after_commit(session, self.tell_released)
        return woken

    async def _tell_said(self, run_id: UUID, *, inbox: int) -> None:
        if self._engine.find(run_id) is not None:
            self._engine.hear(run_id, inbox=inbox)
            return
        try:
            await self._engine.wire.tell_said(run_id, inbox=inbox)
        except (RedisError, OSError) as error:  # the heartbeat of the process that has it finds it
            log.warning("said_not_published", run_id=str(run_id), error=type(error).__name__)

    async def _tell(self, run_id: UUID) -> None:
        if self._engine.find(run_id) is not None:
            self._engine.cancel(run_id)
            return
        try:
            await self._engine.wire.tell_released()
            await self._engine.wire.ask_to_cancel(run_id)
        except (RedisError, OSError) as error:  # the heartbeat of the process that has it finds the request
            log.warning("cancel_not_published", run_id=str(run_id), error=type(error).__name__)

    def _own_active(self, principal: Principal, *, run_id: UUID) -> ActiveRun | None:
        """Return the person's run when this process executes it. Somebody else's is looked for like one that is not."""
        active = self._engine.find(run_id)
        if active is None or active.owner_id != principal.user_id or active.grant.tenant_id != principal.tenant_id:
            return None
        return active

    async def _head(self, principal: Principal, *, run_id: UUID) -> RunHead:
        head = await self._engine.repository.head(principal.tenant_id, run_id=run_id, owner_id=principal.user_id)
        if head is None:
            raise RunNotFound
        return head


def _from_memory(active: ActiveRun, *, after: int) -> AsyncGenerator[bytes] | None:
    if active.log.over and after >= active.log.last_seq:
        return None
    return active.log.read(after=after)


async def _once(frames: bytes) -> AsyncGenerator[bytes]:
    yield frames


def _to_schema(head: RunHead) -> Run:
    error = None
    if head.error_code is not None:
        error = RunError(code=head.error_code, message=head.error_message or "", remedy=head.error_remedy)
    return Run(
        id=head.id,
        kind=head.kind,
        subject_id=head.subject_id,
        state=RunState(head.state),
        error=error,
        cancel_requested_at=head.cancel_requested_at,
        created_at=head.created_at,
        finished_at=head.finished_at,
    )
