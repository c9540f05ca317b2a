"""Executes runs as background tasks of this process: a run belongs to its lease, not to the request that began it.

A process that stops gives its leases back, and another goes on with the runs; one that is killed lets them lapse.
"""

import asyncio
import contextvars
import enum
import os
import socket
from collections.abc import Callable, Coroutine
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from chatter.kit.errors import ChatterError
from chatter.kit.identifiers import new_id
from chatter.kit.services import Services
from chatter.kit.telemetry import run_id as executed_run
from chatter.runs.errors import PROCESS_LOST, RunWaits
from chatter.runs.follower import Followers
from chatter.runs.frames import Part
from chatter.runs.handing_over import barren_takeovers, restored
from chatter.runs.lease import LeaseKeeper
from chatter.runs.log import LiveLog
from chatter.runs.ports import ActiveRun, Ending, RunKind, RunWork
from chatter.runs.publisher import DATABASE_AWAY, Publisher
from chatter.runs.repository import Grant, LapsedRun, Lapsing, RunRepository
from chatter.runs.schemas import Custom, RunError, RunState, StreamEvent, failed
from chatter.runs.wire import RunWire

__all__ = ["RunEngine"]

_KEEP_SECONDS = 20
"""A run that ended is served from memory for so long: who lost the connection at its end is back by then."""
_CLOSE_PATIENCE = 300.0
_SHUTDOWN_PATIENCE = 8.0
_MOST_BARREN_TAKEOVERS = 3
_MOST_TAKEOVERS = 20
_INTERNAL = RunError(
    code="runs.internal",
    message="Something went wrong on our side while the answer was made.",
    remedy="Ask again. If it fails again, tell your operator the request id.",
)
_NOT_SAVED = RunError(
    code="runs.not_saved",
    message="The database can't be reached, so the answer could not be saved.",
    remedy="Copy what you need and ask again later. Tell your operator.",
)

_LOOP_PAUSE = 1.0
_HAND_OVER_PATIENCE = 2.0
_CANCEL_AGAIN = 1.0
_AWAY: tuple[type[Exception], ...] = (*DATABASE_AWAY, RedisError)

log = structlog.get_logger()


class _Stop(enum.Enum):
    CANCELLED = enum.auto()
    LOST = enum.auto()
    SHUTDOWN = enum.auto()


class _Execution:
    """An active run with its task and why it was stopped, if it was."""

    __slots__ = ("inbox", "question", "run", "stop", "task", "work")

    def __init__(self, run: ActiveRun, *, work: RunWork) -> None:
        self.run = run
        self.work = work
        self.stop: _Stop | None = None
        self.inbox = 0
        """How much of what was said to it is known here."""
        self.question: StreamEvent | None = None
        """What a person has to decide before it goes on."""
        self.task: asyncio.Task[None] | None = None


class RunEngine:
    """The runs of one process, and the loops that publish, save and keep them."""

    def __init__(self, services: Services) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-8:]}"
        """Stands in `lease_owner`."""
        self.repository = RunRepository(services.database)
        self.wire = RunWire(services.redis)
        self.followers = Followers(services.redis, repository=self.repository, name=self.name)
        self._keeper = LeaseKeeper(self, redis=services.redis)
        self._publisher = Publisher(self.repository, wire=self.wire, lost=self._lose, in_doubt=self._keeper.in_doubt)
        self._kinds: dict[str, RunKind] = {}
        self._executions: dict[UUID, _Execution] = {}
        self._ended: dict[UUID, ActiveRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._leaving = False

    def register(self, kind: RunKind) -> None:
        """Make a kind of run known, so that runs another process left can be taken over."""
        self._kinds[kind.name] = kind

    def kind(self, name: str) -> RunKind | None:
        """The kind of this name, when the process knows it."""
        return self._kinds.get(name)

    def start(self) -> None:
        """Begin the loops; called once, when all kinds are registered or about to be."""
        loops = (self._publisher.send_forever, self._publisher.save_forever, self.followers.run_forever)
        self._loops = [asyncio.create_task(_kept_up(loop)) for loop in (*loops, *self._keeper.loops())]

    def hand_over(self) -> None:
        """Begin to give every run to whoever takes it, which is not us, and let readers go: they find it there."""
        self._leaving = True
        for execution in self._executions.values():
            self._stop_execution(execution, reason=_Stop.SHUTDOWN)
        self.followers.let_go()

    async def stop(self) -> None:
        """Hand every run over, then end the loops."""
        self.hand_over()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_SHUTDOWN_PATIENCE)
        await self._publisher.send_now()
        ending = [*self._loops, *self._tasks]
        left = set(ending)
        while left:  # what a library makes of a cancellation may be an error that a loop goes on after
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN)
        await asyncio.gather(*ending, return_exceptions=True)

    def admit(self, grant: Grant, *, owner_id: UUID, request_id: str, work: RunWork) -> None:
        """Execute a run whose row was committed with this process as the holder of its lease."""
        live = LiveLog(
            tenant_id=grant.tenant_id, run_id=grant.run_id, fence=grant.fence, changed=self._publisher.changed
        )
        execution = _Execution(ActiveRun(grant, owner_id, request_id, live), work=work)
        self._executions[grant.run_id] = execution
        self._spawn(grant.run_id, self._supervise(execution))

    def find(self, run_id: UUID) -> ActiveRun | None:
        """Return a run that this process executes or ended a moment ago."""
        execution = self._executions.get(run_id)
        return self._ended.get(run_id) if execution is None else execution.run

    def grants(self) -> list[Grant]:
        """The leases to keep."""
        return [execution.run.grant for execution in self._executions.values()]

    @property
    def unsaved(self) -> int:
        """How many runs have events that Postgres does not have yet."""
        return self._publisher.unsaved

    def cancel(self, run_id: UUID) -> None:
        """Stop a run at its owner's wish, when it is here."""
        if execution := self._executions.get(run_id):
            self._stop_execution(execution, reason=_Stop.CANCELLED)

    def hear(self, run_id: UUID, *, inbox: int) -> None:
        """Let a run that is at work here, and its readers, look at what was said to it."""
        execution = self._executions.get(run_id)
        if execution is None or execution.task is None or inbox <= execution.inbox:
            return
        execution.inbox = inbox
        execution.run.log.emit(Custom(name="inbox", value=None), border=True)
        execution.run.news.set()

    def lose(self, run_id: UUID) -> None:
        """Stop a run whose lease somebody else holds: nothing more may be written."""
        self._lose(run_id)

    def can_take(self, lapsing: Lapsing) -> bool:
        """Say whether a run could be taken over here, and get ready for it."""
        kind = self._kinds.get(lapsing.kind)
        if self._leaving or kind is None or lapsing.run_id in self._executions:
            return False
        kind.prepare()
        return True

    async def take_over(self, lapsed: LapsedRun) -> None:
        """Go on with a run that another process left; close it when it was to be stopped or gets nowhere."""
        by = self.name.rpartition(":")[2]  # the rest of the name is the operator's affair
        run = await restored(
            lapsed, repository=self.repository, keeper=self._keeper, changed=self._publisher.changed, by=by
        )
        execution = _Execution(run, work=self._kinds[lapsed.kind].revive(lapsed))
        run_id = lapsed.grant.run_id
        self._executions[run_id] = execution
        self._ended.pop(run_id, None)
        barren = barren_takeovers(run.log.frames, fence=lapsed.grant.fence)
        if lapsed.cancelled:
            self._spawn(run_id, self._finish(execution, ending=Ending(RunState.CANCELLED)))
        elif barren > _MOST_BARREN_TAKEOVERS or lapsed.grant.fence > _MOST_TAKEOVERS:
            self._spawn(run_id, self._finish(execution, ending=Ending(RunState.FAILED, PROCESS_LOST)))
        else:
            self._spawn(run_id, self._supervise(execution))

    def _lose(self, run_id: UUID) -> None:
        if execution := self._executions.get(run_id):
            self._stop_execution(execution, reason=_Stop.LOST)

    def _stop_execution(self, execution: _Execution, *, reason: _Stop) -> None:
        if execution.stop in {None, _Stop.CANCELLED}:
            execution.stop = reason
        if execution.task is not None:
            execution.task.cancel()

    def _spawn(self, run_id: UUID, coroutine: Coroutine[None, None, None]) -> None:
        """Work for a run in a task of its own, in which whatever is written down says so."""
        context = contextvars.copy_context()
        context.run(executed_run.set, run_id)
        task = asyncio.create_task(coroutine, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _supervise(self, execution: _Execution) -> None:
        ending = await self._execute(execution)
        if ending is None:
            await self._leave(execution)
        else:
            await self._finish(execution, ending=ending)

    async def _execute(self, execution: _Execution) -> Ending | None:
        """Do the work; None when it is left to another process."""
        if execution.stop is not None:
            return _stopped(execution.stop)
        execution.task = asyncio.create_task(execution.work.execute(execution.run))
        try:
            await execution.task
        except asyncio.CancelledError:
            return _stopped(execution.stop)
        except RunWaits as waits:
            execution.question = waits.question
            return None
        except ChatterError as error:
            return Ending(RunState.FAILED, RunError(code=error.code, message=error.detail, remedy=error.remedy))
        except Exception:  # the outermost edge of a run: whatever happened, its reader is told
            log.exception("run_failed", run_id=str(execution.run.grant.run_id))
            return Ending(RunState.FAILED, _INTERNAL)
        finally:
            execution.task = None
        return Ending(RunState.FINISHED)

    async def _leave(self, execution: _Execution) -> None:
        """Give the lease back with all that was shown, or know that it is gone; readers look for the run elsewhere."""
        run = execution.run
        run.log.flush_text()
        try:
            async with asyncio.timeout(_HAND_OVER_PATIENCE):
                await execution.work.hand_over(run)
        except Exception:  # what it knows may be lost; the run is not
            log.exception("run_left_untold", run_id=str(run.grant.run_id))
        if execution.stop is not _Stop.LOST:
            await self._publisher.send_now()
        parts = await self._publisher.release(run.log)
        self._executions.pop(run.grant.run_id, None)
        if execution.stop is not _Stop.LOST:
            try:
                await self._give_back(execution, parts=parts)
            except _AWAY as error:  # the lease lapses by itself
                log.warning("run_not_handed_over", run_id=str(run.grant.run_id), error=type(error).__name__)
        else:
            log.warning("run_lease_lost", run_id=str(run.grant.run_id))
        run.log.end()

    async def _give_back(self, execution: _Execution, *, parts: list[Part]) -> None:
        run = execution.run
        if execution.question is None:
            await self.repository.release(run.grant, parts=parts)
            await self.wire.tell_released()
            return
        frames = run.log.stage(execution.question)
        number = run.log.last_seq + 1
        if await self.repository.park(run.grant, parts=[*parts, Part(number, number, b"".join(frames))]):
            run.log.publish(frames)
            await self._publisher.send_now()

    async def _finish(self, execution: _Execution, *, ending: Ending) -> None:
        run = execution.run
        run.log.flush_text()
        run.unsaved = await self._publisher.release(run.log)
        held = await self._close(execution, ending=ending)
        run.unsaved = ()
        run.log.end()
        if held:
            self._retire(execution)
        else:
            log.warning("run_lease_lost", run_id=str(run.grant.run_id))
            self._executions.pop(run.grant.run_id, None)

    async def _close(self, execution: _Execution, *, ending: Ending) -> bool:
        """Store the end, with back-off while the database is away; at last tell the reader that it was not stored."""
        run, delay = execution.run, 0.1
        loop = asyncio.get_running_loop()
        give_up = loop.time() + _CLOSE_PATIENCE
        while True:
            try:
                return await execution.work.close(run, ending=ending)
            except DATABASE_AWAY as error:
                log.warning("run_end_not_saved", run_id=str(run.grant.run_id), error=type(error).__name__)
                if execution.stop is _Stop.SHUTDOWN:
                    return False
                if loop.time() > give_up:
                    break
            except Exception:  # the outermost edge of a run: a defect in closing must not leave its reader waiting
                log.exception("run_end_failed", run_id=str(run.grant.run_id))
                break
            await asyncio.sleep(delay)
            delay = min(delay * 2, 3.0)
        run.log.emit(failed(_NOT_SAVED, request_id=run.request_id))
        return True

    def _retire(self, execution: _Execution) -> None:
        """Serve late readers from memory for a while."""
        run_id = execution.run.grant.run_id
        self._executions.pop(run_id, None)
        self._ended[run_id] = execution.run
        asyncio.get_running_loop().call_later(_KEEP_SECONDS, self._ended.pop, run_id, None)


async def _kept_up(loop: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run a loop, and again after a defect: without its heartbeat a process would lose every run that it has."""
    while True:
        try:
            await loop()
        except Exception:  # the outermost edge of a loop
            log.exception("run_loop_failed", loop=loop.__qualname__)
        await asyncio.sleep(_LOOP_PAUSE)


def _stopped(reason: _Stop | None) -> Ending | None:
    return Ending(RunState.CANCELLED) if reason is _Stop.CANCELLED else None
