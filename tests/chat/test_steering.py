"""An answer that is being written takes in what its person adds, also in the middle of a sentence."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chatter.kit.settings import Settings
from tests.chat.person import Asker, RunEvent, Turn, Web, new_asker
from tests.chat.processes import WebProcess, web_process
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"
MODEL = "tokens-40@20"
WHOLE = " ".join(f"w{n}" for n in range(40))
SAID = "Leave part-time staff out."
KEY = "a-key-of-mine"


def text(events: list[RunEvent]) -> str:
    return "".join(event.data["delta"] for event in events if event.type == "TEXT_MESSAGE_CONTENT")


def custom(events: list[RunEvent], name: str) -> list[Any]:
    return [event.data["value"] for event in events if event.type == "CUSTOM" and event.data["name"] == name]


async def begun(asker: Asker, *, model: str = MODEL, **body: Any) -> Turn:
    """Ask, and wait until the answer has some words."""
    turn = await asker.ask(QUESTION, model=model, conversation=await asker.conversation(), **body)
    await until(asker, turn, "TEXT_MESSAGE_CONTENT", times=4)
    return turn


async def until(asker: Asker, turn: Turn, kind: str, *, times: int = 1) -> None:
    async with aclosing(asker.events(turn.run_id)) as events:
        async for event in events:
            times -= event.type == kind
            if not times:
                return


async def steer(asker: Asker, turn: Turn, said: str = SAID, *, expect: int = 202, key: str | None = None) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return await asker.post(f"/runs/{turn.run_id}/instructions", {"text": said}, expect=expect, headers=headers)


async def test_a_model_in_the_middle_of_its_text_is_asked_again_with_the_instruction_and_the_text_stays(
    asker: Asker, elsewhere: Web, upstream: Upstream, upstream_bodies: list[bytes]
) -> None:
    turn = await begun(asker)
    upstream.hung_up.clear()
    given = await steer(asker.at(elsewhere), turn)
    await asyncio.wait_for(upstream.hung_up.wait(), 1)
    events = await asker.read(turn.run_id)
    [[shown]] = custom(events, "steered")
    assert (shown["id"], shown["text"]) == (given["id"], SAID)
    [_, answer] = await asker.messages(turn.conversation_id)
    assert (answer["state"], answer["text"]) == ("complete", text(events).strip())
    before, after = answer["text"][: shown["position"]], answer["text"][shown["position"] :]
    assert before.strip()
    assert WHOLE.startswith(before.strip())
    assert after.strip() == WHOLE, "the model was asked anew, and its text follows"
    assert [(said["text"], said["position"]) for said in answer["instructions"]] == [(SAID, shown["position"])]
    *_, assistant, user = json.loads(upstream_bodies[-1])["messages"]
    assert (assistant["role"], assistant["content"]) == ("assistant", before.strip())
    assert user["role"] == "user"
    assert user["content"].startswith(SAID)


async def test_the_next_question_knows_what_was_added_to_the_answer_before(
    asker: Asker, upstream_bodies: list[bytes]
) -> None:
    turn = await begun(asker)
    await steer(asker, turn)
    await asker.read(turn.run_id)
    follow_up = await asker.ask("And until when?", model="quote", conversation=turn.conversation_id)
    await asker.read(follow_up.run_id)
    _, earlier, answer, _ = json.loads(upstream_bodies[-1])["messages"]
    assert (earlier["role"], earlier["content"]) == ("user", f"{QUESTION}\n\n{SAID}")
    assert answer["role"] == "assistant"


async def test_readers_everywhere_are_told_at_once_that_something_was_said(asker: Asker, elsewhere: Web) -> None:
    turn = await begun(asker)
    reading = asyncio.create_task(until(asker.at(elsewhere), turn, "CUSTOM", times=3))  # passages, inbox, steered
    await steer(asker, turn)
    await asyncio.wait_for(reading, 2)
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)
    await asker.read(turn.run_id)


async def test_an_instruction_in_the_midst_of_tools_is_taken_before_the_next_call(
    asker: Asker, upstream: Upstream, upstream_bodies: list[bytes]
) -> None:
    await asker.add_provider(upstream.url, models=("noter-40@20",))
    conversation = await asker.conversation()
    body = {"question": QUESTION, "model_id": asker.models["noter-40@20"], "tools": ["save_note"]}
    turn = Turn(**await asker.post(f"/conversations/{conversation}/turns", body, expect=202))
    await until(asker, turn, "TOOL_CALL_RESULT")
    await steer(asker, turn)
    events = await asker.read(turn.run_id)
    assert len(custom(events, "steered")) == 1
    assert len((await asker.get("/notes"))["items"]) == 1, "the call is not made again"
    assert SAID in json.loads(upstream_bodies[-1])["messages"][-1]["content"]


async def test_the_same_key_adds_an_instruction_once(asker: Asker) -> None:
    turn = await begun(asker)
    first = await steer(asker, turn, key=KEY)
    again = await steer(asker, turn, key=KEY)
    assert again["id"] == first["id"]
    clash = await steer(asker, turn, "Something else.", expect=422, key=KEY)
    assert clash["code"] == "chat.idempotency_clash"
    assert len(custom(await asker.read(turn.run_id), "steered")) == 1


async def test_an_instruction_after_the_end_is_refused_and_says_what_to_do(asker: Asker) -> None:
    turn = await asker.ask(QUESTION, model="quote", conversation=await asker.conversation())
    await asker.read(turn.run_id)
    problem = await steer(asker, turn, expect=409)
    assert (problem["code"], problem["remedy"]) == ("chat.answer_over", "Ask it as a question.")


async def test_an_instruction_that_no_model_was_told_of_waits_as_the_next_question(
    asker: Asker, admin: asyncpg.Connection
) -> None:
    """A run that is stopped in the same moment: nothing that was said is lost."""
    turn = await begun(asker)
    async with admin.transaction():  # who waits for the run first is heard first
        await admin.execute("select from run where id = $1 for update", turn.run_id)
        steering = asyncio.create_task(steer(asker, turn))
        waiting = await _waiting(admin, for_more_than=0)
        stopping = asyncio.create_task(asker.post(f"/runs/{turn.run_id}/cancel", expect=202))
        await _waiting(admin, for_more_than=waiting)
    said, _ = await asyncio.gather(steering, stopping)
    await asker.read(turn.run_id)
    taken = await admin.fetchval("select taken_at from instruction where id = $1", said["id"])
    queue = await asker.get(f"/conversations/{turn.conversation_id}/queue")
    queued = [item["question"] for item in queue["items"]]
    assert queued == ([] if taken else [SAID])
    assert queue["held"]


async def test_whoever_sends_an_instruction_again_that_became_a_question_asks_nothing(
    asker: Asker, admin: asyncpg.Connection
) -> None:
    turn = await begun(asker)
    said = await steer(asker, turn, key=KEY)
    await asker.read(turn.run_id)
    await admin.execute("update instruction set taken_at = null where id = $1", said["id"])  # as if it came too late
    await admin.execute("select chat_go_on($1, $2, $3, false)", asker.tenant_id, turn.run_id, turn.answer_id)
    for sends in (False, True):  # while it waits, and once it was asked
        if sends:
            await asker.post(f"/conversations/{turn.conversation_id}/queue/resume", expect=202)
        assert (await steer(asker, turn, key=KEY))["id"] == said["id"]
        assert (await steer(asker, turn, "No.", expect=422, key=KEY))["code"] == "chat.idempotency_clash"
        assert (await steer(asker, turn, expect=409, key="another-key"))["code"] == "chat.answer_over"
    assert [message["text"] for message in await asker.messages(turn.conversation_id)].count(SAID) == 1


async def _waiting(admin: asyncpg.Connection, *, for_more_than: int) -> int:
    """How many wait for a lock of this connection, once there are more."""
    waiting = "select count(*) from pg_stat_activity where pg_backend_pid() = any (pg_blocking_pids(pid))"
    for _ in range(1000):
        if (count := await admin.fetchval(waiting)) > for_more_than:
            return int(count)
        await asyncio.sleep(0.01)
    raise TimeoutError


async def test_nobody_else_steers_an_answer(asker: Asker, here: Web) -> None:
    turn = await begun(asker)
    async with new_asker(here) as stranger:
        await steer(stranger, turn, expect=404)
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)
    await asker.read(turn.run_id)


@pytest_asyncio.fixture
async def first(chat_settings: Settings) -> AsyncIterator[WebProcess]:
    """The process that begins, and is killed."""
    async with web_process(chat_settings) as web:
        yield web


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["vllm", "custom"], ids=["goes on", "is asked anew"])
async def test_an_instruction_and_the_text_before_it_outlive_the_process(
    asker: Asker, first: WebProcess, upstream: Upstream, kind: str, upstream_bodies: list[bytes]
) -> None:
    await asker.add_provider(upstream.url, models=(MODEL,), kind=kind)
    there = asker.at(Web(f"http://127.0.0.1:{first.port}/api/v1", asker.web.services, asker.web.jobs))
    turn = await there.ask(QUESTION, model=MODEL, conversation=await asker.conversation())
    reading = asyncio.create_task(asker.read(turn.run_id))
    await until(asker, turn, "TEXT_MESSAGE_CONTENT", times=4)
    await steer(asker, turn)
    await until(asker, turn, "STEP_FINISHED", times=3)  # retrieve, answer, tools: what was taken is stored
    await first.kill()
    events = await asyncio.wait_for(reading, 60)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    [_, answer] = await asker.messages(turn.conversation_id)
    [said] = answer["instructions"]
    assert answer["text"][: said["position"]].strip()
    assert answer["text"][said["position"] :].strip() == WHOLE
    assert sum(SAID in body.decode() for body in upstream_bodies[-2:]) == 2, "also who went on told the model"
