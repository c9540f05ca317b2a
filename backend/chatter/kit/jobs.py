"""Background jobs: the row in Postgres is the job; ARQ only carries the word that there is one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import CheckConstraint, DateTime, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel
from chatter.kit.db.database import HotConnection, after_commit
from chatter.kit.identifiers import new_id
from chatter.kit.services import Services
from chatter.kit.tickets import Tickets

__all__ = ["Job", "JobCancelled", "JobContext", "JobKind", "JobQueue"]

P = TypeVar("P", bound=msgspec.Struct)
_ENQUEUE = "insert into job (tenant_id, id, kind, payload, subject, max_attempts) values ($1, $2, $3, $4, $5, $6)"


class JobCancelled(Exception):
    """Raised by a progress report when somebody asked the job to stop."""


@dataclass(frozen=True)
class JobContext:
    """What a handler knows about the job in hand."""

    services: Services
    tenant_id: UUID
    job_id: UUID
    attempt: int
    worker: str
    """The worker's name, which fences its writes: a job that was taken away can't report progress."""

    async def progress(self, stage: str, *, done: int, total: int) -> None:
        """Store how far the job is, which is also its heartbeat; raises JobCancelled when it should stop."""
        async with self.services.database.connection(self.tenant_id) as connection:
            cancelled = await connection.fetchval(
                "update job set stage = $3, done = $4, total = $5, heartbeat_at = now() "
                "where tenant_id = $1 and id = $2 and worker = $6 and state = 'running' returning cancel_requested",
                *(self.tenant_id, self.job_id, stage, done, total, self.worker),
            )
        if cancelled is not False:
            raise JobCancelled


@dataclass(frozen=True, kw_only=True)
class JobKind(Generic[P]):
    """A kind of work: its stable name, the type of its payload, and what does it. Handlers must bear a second call."""

    name: str
    payload: type[P]
    handle: Callable[[JobContext, P], Awaitable[None]]
    gave_up: Callable[[JobContext, P, "JobFailure"], Awaitable[None]] | None = None
    """Called once when the job has failed for good, to leave the subject in an honest state."""
    max_attempts: int = 5


@dataclass(frozen=True)
class JobFailure:
    """Why a job failed for good; the texts may be shown to people."""

    code: str
    detail: str
    remedy: str | None


class Job(TenantModel):
    """One unit of background work."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state in ('queued', 'running', 'done', 'failed', 'cancelled')", name="job_state"),
    )

    kind: Mapped[str]
    payload: Mapped[str]
    subject: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default="queued", server_default="queued")
    stage: Mapped[str] = mapped_column(default="", server_default="")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    max_attempts: Mapped[int]
    run_after: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    heartbeat_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    worker: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    error_remedy: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class JobQueue:
    """Puts work into the queue of the bound tenant; without tickets, for a command, a sweep finds it within seconds."""

    def __init__(self, tickets: Tickets | None) -> None:
        self._tickets = tickets

    async def enqueue(
        self, session: AsyncSession, kind: JobKind[P], payload: P, *, subject: UUID | None = None
    ) -> UUID:
        """Write the job in this transaction; the ticket leaves after the commit. Returns the job's id."""
        job_id = new_id()
        session.add(
            Job(
                tenant_id=session.info["tenant_id"],
                id=job_id,
                kind=kind.name,
                payload=msgspec.json.encode(payload).decode(),
                subject=subject,
                max_attempts=kind.max_attempts,
            )
        )
        if self._tickets is not None:
            after_commit(session, self._tickets.send)
        return job_id

    async def enqueue_on(
        self, connection: HotConnection, kind: JobKind[P], payload: P, *, tenant_id: UUID, subject: UUID | None = None
    ) -> None:
        """The same for what writes on the hot pool; the caller wakes the workers after its commit."""
        text = msgspec.json.encode(payload).decode()
        await connection.execute(_ENQUEUE, tenant_id, new_id(), kind.name, text, subject, kind.max_attempts)

    async def wake(self) -> None:
        """Send a ticket for a job that was committed."""
        if self._tickets is not None:
            await self._tickets.send()
