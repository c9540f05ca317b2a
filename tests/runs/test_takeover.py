"""A run outlives its process: another goes on with it, and no reader misses, repeats or is misled by an event."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from uuid import UUID

import pytest

from chatter.runs.frames import texts
from chatter.runs.log import AHEAD
from chatter.runs.ports import ActiveRun
from chatter.runs.repository import Beat, Grant
from tests.chat.network import Cable
from tests.runs.conftest import Process
from tests.runs.test_engine import Gate, frames_of, numbers, state_of, stored
from tests.runs.work import ScriptedWork


async def say_the_rest(run: ActiveRun) -> None:
    run.log.text("after")


async def get_nowhere(_: ActiveRun) -> None:
    await asyncio.Event().wait()


async def test_a_run_that_was_given_back_goes_on_elsewhere_at_once(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    elsewhere.kind.script = say_the_rest
    gate = Gate()
    grant, _ = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    began = asyncio.get_running_loop().time()
    await here.engine.stop()
    revived = await _revived(elsewhere, grant)
    assert asyncio.get_running_loop().time() - began < 1
    assert revived.text == "before after"
    frames = await stored(elsewhere, tenant_id=tenant_id, run_id=grant.run_id)
    assert b'"name":"void"' not in b"".join(frames)
    assert numbers(frames) == list(range(1, len(frames) + 1))
    assert await state_of(elsewhere, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id) == "finished"


async def test_a_run_whose_lease_lapses_goes_on_elsewhere(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    elsewhere.kind.script = say_the_rest
    gate = Gate()
    grant, _ = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    await _until_stored(here, tenant_id=tenant_id, run_id=grant.run_id)
    await _let_lapse(here, tenant_id=tenant_id, run_id=grant.run_id)
    revived = await _revived(elsewhere, grant)
    assert revived.text == "before after"
    frames = await stored(elsewhere, tenant_id=tenant_id, run_id=grant.run_id)
    assert numbers(frames) == list(range(1, len(frames) + 1))
    assert sum(b'"name":"void"' in frame for frame in frames) == AHEAD


async def test_a_run_is_taken_over_although_redis_does_not_answer(
    here: Process,
    clogged: Process,
    cable: Cable,
    tenant_id: UUID,
    owner_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def no_beat(_: Sequence[Grant]) -> list[Beat]:
        return []

    monkeypatch.setattr(here.engine.repository, "beat", no_beat)
    clogged.kind.script = say_the_rest
    gates = [Gate(), Gate()]
    grants = [(await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id))[0] for gate in gates]
    for gate, grant in zip(gates, grants, strict=True):
        await gate.reached.wait()
        await _until_stored(here, tenant_id=tenant_id, run_id=grant.run_id)
    cable.clog()
    for grant in grants:
        await _let_lapse(here, tenant_id=tenant_id, run_id=grant.run_id)
    for grant in grants:
        revived = await _revived(clogged, grant)
        assert revived.text == "before after"
        state = await state_of(clogged, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id)
        assert state == "finished"


async def test_a_run_is_read_elsewhere_although_redis_does_not_answer(
    here: Process, clogged: Process, cable: Cable, tenant_id: UUID, owner_id: UUID
) -> None:
    gate = Gate()
    grant, work = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    cable.clog()
    reading = asyncio.create_task(frames_of(clogged.engine.followers.read(tenant_id, run_id=grant.run_id, after=0)))
    gate.open.set()
    await work.ended.wait()
    frames = await asyncio.wait_for(reading, 20)
    assert "".join(texts(frames)) == "before after"
    assert numbers(frames) == list(range(1, len(frames) + 1))


async def test_who_read_more_than_was_kept_misses_nothing_of_what_follows(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    """The reader has an event that no other process knows of: the numbers after it are the successor's."""
    elsewhere.kind.script = say_the_rest
    gate = Gate()
    grant, _ = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    ahead = AHEAD - 1
    await _let_lapse(here, tenant_id=tenant_id, run_id=grant.run_id)
    rest = await asyncio.wait_for(
        frames_of(elsewhere.engine.followers.read(tenant_id, run_id=grant.run_id, after=ahead)), 10
    )
    assert numbers(rest) == list(range(ahead + 1, ahead + 1 + len(rest)))
    assert b"RUN_FINISHED" in rest[-1]


async def test_readers_are_never_further_ahead_than_a_successor_skips(
    here: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    active = _Unkept()
    grant, work = await here.begin(active, tenant_id=tenant_id, owner_id=owner_id)
    await active.reached.wait()
    run = here.engine.find(grant.run_id)
    assert run is not None
    assert run.log.last_seq > AHEAD
    assert run.log.shown <= max(run.log.saved, run.log.confirmed) + AHEAD
    active.open.set()
    await work.ended.wait()
    assert run.log.shown == run.log.last_seq


async def test_whoever_was_only_asleep_is_fenced_off_and_its_readers_find_the_successor(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    elsewhere.kind.script = say_the_rest
    gate = Gate()
    grant, work = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    active = here.engine.find(grant.run_id)
    assert active is not None
    reading = asyncio.create_task(frames_of(active.log.read(after=0)))
    await _until_stored(here, tenant_id=tenant_id, run_id=grant.run_id)
    await _let_lapse(here, tenant_id=tenant_id, run_id=grant.run_id)
    await _revived(elsewhere, grant)
    seen = await asyncio.wait_for(reading, 10)
    assert here.engine.find(grant.run_id) is None
    assert not work.ended.is_set()
    rest = await frames_of(here.engine.followers.read(tenant_id, run_id=grant.run_id, after=len(seen)))
    assert numbers(seen + rest) == list(range(1, len(seen + rest) + 1))
    assert "".join(texts(seen + rest)) == "before after"


async def test_a_run_that_gets_nowhere_ends_with_an_error_that_offers_retry(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    elsewhere.kind.script = here.kind.script = get_nowhere
    gate = Gate()
    grant, _ = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    await _until_stored(here, tenant_id=tenant_id, run_id=grant.run_id)
    fence = grant.fence
    while await state_of(here, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id) == "running":
        fence = await _until_taken(here, grant=grant, after=fence)
    frames = await stored(here, tenant_id=tenant_id, run_id=grant.run_id)
    assert b'"code":"runs.process_lost"' in frames[-1]
    assert b'"remedy":"Ask again.' in frames[-1]
    assert "".join(texts(frames)) == "before "
    assert fence == grant.fence + 4


async def test_a_run_that_was_to_be_stopped_is_stopped_by_whoever_takes_it(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    gate = Gate()
    grant, _ = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    async with here.services.database.connection(tenant_id) as connection:
        await connection.execute("select run_cancel($1, $2, $3)", tenant_id, grant.run_id, owner_id)
    await here.engine.stop()
    await _revived(elsewhere, grant)
    assert await state_of(elsewhere, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id) == "cancelled"


async def test_nothing_is_sent_to_redis_while_the_lease_is_in_doubt(here: Process) -> None:
    keeper = here.engine._keeper
    assert not keeper.in_doubt()
    keeper._kept_at -= 7
    assert keeper.in_doubt()


class _Unkept(Gate):
    """Says more at once than any flush has taken."""

    async def __call__(self, run: ActiveRun) -> None:
        for _ in range(AHEAD + 10):
            run.log.text("word ")
            run.log.flush_text()
        self.reached.set()
        await self.open.wait()


async def _revived(process: Process, grant: Grant) -> ScriptedWork:
    """Wait until the process has taken the run and ended it."""
    async with asyncio.timeout(10):
        await process.kind.taken[grant.run_id].wait()
        await process.kind.revived[grant.run_id].ended.wait()
    return process.kind.revived[grant.run_id]


async def _until_taken(process: Process, *, grant: Grant, after: int) -> int:
    async with asyncio.timeout(10):
        while True:  # a heartbeat of who has it may come in between
            await _let_lapse(process, tenant_id=grant.tenant_id, run_id=grant.run_id)
            async with process.services.database.connection(grant.tenant_id) as connection:
                fence: int = await connection.fetchval(
                    "select fence from run where tenant_id = $1 and id = $2", grant.tenant_id, grant.run_id
                )
            if fence > after:
                return fence
            await asyncio.sleep(0.2)


async def _let_lapse(process: Process, *, tenant_id: UUID, run_id: UUID) -> None:
    async with process.services.database.connection(tenant_id) as connection:
        await connection.execute(
            "update run set lease_expires_at = now() - interval '1 second' where tenant_id = $1 and id = $2",
            *(tenant_id, run_id),
        )


async def _until_stored(process: Process, *, tenant_id: UUID, run_id: UUID) -> None:
    """Follow the run as another process would: what comes from there outlives this one."""
    async with (
        asyncio.timeout(10),
        aclosing(process.engine.followers.read(tenant_id, run_id=run_id, after=0)) as frames,
    ):
        await anext(frames)
