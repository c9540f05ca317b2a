"""A kind of run for tests of the engine: it does what the test says, and ends in a row like any other."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id
from chatter.kit.telemetry import run_id
from chatter.runs.engine import RunEngine
from chatter.runs.ports import ActiveRun, Ending, Told
from chatter.runs.repository import LEASE_SECONDS, Grant, LapsedRun, RunRepository
from chatter.runs.schemas import Outcome, RunFinished, RunState, StreamEvent, failed

KIND = "test"


async def nothing(_: ActiveRun) -> None:
    """There was nothing left to do."""


@dataclass
class ScriptedWork:
    """Executes `script`; closes as the engine says."""

    repository: RunRepository
    database: Database
    script: Callable[[ActiveRun], Awaitable[None]]
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    text: str = ""
    left: str | None = None
    """What it had written when it was left to another process."""
    closed_as: UUID | None = None
    """The run that rows of the audit log would have named at the end."""

    async def execute(self, run: ActiveRun) -> None:
        if run.continued:
            run.log.resume_text(run.grant.run_id, text=run.log.text_so_far)
        else:
            run.log.begin_text(run.grant.run_id)
        await self.script(run)

    async def close(self, run: ActiveRun, *, ending: Ending) -> bool:
        self.text, self.closed_as = run.log.text_so_far, run_id.get()
        closing, frames = run.closing(ending, events=[_last_event(run, ending=ending)])
        async with self.database.connection(run.grant.tenant_id) as connection:
            held = await self.repository.close(connection, run.grant, closing=closing)
        if held:
            run.log.publish(frames)
        self.ended.set()
        return held

    async def hand_over(self, run: ActiveRun) -> None:
        self.left = run.log.text_so_far


@dataclass
class ScriptedKind:
    """Goes on with what other processes left, by `script`."""

    repository: RunRepository
    database: Database
    script: Callable[[ActiveRun], Awaitable[None]] = nothing
    revived: dict[UUID, ScriptedWork] = field(default_factory=dict)
    name: str = KIND
    taken: defaultdict[UUID, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def prepare(self) -> None:
        """Nothing takes time here."""

    def revive(self, lapsed: LapsedRun) -> ScriptedWork:
        work = ScriptedWork(self.repository, self.database, self.script)
        self.revived[lapsed.grant.run_id] = work
        self.taken[lapsed.grant.run_id].set()
        return work

    async def told(self, tenant_id: UUID, *, subject_id: UUID) -> Told:
        return Told("What it said.", Outcome.ANSWERED)


async def open_run(engine: RunEngine, database: Database, *, tenant_id: UUID, owner_id: UUID) -> Grant:
    """Store a run whose lease the engine holds."""
    grant = Grant(tenant_id, new_id(), 1)
    await database.hot.execute(
        "select run_open($1, $2, $3, $4, $5, $6, $7, $8)",
        *(tenant_id, grant.run_id, KIND, new_id(), owner_id, engine.name, LEASE_SECONDS, "request"),
    )
    return grant


def _last_event(run: ActiveRun, *, ending: Ending) -> StreamEvent:
    if ending.error is not None:
        return failed(ending.error, request_id=run.request_id)
    outcome = Outcome.CANCELLED if ending.state is RunState.CANCELLED else Outcome.ANSWERED
    return RunFinished(run_id=run.grant.run_id, outcome=outcome)
