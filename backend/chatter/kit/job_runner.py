"""Takes jobs and runs them: fair between tenants, one heartbeat a job, lapsed jobs taken back."""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from chatter.kit.errors import ChatterError
from chatter.kit.identifiers import new_id
from chatter.kit.jobs import JobCancelled, JobContext, JobFailure, JobKind
from chatter.kit.services import Services

__all__ = ["HEARTBEAT_SECONDS", "LAPSE_SECONDS", "JobRunner"]

HEARTBEAT_SECONDS = 3
LAPSE_SECONDS = 15
"""A running job whose heartbeat is older belongs to a process that is gone."""

log = structlog.get_logger()

# The tenant that was served longest ago comes first; within a tenant, the oldest job.
_TAKE = """
with taken as (
    update job set state = 'running', attempts = attempts + 1, heartbeat_at = now(), worker = $1
    where (tenant_id, id) = (
        select j.tenant_id, j.id from job j left join job_turn t on t.tenant_id = j.tenant_id
        where j.state = 'queued' and j.run_after <= now()
        order by t.last_taken_at nulls first, j.created_at
        limit 1 for update of j skip locked)
    returning tenant_id, id, kind, payload, attempts, max_attempts),
turn as (
    insert into job_turn (tenant_id) select tenant_id from taken
    on conflict (tenant_id) do update set last_taken_at = clock_timestamp())
select * from taken
"""
_FINISH = """
update job set state = $4, finished_at = case when $4 = 'queued' then null else now() end,
    run_after = now() + $5 * interval '1 second', worker = null, error_code = $6, error_detail = $7, error_remedy = $8
where tenant_id = $1 and id = $2 and worker = $3 and state = 'running'
"""
_SWEEP = """
update job set state = 'queued', worker = null, run_after = now()
where state = 'running' and heartbeat_at < now() - $1 * interval '1 second'
"""


def _worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-8:]}"


@dataclass
class JobRunner:
    """Runs the jobs of one worker process."""

    services: Services
    kinds: Sequence[JobKind[Any]]
    name: str = field(default_factory=_worker_name)

    async def take(self) -> bool:
        """Take the next job, if there is one, and run it to its end. True when there was one."""
        async with self.services.database.platform() as connection:
            row = await connection.fetchrow(_TAKE, self.name)
        if row is None:
            return False
        await self._run(row)
        return True

    async def sweep(self) -> int:
        """Take back the jobs of processes that are gone; send a ticket for each that waits. Returns how many do."""
        async with self.services.database.platform() as connection:
            await connection.execute(_SWEEP, LAPSE_SECONDS)
            waiting: int = await connection.fetchval(
                "select count(*) from job where state = 'queued' and run_after <= now()"
            )
        await self.services.tickets.send(min(waiting, 100))
        return waiting

    async def _run(self, row: asyncpg.Record) -> None:
        context = JobContext(self.services, row["tenant_id"], row["id"], row["attempts"], self.name)
        with structlog.contextvars.bound_contextvars(
            job=str(row["id"]), kind=row["kind"], tenant=str(row["tenant_id"])
        ):
            kind = next((kind for kind in self.kinds if kind.name == row["kind"]), None)
            if kind is None:
                failure = JobFailure("jobs.unknown_kind", f"No worker knows {row['kind']}.", "Update the workers.")
                await self._finish(context, "failed", failure=failure)
                return
            payload = msgspec.json.decode(row["payload"], type=kind.payload)
            beat = asyncio.create_task(self._beat(context))
            try:
                # In a task of its own: a cancellation that a library swallows would break every later time-out here.
                await asyncio.create_task(
                    self._attempt(kind, context, payload, last=row["attempts"] >= row["max_attempts"])
                )
            finally:
                beat.cancel()
                with suppress(asyncio.CancelledError):
                    await beat

    async def _attempt(self, kind: JobKind[Any], context: JobContext, payload: Any, *, last: bool) -> None:
        try:
            await kind.handle(context, payload)
        except JobCancelled:
            await self._finish(context, "cancelled")
        except ChatterError as error:
            await self._failed(kind, context, payload, error, for_good=last or not error.retryable)
        except asyncio.CancelledError:
            await asyncio.shield(self._finish(context, "queued"))  # a stopping worker gives its job back
            raise
        except Exception as error:
            log.exception("job_failed", attempt=context.attempt)
            await self._failed(kind, context, payload, error, for_good=last)
        else:
            await self._finish(context, "done")

    async def _failed(
        self, kind: JobKind[Any], context: JobContext, payload: Any, error: Exception, *, for_good: bool
    ) -> None:
        if isinstance(error, ChatterError):
            failure = JobFailure(error.code, error.detail, error.remedy)
        else:
            failure = JobFailure(
                "internal", "Something went wrong on our side.", "Try again; if it fails again, tell your operator."
            )
        if not for_good:
            await self._finish(context, "queued", failure=failure, delay=min(2**context.attempt, 60))
            return
        if kind.gave_up is not None:
            await kind.gave_up(context, payload, failure)
        await self._finish(context, "failed", failure=failure)

    async def _finish(
        self, context: JobContext, state: str, *, failure: JobFailure | None = None, delay: float = 0
    ) -> None:
        code, detail, remedy = (failure.code, failure.detail, failure.remedy) if failure else (None, None, None)
        async with self.services.database.platform() as connection:
            await connection.execute(
                _FINISH, context.tenant_id, context.job_id, self.name, state, delay, code, detail, remedy
            )
        if state == "queued" and delay == 0:
            await self.services.tickets.send()

    async def _beat(self, context: JobContext) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self._heartbeat(context.tenant_id, context.job_id)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                log.warning("heartbeat_missed")

    async def _heartbeat(self, tenant_id: UUID, job_id: UUID) -> None:
        async with self.services.database.connection(tenant_id) as connection:
            await connection.execute(
                "update job set heartbeat_at = now() where tenant_id = $1 and id = $2 and worker = $3",
                tenant_id,
                job_id,
                self.name,
            )
