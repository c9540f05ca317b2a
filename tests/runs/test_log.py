"""The log in memory: numbered from one, coalesced, the same for every reader."""

import asyncio
from uuid import UUID

import msgspec

from chatter.kit.identifiers import new_id
from chatter.kit.streaming import KEEP_ALIVE, LastFrame
from chatter.runs.frames import Part, split, texts
from chatter.runs.log import LiveLog
from chatter.runs.schemas import Outcome, RunFinished, StepFinished, StepStarted


def live() -> LiveLog:
    log = LiveLog(tenant_id=new_id(), run_id=new_id(), fence=1, changed=lambda _: None)
    log.begin_text(UUID(int=7))
    return log


def numbers(frames: list[bytes]) -> list[int]:
    return [int(frame.split(b"\n", 1)[0].removeprefix(b"id: ")) for frame in frames]


async def read_all(log: LiveLog, *, after: int) -> list[bytes]:
    return [frame for chunk in [c async for c in log.read(after=after)] for frame in split(chunk)]


async def test_the_first_text_goes_out_at_once_and_the_next_ones_together() -> None:
    log = live()
    log.text("A")
    assert len(log.frames) == 1
    for letter in "BCDE":
        log.text(letter)
    assert len(log.frames) == 1
    log.emit(RunFinished(run_id=log.run_id, outcome=Outcome.ANSWERED))
    assert list(texts(log.frames)) == ["A", "BCDE"]
    assert numbers(log.frames) == [1, 2, 3]


async def test_text_that_waits_is_sent_by_its_timer() -> None:
    log = live()
    log.text("A")
    log.text("B")
    reader = log.read(after=1)
    assert list(texts(split(await anext(reader)))) == ["B"]


async def test_the_last_words_go_out_with_the_end_that_follows_them() -> None:
    log = live()
    log.text("A")
    reader = log.read(after=1)
    waiting = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)
    log.text("B")
    log.emit(StepFinished(step="answer"))
    await asyncio.sleep(0)
    assert not waiting.done()
    log.publish(log.stage(RunFinished(run_id=log.run_id, outcome=Outcome.ANSWERED)))
    last = await waiting
    assert numbers(split(last)) == [2, 3, 4]
    assert isinstance(last, LastFrame)
    assert [frame async for frame in reader] == []


async def test_the_last_words_do_not_wait_for_an_end_that_is_not_near() -> None:
    log = live()
    log.text("A")
    log.text("B")
    reader = log.read(after=1)
    log.flush_text()
    seen = await asyncio.wait_for(anext(reader), 10)
    assert (list(texts(split(seen))), isinstance(seen, LastFrame)) == (["B"], False)


async def test_readers_that_begin_anywhere_see_the_same_events() -> None:
    log = live()
    early = asyncio.create_task(read_all(log, after=0))
    await asyncio.sleep(0)
    log.emit(StepStarted(step="answer"))
    middle = asyncio.create_task(read_all(log, after=1))
    for word in ("one ", "two ", "three"):
        log.text(word)
    log.emit(RunFinished(run_id=log.run_id, outcome=Outcome.ANSWERED))
    everything = await read_all(log, after=0)
    assert await early == everything
    assert await middle == everything[1:]
    assert await read_all(log, after=len(everything)) == []
    assert "".join(texts(everything)) == "one two three"


async def test_a_quiet_log_sends_comments_until_something_comes() -> None:
    log = live()
    reading = log.read(after=0, patience=0.01)
    assert [await anext(reading), await anext(reading)] == [KEEP_ALIVE, KEEP_ALIVE]
    log.text("A")
    assert numbers([await anext(reading)]) == [1]
    assert await anext(reading) == KEEP_ALIVE
    log.end()
    assert [frame async for frame in reading] == []


async def test_text_with_line_breaks_and_quotes_survives_the_frame() -> None:
    log = live()
    hostile = 'a\n\nid: 9\nevent: RUN_ERROR\ndata: "\\u2028 \u2028 é 😀'
    log.text(hostile)
    [frame] = split(b"".join(log.frames))
    assert msgspec.json.decode(frame.partition(b"data: ")[2])["delta"] == hostile
    assert not log.over


async def test_a_part_gives_what_comes_after_a_number() -> None:
    log = live()
    for step in ("a", "b", "c"):
        log.emit(StepStarted(step=step))
    part = log.part(after=0)
    assert (part.first, part.last) == (1, 3)
    assert numbers(split(part.after(1))) == [2, 3]
    assert part.after(0) == part.frames
    assert Part(1, 3, part.frames).after(3) == b""
