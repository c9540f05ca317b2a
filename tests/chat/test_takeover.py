"""An answer goes on when the process that writes it is killed or stopped; whoever reads it sees one sequence."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio

from chatter.kit.settings import Settings
from tests.chat.person import Asker, RunEvent, Turn, Web
from tests.chat.processes import Proxy, WebProcess, web_process
from tests.servers import note
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"
TOKENS = 80
MODEL = f"tokens-{TOKENS}@20"
WHOLE = " ".join(f"w{n}" for n in range(TOKENS))
SOME = 12
"""Text events after which the process is killed: its checkpoint is stored by then."""

pytestmark = pytest.mark.timeout(240)


@pytest_asyncio.fixture
async def first(chat_settings: Settings) -> AsyncIterator[WebProcess]:
    """The process that begins, and is ended."""
    async with web_process(chat_settings) as web:
        yield web


async def test_an_answer_goes_on_from_its_kept_text_when_its_process_is_killed(
    asker: Asker, first: WebProcess, upstream: Upstream
) -> None:
    await asker.add_provider(upstream.url, models=(MODEL,), kind="vllm")
    turn = await _asked(asker, first)
    async with Proxy([first.port, _port(asker.web)]).open() as proxy:
        through = asyncio.create_task(_read_on(asker.at(Web(proxy.url, asker.web.services, asker.web.jobs)), turn))
        beside = asyncio.create_task(_read_timed(asker, turn))
        await _until_some(asker, turn)
        searches = upstream.requests["POST /v1/embeddings"]
        await first.kill()
        killed_at = asyncio.get_running_loop().time()
        events, times = await asyncio.wait_for(beside, 60)
        _check(await asyncio.wait_for(through, 30))
    _check(events)
    [reset] = [event for event in events if event.type == "MESSAGES_SNAPSHOT"]
    kept = reset.data["messages"][0]["content"]
    assert kept == text(events[: events.index(reset)]), "it goes on from what was shown"
    assert WHOLE.startswith(kept)
    assert len(kept.split()) >= SOME - 1
    assert sum(_is(event, "passages") for event in events) == 1
    assert upstream.requests["POST /v1/embeddings"] == searches, "what was searched is not searched again"
    [_, answer] = await asker.messages(turn.conversation_id)
    assert (answer["state"], answer["text"]) == ("complete", WHOLE)
    seconds = times[events.index(reset)] - killed_at
    assert seconds < 10
    note(f"takeover: {seconds:.1f} s after kill -9 another process went on with the answer")


async def test_the_call_of_a_killed_process_is_counted_when_nobody_goes_on_with_it(
    asker: Asker, first: WebProcess, upstream: Upstream
) -> None:
    await asker.add_provider(upstream.url, models=(MODEL,))
    turn = await _asked(asker, first)
    await _until_some(asker, turn)
    await first.kill()
    await asker.post(f"/runs/{turn.run_id}/cancel", {}, expect=202)
    events = await asyncio.wait_for(asker.read(turn.run_id), 60)
    assert events[-1].data["outcome"] == "cancelled"
    [_, answer] = await asker.messages(turn.conversation_id)
    assert answer["state"] == "cancelled"
    calls = (await asker.get("/usage/calls?limit=100"))["items"]
    [lost] = [call for call in calls if call["purpose"] == "answer" and call["run_id"] == turn.run_id]
    assert (lost["outcome"], lost["source"], lost["model"]) == ("cut", "estimated", MODEL)
    assert lost["input_tokens"] > 0
    assert lost["output_tokens"] == -(-len(answer["text"].encode()) // 4), "as much as was shown"


async def test_an_answer_is_begun_anew_where_its_model_cannot_go_on(
    asker: Asker, first: WebProcess, upstream: Upstream
) -> None:
    await asker.add_provider(upstream.url, models=(MODEL,))
    turn = await _asked(asker, first)
    reading = asyncio.create_task(_read_timed(asker, turn))
    await _until_some(asker, turn)
    await first.kill()
    events, _ = await asyncio.wait_for(reading, 60)
    _check(events)
    [reset] = [event for event in events if event.type == "MESSAGES_SNAPSHOT"]
    assert reset.data["messages"] == [{"id": turn.answer_id, "role": "assistant", "content": ""}]
    assert sum(_is(event, "passages") for event in events) == 1


async def test_a_process_that_is_stopped_hands_its_answers_over_within_a_second(
    asker: Asker, first: WebProcess, upstream: Upstream
) -> None:
    await asker.add_provider(upstream.url, models=(MODEL,), kind="vllm")
    await asker.answer(QUESTION, model=MODEL)  # a process that serves has its graph
    turn = await _asked(asker, first)
    reading = asyncio.create_task(_read_timed(asker, turn))
    there = asyncio.create_task(asker.at(_web(asker, first)).read(turn.run_id))
    await _until_some(asker, turn)
    first.send(signal.SIGTERM)
    stopped_at = asyncio.get_running_loop().time()
    seen = await there
    let_go = asyncio.get_running_loop().time() - stopped_at
    events, times = await asyncio.wait_for(reading, 60)
    _check(events)
    assert seen == events[: len(seen)], "who read it there goes on after the last event they have"
    assert not any(_is(event, "void") for event in events), "nothing that was shown is lost"
    went_on = next(at for at, event in zip(times, events, strict=True) if event.type == "MESSAGES_SNAPSHOT")
    assert let_go < 1
    assert went_on - stopped_at < 1
    note(f"takeover: {1000 * (went_on - stopped_at):.0f} ms after SIGTERM another process went on with the answer")


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
async def test_what_earlier_rounds_took_is_counted_when_another_process_goes_on(
    asker: Asker, first: WebProcess, upstream: Upstream, by: signal.Signals
) -> None:
    model = f"noter-{TOKENS}@20"
    await asker.add_provider(upstream.url, models=(model,))
    asked = {"question": QUESTION, "model_id": asker.models[model], "tools": ["save_note"]}
    conversation = await asker.conversation()
    there = asker.at(_web(asker, first))
    turn = Turn(**await there.post(f"/conversations/{conversation}/turns", asked, expect=202))
    reading = asyncio.create_task(_read_timed(asker, turn))
    await _until_some(asker, turn)
    await first.kill(by)
    events, _ = await asyncio.wait_for(reading, 60)
    assert text(events).split() == WHOLE.split()
    rows = (await asker.get("/usage/calls?limit=100"))["items"]
    calls = [row for row in rows if row["purpose"] == "answer" and row["run_id"] == turn.run_id]
    rounds = [call for call in calls if call["source"] == "reported"]
    assert sorted(call["output_tokens"] for call in rounds) == [3, TOKENS]
    assert [call["outcome"] for call in calls if call["source"] == "estimated"] == ["cut"]
    [_, answer] = await asker.messages(turn.conversation_id)
    for counted in ("input_tokens", "output_tokens"):
        assert answer["usage"][counted] == sum(call[counted] for call in rounds)


async def test_what_a_stopped_process_asked_in_vain_is_counted_too(
    asker: Asker, first: WebProcess, upstream: Upstream
) -> None:
    await asker.add_provider(upstream.url, models=("429", MODEL))
    await asker.call("PUT", "/models/default", expect=200, json={"model_id": asker.models["429"]})
    await asker.call("PUT", "/models/fallbacks", expect=200, json={"model_ids": [asker.models[MODEL]]})
    conversation, there = await asker.conversation(), asker.at(_web(asker, first))
    turn = Turn(**await there.post(f"/conversations/{conversation}/turns", {"question": QUESTION}, expect=202))
    await _until_some(asker, turn)
    await first.kill(signal.SIGTERM)
    events = await asyncio.wait_for(asker.read(turn.run_id), 60)
    assert text(events).split() == WHOLE.split()
    rows = (await asker.get("/usage/calls?limit=100"))["items"]
    calls = [row for row in rows if row["purpose"] == "answer" and row["run_id"] == turn.run_id]
    told = sorted((call["outcome"], call["model"]) for call in calls)
    assert told == [("complete", MODEL), ("cut", MODEL), ("refused", "429"), ("refused", "429")]


def text(events: list[RunEvent]) -> str:
    """The text that a reader has after these events."""
    shown = ""
    for event in events:
        if event.type == "TEXT_MESSAGE_START":
            shown = ""
        elif event.type == "MESSAGES_SNAPSHOT":
            shown = event.data["messages"][0]["content"]
        elif event.type == "TEXT_MESSAGE_CONTENT":
            shown += event.data["delta"]
    return shown


def _check(events: list[RunEvent]) -> None:
    """The sequence has no gap and no repetition, and what stands at its end is the whole answer."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-1].type == "RUN_FINISHED"
    assert text(events) == WHOLE


def _is(event: RunEvent, name: str) -> bool:
    return event.type == "CUSTOM" and event.data["name"] == name


async def _asked(asker: Asker, first: WebProcess) -> Turn:
    conversation = await asker.conversation()
    return await asker.at(_web(asker, first)).ask(QUESTION, model=MODEL, conversation=conversation)


def _web(asker: Asker, process: WebProcess) -> Web:
    return Web(f"http://127.0.0.1:{process.port}/api/v1", asker.web.services, asker.web.jobs)


def _port(web: Web) -> int:
    port = urlsplit(web.url).port
    assert port is not None
    return port


async def _until_some(asker: Asker, turn: Turn) -> None:
    count = 0
    async with aclosing(asker.events(turn.run_id)) as events:
        async for event in events:
            count += event.type == "TEXT_MESSAGE_CONTENT"
            if count == SOME:
                return


async def _read_timed(asker: Asker, turn: Turn) -> tuple[list[RunEvent], list[float]]:
    events, times = [], []
    async for event in asker.events(turn.run_id):
        events.append(event)
        times.append(asyncio.get_running_loop().time())
    return events, times


async def _read_on(asker: Asker, turn: Turn) -> list[RunEvent]:
    """Read as a browser does: when the connection breaks, come back with the number of the last event."""
    events: list[RunEvent] = []
    while not events or events[-1].type not in {"RUN_FINISHED", "RUN_ERROR"}:
        try:
            async for event in asker.events(turn.run_id, after=len(events) or None):
                events.append(event)  # noqa: PERF401 # what came before the connection broke counts
        except (aiohttp.ClientError, AssertionError):
            await asyncio.sleep(0.1)
    return events
