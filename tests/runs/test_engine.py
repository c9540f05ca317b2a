"""A run outlives its readers, can be read and stopped from anywhere, and always ends honestly."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from chatter.kit.errors import UpstreamFailed
from chatter.runs import lease
from chatter.runs.frames import split, texts
from chatter.runs.ports import ActiveRun
from chatter.runs.repository import Beat, Grant
from chatter.runs.schemas import StepFinished, StepStarted
from chatter.runs.wire import stream_key
from tests.runs.conftest import Process

WORDS = [f"word{n} " for n in range(40)]


async def speak(run: ActiveRun) -> None:
    run.log.emit(StepStarted(step="answer"), border=True)
    for word in WORDS:
        run.log.text(word)
        await asyncio.sleep(0.01)
    run.log.emit(StepFinished(step="answer"), border=True)


class Gate:
    """A script that says one word and waits to be let through."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.reached = asyncio.Event()

    async def __call__(self, run: ActiveRun) -> None:
        run.log.text("before ")
        self.reached.set()
        await self.open.wait()
        run.log.text("after")


async def frames_of(stream: AsyncIterator[bytes]) -> list[bytes]:
    return [frame async for chunk in stream for frame in split(chunk)]


def numbers(frames: list[bytes]) -> list[int]:
    return [int(frame.split(b"\n", 1)[0].removeprefix(b"id: ")) for frame in frames]


async def stored(process: Process, *, tenant_id: UUID, run_id: UUID) -> list[bytes]:
    parts = await process.engine.repository.parts(tenant_id, run_id=run_id, after=0)
    return [frame for part in parts.parts for frame in split(part.frames)]


async def state_of(process: Process, *, tenant_id: UUID, run_id: UUID, owner_id: UUID) -> str:
    head = await process.engine.repository.head(tenant_id, run_id=run_id, owner_id=owner_id)
    assert head is not None
    return head.state


async def test_all_events_are_in_postgres_when_the_run_is_over(here: Process, tenant_id: UUID, owner_id: UUID) -> None:
    grant, work = await here.begin(speak, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    active = here.engine.find(grant.run_id)
    assert active is not None
    seen = await frames_of(active.log.read(after=0))
    assert numbers(seen) == list(range(1, len(seen) + 1))
    assert "".join(texts(seen)) == "".join(WORDS)
    assert await stored(here, tenant_id=tenant_id, run_id=grant.run_id) == seen
    assert await state_of(here, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id) == "finished"


async def test_a_process_elsewhere_reads_the_same_events_while_they_come(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    grant, work = await here.begin(speak, tenant_id=tenant_id, owner_id=owner_id)
    readers = [
        asyncio.create_task(frames_of(elsewhere.engine.followers.read(tenant_id, run_id=grant.run_id, after=after)))
        for after in (0, 0, 5)
    ]
    await work.ended.wait()
    active = here.engine.find(grant.run_id)
    assert active is not None
    truth = await frames_of(active.log.read(after=0))
    first, second, later = await asyncio.wait_for(asyncio.gather(*readers), 10)
    assert first == truth
    assert second == truth
    assert later == truth[5:]


async def test_a_reader_elsewhere_needs_no_redis(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    gate = Gate()
    grant, work = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    reader = asyncio.create_task(frames_of(elsewhere.engine.followers.read(tenant_id, run_id=grant.run_id, after=0)))
    await gate.reached.wait()
    await here.services.redis.flushdb()
    gate.open.set()
    await work.ended.wait()
    await here.services.redis.flushdb()
    frames = await asyncio.wait_for(reader, 15)
    assert "".join(texts(frames)) == "before after"
    assert numbers(frames) == list(range(1, len(frames) + 1))


async def test_a_run_is_stopped_from_another_process_within_a_second(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    gate = Gate()
    grant, work = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    await elsewhere.engine.wire.ask_to_cancel(grant.run_id)
    await asyncio.wait_for(work.ended.wait(), 1)
    assert work.text == "before "
    assert await state_of(here, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id) == "cancelled"


async def test_nothing_is_left_to_save_once_a_run_is_over(here: Process, tenant_id: UUID, owner_id: UUID) -> None:
    _, work = await here.begin(speak, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    assert here.engine.unsaved == 0


async def test_a_failure_is_the_last_event_and_keeps_the_text(here: Process, tenant_id: UUID, owner_id: UUID) -> None:
    async def fail(run: ActiveRun) -> None:
        run.log.text("half an ans")
        raise UpstreamFailed("The provider hung up.", remedy="Ask again.")

    grant, work = await here.begin(fail, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    frames = await stored(here, tenant_id=tenant_id, run_id=grant.run_id)
    assert "".join(texts(frames)) == "half an ans"
    assert b"event: RUN_ERROR" in frames[-1]
    assert b'"code":"upstream_failed"' in frames[-1]
    assert await state_of(here, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id) == "failed"


async def test_a_defect_is_reported_without_its_content(here: Process, tenant_id: UUID, owner_id: UUID) -> None:
    async def defect(_: ActiveRun) -> None:
        raise ZeroDivisionError("secret detail")

    grant, work = await here.begin(defect, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    last = (await stored(here, tenant_id=tenant_id, run_id=grant.run_id))[-1]
    assert b'"code":"runs.internal"' in last
    assert b"secret" not in last


async def test_whoever_lost_the_lease_writes_nothing_more(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    gate = Gate()
    grant, _ = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    await _let_lapse(here, tenant_id=tenant_id, run_id=grant.run_id)
    lapsed = await elsewhere.engine.repository.seize(tenant_id, run_id=grant.run_id, lease_owner=elsewhere.engine.name)
    assert lapsed is not None
    assert lapsed.grant.fence == grant.fence + 1
    gate.open.set()
    await _until_gone(here, run_id=grant.run_id)
    frames = await stored(here, tenant_id=tenant_id, run_id=grant.run_id)
    assert b"after" not in b"".join(frames)
    assert await state_of(here, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id) == "running"


async def test_a_lease_that_is_kept_is_not_taken(
    here: Process, elsewhere: Process, tenant_id: UUID, owner_id: UUID
) -> None:
    gate = Gate()
    grant, work = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    taken = await elsewhere.engine.repository.seize(tenant_id, run_id=grant.run_id, lease_owner="thief")
    assert taken is None
    [beat] = await here.engine.repository.beat([grant])
    assert (beat.held, beat.cancelled) == (True, False)
    gate.open.set()
    await work.ended.wait()


async def test_a_heartbeat_goes_on_after_a_defect(
    here: Process, tenant_id: UUID, owner_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[int] = []
    second = asyncio.Event()
    beat = here.engine.repository.beat

    async def beat_once_defect(grants: Sequence[Grant]) -> list[Beat]:
        beats.append(len(grants))
        if len(beats) == 1:
            raise ZeroDivisionError
        second.set()
        return await beat(grants)

    monkeypatch.setattr(here.engine.repository, "beat", beat_once_defect)
    monkeypatch.setattr(lease, "_BEAT_SECONDS", 0.05)
    gate = Gate()
    grant, work = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await asyncio.wait_for(second.wait(), 10)
    gate.open.set()
    await work.ended.wait()
    assert await state_of(here, tenant_id=tenant_id, run_id=grant.run_id, owner_id=owner_id) == "finished"


@pytest.mark.parametrize("stranger", ["another person", "another organisation"])
async def test_a_run_is_absent_for(stranger: str, here: Process, tenant_id: UUID, owner_id: UUID) -> None:
    grant, work = await here.begin(speak, tenant_id=tenant_id, owner_id=owner_id)
    other = UUID(int=1)
    tenant, owner = (other, owner_id) if stranger == "another organisation" else (tenant_id, other)
    assert await here.engine.repository.head(tenant, run_id=grant.run_id, owner_id=owner) is None
    if tenant == other:
        assert (await here.engine.repository.parts(tenant, run_id=grant.run_id, after=0)).parts == []
    await work.ended.wait()


async def _let_lapse(process: Process, *, tenant_id: UUID, run_id: UUID) -> None:
    async with process.services.database.connection(tenant_id) as connection:
        await connection.execute(
            "update run set lease_expires_at = now() - interval '1 second' where tenant_id = $1 and id = $2",
            *(tenant_id, run_id),
        )


async def _until_published(process: Process, *, tenant_id: UUID, run_id: UUID) -> None:
    assert await process.services.redis.xread({stream_key(tenant_id, run_id=run_id): "0"}, block=5000)


async def _until_gone(process: Process, *, run_id: UUID) -> None:
    active = process.engine.find(run_id)
    assert active is not None
    async with asyncio.timeout(10):
        await frames_of(active.log.read(after=0))
