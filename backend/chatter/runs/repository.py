"""The rows of runs. Each call is one round trip to a function that binds the tenant itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatter.kit.db.database import Database, HotConnection
from chatter.runs.checkpoint_batch import CheckpointBatch
from chatter.runs.frames import Part
from chatter.runs.schemas import RunError, RunState

__all__ = [
    "LEASE_SECONDS",
    "Beat",
    "Closing",
    "EndedRun",
    "Grant",
    "LapsedRun",
    "Lapsing",
    "Reading",
    "RunHead",
    "RunRepository",
    "StoredParts",
]

LEASE_SECONDS = 8
SOON_SECONDS = 5
"""A lease that has no more than this left was not renewed in time: its holder may be gone."""

_LAPSING = """
select tenant_id, id, kind, lease_expires_at < now() from run
where state in ('queued', 'running') and lease_expires_at < now() + make_interval(secs => $1)
order by lease_expires_at limit $2
"""
_STEPS = f"select {CheckpointBatch.call(first=4)}"
_ENDED = """
select kind, subject_id, state, last_seq, error_code, error_message, error_remedy, request_id
from run where tenant_id = $1 and id = $2
"""
_ASK_ALL_TO_STOP = """
update run set cancel_requested_at = now(),
    lease_expires_at = case when lease_expires_at = 'infinity' then now() else lease_expires_at end
where tenant_id = $1 and state in ('queued', 'running') and cancel_requested_at is null returning id
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to write to a run: whoever holds its present fence."""

    tenant_id: UUID
    run_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Beat:
    """What a heartbeat found: the lease still ours or not, whether somebody asked to stop, how much was said to it."""

    run_id: UUID
    held: bool
    cancelled: bool
    inbox: int


@dataclass(frozen=True, slots=True)
class RunHead:
    """A run's row, as its owner may see it."""

    id: UUID
    kind: str
    subject_id: UUID
    state: str
    fence: int
    last_seq: int
    error_code: str | None
    error_message: str | None
    error_remedy: str | None
    cancel_requested_at: datetime | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.state not in {RunState.QUEUED, RunState.RUNNING}


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody may read of a run, theirs or not."""

    owned: bool
    state: str
    last_seq: int
    hidden: frozenset[UUID]
    """Documents that they may not see."""

    @property
    def is_over(self) -> bool:
        return self.state not in {RunState.QUEUED, RunState.RUNNING}


@dataclass(frozen=True, slots=True)
class EndedRun:
    """What a run's row says of its end."""

    kind: str
    subject_id: UUID
    state: str
    last_seq: int
    error: RunError | None
    request_id: str


@dataclass(frozen=True, slots=True)
class StoredParts:
    """Parts in order, and whether the run was over when they were read (then they are all)."""

    parts: list[Part]
    is_over: bool


@dataclass(frozen=True, slots=True)
class Lapsing:
    """A run whose lease has run out, or was not renewed in time."""

    tenant_id: UUID
    run_id: UUID
    kind: str
    lapsed: bool


@dataclass(frozen=True, slots=True)
class LapsedRun:
    """A run taken over from a process that stopped renewing its lease, or gave it back."""

    grant: Grant
    kind: str
    subject_id: UUID
    owner_id: UUID
    request_id: str
    cancelled: bool
    released: bool
    """Its holder gave it back: all that was shown of it is stored."""


class RunRepository:
    """Reads and writes runs on the hot pool."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hot = database.hot

    async def append(self, grants: Sequence[Grant], *, parts: Sequence[Part]) -> set[UUID]:
        """Store one part for each grant; returns the runs that are no longer ours."""
        rows = await self._hot.fetch(
            "select * from run_append($1, $2, $3, $4, $5, $6)",
            *_columns(grants),
            *([part.first for part in parts], [part.last for part in parts], [part.frames for part in parts]),
        )
        return {row[0] for row in rows}

    async def beat(self, grants: Sequence[Grant]) -> list[Beat]:
        """Renew the leases."""
        rows = await self._hot.fetch("select * from run_beat($1, $2, $3, $4)", *_columns(grants), LEASE_SECONDS)
        return [Beat(*row) for row in rows]

    async def ask_all_to_stop(self, tenant_id: UUID) -> list[UUID]:
        """Ask every run of an organisation to stop; returns those that were not asked before."""
        async with self._database.connection(tenant_id) as connection:
            rows = await connection.fetch(_ASK_ALL_TO_STOP, tenant_id)
        return [row["id"] for row in rows]

    async def head(self, tenant_id: UUID, *, run_id: UUID, owner_id: UUID) -> RunHead | None:
        """Return the run when it is this person's."""
        row = await self._hot.fetchrow("select * from run_head($1, $2, $3)", tenant_id, run_id, owner_id)
        return None if row is None else RunHead(*row)

    async def reading(self, tenant_id: UUID, *, run_id: UUID, user_id: UUID) -> Reading | None:
        """Return what this person may read of the run; None when that is nothing."""
        row = await self._hot.fetchrow("select * from run_reading($1, $2, $3)", tenant_id, run_id, user_id)
        return None if row is None else Reading(row[0], row[1], row[2], frozenset(row[3]))

    async def ended(self, tenant_id: UUID, *, run_id: UUID) -> EndedRun | None:
        """Return how a run ended, whoever asks; None when it is gone."""
        async with self._database.connection(tenant_id) as connection:
            row = await connection.fetchrow(_ENDED, tenant_id, run_id)
        if row is None:
            return None
        code, message, remedy = row["error_code"], row["error_message"] or "", row["error_remedy"]
        error = None if code is None else RunError(code=code, message=message, remedy=remedy)
        return EndedRun(row["kind"], row["subject_id"], row["state"], row["last_seq"], error, row["request_id"])

    async def parts(self, tenant_id: UUID, *, run_id: UUID, after: int) -> StoredParts:
        """Return what is stored beyond `after`. A run that does not exist (any more) is over."""
        rows = await self._hot.fetch("select * from run_parts($1, $2, $3)", tenant_id, run_id, after)
        parts = [Part(row[0], row[1], row[2]) for row in rows if row[0] is not None]
        return StoredParts(parts=parts, is_over=all(row[3] for row in rows))

    async def close(self, connection: HotConnection, grant: Grant, *, closing: "Closing") -> bool:
        """Close a run inside the caller's transaction; False when the fence has moved."""
        ids = (grant.tenant_id, grant.run_id, grant.fence)
        if closing.steps is not None:
            await connection.execute(_STEPS, *ids, *closing.steps.columns())
        closed: bool = await connection.fetchval(
            "select run_close($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", *ids, *closing.columns()
        )
        return closed

    async def release(self, grant: Grant, *, parts: Sequence[Part]) -> bool:
        """Give a lease back with the last events; False when it was not ours any more."""
        released: bool = await self._hot.fetchval(
            "select run_release($1, $2, $3, $4, $5, $6)",
            *(grant.tenant_id, grant.run_id, grant.fence),
            *([part.first for part in parts], [part.last for part in parts], [part.frames for part in parts]),
        )
        return released

    async def park(self, grant: Grant, *, parts: Sequence[Part]) -> bool:
        """Give a lease back until the run is woken; False when it was not ours any more."""
        parked: bool = await self._hot.fetchval(
            "select run_park($1, $2, $3, $4, $5, $6)",
            *(grant.tenant_id, grant.run_id, grant.fence),
            *([part.first for part in parts], [part.last for part in parts], [part.frames for part in parts]),
        )
        return parked

    async def lapsing(self, *, limit: int) -> list[Lapsing]:
        """Return the runs of all tenants whose lease has run out or soon will, the longest first."""
        async with self._database.platform() as connection:
            rows = await connection.fetch(_LAPSING, float(SOON_SECONDS), limit)
        return [Lapsing(*row) for row in rows]

    async def seize(self, tenant_id: UUID, *, run_id: UUID, lease_owner: str) -> LapsedRun | None:
        """Take a lapsed lease and move the fence; None when somebody else was faster or its holder came back."""
        row = await self._hot.fetchrow(
            "select * from run_seize($1, $2, $3, $4)", tenant_id, run_id, lease_owner, LEASE_SECONDS
        )
        if row is None:
            return None
        return LapsedRun(Grant(tenant_id, run_id, row[0]), row[1], row[2], row[3], row[4], row[5], row[6])


@dataclass(frozen=True, slots=True)
class Closing:
    """How a run ends: its state, what went wrong, its last events and its last checkpoints."""

    state: RunState
    parts: Sequence[Part]
    error_code: str | None = None
    error_message: str | None = None
    error_remedy: str | None = None
    steps: CheckpointBatch | None = None

    def columns(self) -> tuple[object, ...]:
        """The arguments of run_close after the grant."""
        return (
            *(self.state.value, self.error_code, self.error_message, self.error_remedy),
            *([part.first for part in self.parts], [part.last for part in self.parts]),
            [part.frames for part in self.parts],
        )


def _columns(grants: Sequence[Grant]) -> tuple[list[UUID], list[UUID], list[int]]:
    return (
        [grant.tenant_id for grant in grants],
        [grant.run_id for grant in grants],
        [grant.fence for grant in grants],
    )
