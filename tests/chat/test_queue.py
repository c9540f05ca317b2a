"""What a person asks while an answer is written waits for its end, and goes on then: in order, once, wherever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chatter.kit.settings import Settings
from chatter.runs.engine import RunEngine
from tests.chat.person import Asker, Turn, Web, new_asker
from tests.chat.processes import WebProcess, web_process
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"
NEXT = "Who approves remote work from outside the country?"
LAST = "How much is the remote work allowance?"
MODEL = "tokens-40@20"


async def ask(asker: Asker, *, model: str = MODEL) -> Turn:
    return await asker.ask(QUESTION, model=model, conversation=await asker.conversation())


async def queue(asker: Asker, turn: Turn, question: str, *, model: str = "quote", expect: int = 201, **kw: Any) -> Any:
    body = {"question": question, "model_id": asker.models[model]}
    return await asker.post(f"/conversations/{turn.conversation_id}/queue", body, expect=expect, **kw)


async def waiting(asker: Asker, turn: Turn) -> list[str]:
    found = await asker.get(f"/conversations/{turn.conversation_id}/queue")
    return [item["question"] for item in found["items"]]


async def shown(asker: Asker, turn: Turn) -> list[tuple[str, str]]:
    return [(each["text"], each["state"]) for each in await asker.messages(turn.conversation_id)]


async def all_answered(asker: Asker, turn: Turn, *, count: int) -> list[dict[str, Any]]:
    """Follow one answer after the other; there is always the next when one has ended."""
    for number in range(count):
        answer = (await asker.messages(turn.conversation_id))[2 * number + 1]
        await asker.read(answer["run_id"])
    return await asker.messages(turn.conversation_id)


async def test_questions_wait_and_are_asked_one_after_the_other(asker: Asker, elsewhere: Web) -> None:
    turn = await ask(asker)
    queued = await queue(asker, turn, NEXT)
    await queue(asker.at(elsewhere), turn, LAST)
    assert await waiting(asker, turn) == [NEXT, LAST]
    messages = await all_answered(asker, turn, count=3)
    assert [each["text"] for each in messages[::2]] == [QUESTION, NEXT, LAST]
    assert [each["state"] for each in messages] == ["complete"] * 6
    assert [each["parent_id"] for each in messages[1:]] == [each["id"] for each in messages[:-1]]
    assert messages[2]["id"] == queued["id"], "a question keeps its id"
    assert "without written approval by the manager" in messages[3]["text"]
    assert await waiting(asker, turn) == []


async def test_the_next_answer_is_there_as_soon_as_the_one_before_has_ended(asker: Asker) -> None:
    turn = await ask(asker)
    await queue(asker, turn, NEXT)
    ended = (await asker.read(turn.run_id))[-1]
    assert ended.type == "RUN_FINISHED"
    assert len(await asker.messages(turn.conversation_id)) == 4
    await all_answered(asker, turn, count=2)


async def test_with_nothing_to_wait_for_a_question_is_sent_at_once(asker: Asker) -> None:
    turn = await ask(asker, model="quote")
    await asker.read(turn.run_id)
    queued = await queue(asker, turn, NEXT)
    assert queued["sent"]
    messages = await all_answered(asker, turn, count=2)
    assert [each["state"] for each in messages] == ["complete"] * 4


async def test_what_waits_can_be_changed_and_taken_back(asker: Asker) -> None:
    turn = await ask(asker)
    first, second = await queue(asker, turn, "A question with a mistake"), await queue(asker, turn, LAST)
    path = f"/conversations/{turn.conversation_id}/queue"
    await asker.call("PATCH", f"{path}/{first['id']}", expect=200, json={"question": NEXT})
    await asker.call("DELETE", f"{path}/{second['id']}", expect=204)
    await asker.call("DELETE", f"{path}/{second['id']}", expect=404)
    messages = await all_answered(asker, turn, count=2)
    assert [each["text"] for each in messages[::2]] == [QUESTION, NEXT]


async def test_after_a_stop_what_waits_is_sent_only_when_the_person_says_so(asker: Asker, elsewhere: Web) -> None:
    turn = await ask(asker)
    await queue(asker, turn, NEXT)
    await queue(asker, turn, LAST)
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)
    await asker.read(turn.run_id)
    found = await asker.get(f"/conversations/{turn.conversation_id}/queue")
    assert (found["held"], len(found["items"])) == (True, 2)
    assert len(await asker.messages(turn.conversation_id)) == 2
    await asker.at(elsewhere).post(f"/conversations/{turn.conversation_id}/queue/resume", expect=202)
    messages = await all_answered(asker, turn, count=3)
    assert [each["state"] for each in messages[1::2]] == ["cancelled", "complete", "complete"]
    problem = await asker.post(f"/conversations/{turn.conversation_id}/queue/resume", expect=409)
    assert problem["code"] == "chat.nothing_to_send"


async def test_after_an_answer_that_broke_off_what_waits_waits_on(asker: Asker) -> None:
    turn = await ask(asker, model="cut-after-3")
    await asker.read(turn.run_id)
    assert not (await queue(asker, turn, NEXT))["sent"]
    assert await waiting(asker, turn) == [NEXT]


async def test_the_same_key_queues_once_also_after_it_was_sent(asker: Asker, elsewhere: Web) -> None:
    turn = await ask(asker)
    headers = {"Idempotency-Key": "queued-by-me"}
    there = asker.at(elsewhere)
    many = await asyncio.gather(*(queue((asker, there)[n % 2], turn, NEXT, headers=headers) for n in range(20)))
    assert len({each["id"] for each in many}) == 1
    clash = await queue(asker, turn, LAST, headers=headers, expect=422)
    assert clash["code"] == "chat.idempotency_clash"
    messages = await all_answered(asker, turn, count=2)
    again = await queue(asker, turn, NEXT, headers=headers)
    assert (again["id"], again["sent"]) == (messages[2]["id"], True)
    assert (await queue(asker, turn, LAST, headers=headers, expect=422))["code"] == "chat.idempotency_clash"
    assert len(await asker.messages(turn.conversation_id)) == 4


async def test_only_so_many_wait(asker: Asker) -> None:
    turn = await ask(asker, model="tokens-400@50")
    for number in range(20):
        await queue(asker, turn, f"Question {number}?")
    problem = await queue(asker, turn, "One more?", expect=409)
    assert problem["code"] == "chat.queue_full"
    await asker.call("DELETE", f"/conversations/{turn.conversation_id}", expect=204)


async def test_the_queue_is_its_owners_alone(asker: Asker, here: Web) -> None:
    turn = await ask(asker, model="tokens-400@50")
    async with new_asker(here) as stranger:
        await stranger.get(f"/conversations/{turn.conversation_id}/queue", expect=404)
        await stranger.post(f"/conversations/{turn.conversation_id}/queue", {"question": NEXT}, expect=404)
    await asker.call("DELETE", f"/conversations/{turn.conversation_id}", expect=204)


async def test_who_may_not_ask_any_more_gets_no_answer_to_what_waited(asker: Asker, admin: asyncpg.Connection) -> None:
    turn = await ask(asker)
    await queue(asker, turn, NEXT)
    await admin.execute("update membership set role = 'billing' where tenant_id = $1", asker.tenant_id)
    followers = asker.web.services.part(RunEngine).followers
    runs = "select id, state, error_code from run where tenant_id = $1 order by created_at"
    for number in range(2):
        run = (await admin.fetch(runs, asker.tenant_id))[number]
        async for _ in followers.read(asker.tenant_id, run_id=run["id"], after=0):
            pass
    states = [(row["state"], row["error_code"]) for row in await admin.fetch(runs, asker.tenant_id)]
    assert states == [("finished", None), ("failed", "chat.may_not_ask")]


async def test_the_log_tells_who_asked_what_was_sent_on(asker: Asker, admin: asyncpg.Connection) -> None:
    turn = await ask(asker)
    queued = await queue(asker, turn, NEXT)
    messages = await all_answered(asker, turn, count=2)
    rows = await admin.fetch(
        "select action, target, actor_id, run_id from audit_event where tenant_id = $1 and target = any($2)",
        asker.tenant_id,
        [queued["id"], messages[3]["id"]],
    )
    assert {(row["action"], str(row["target"])) for row in rows} == {
        ("chat:queue:added", queued["id"]),
        ("chat:turn:opened", messages[3]["id"]),
    }
    assert {row["actor_id"] for row in rows} == {asker.user_id}


@pytest_asyncio.fixture
async def first(chat_settings: Settings) -> AsyncIterator[WebProcess]:
    """The process that begins, and is killed."""
    async with web_process(chat_settings) as web:
        yield web


@pytest.mark.timeout(120)
async def test_what_waits_goes_on_after_its_process_was_killed(
    asker: Asker, first: WebProcess, upstream: Upstream
) -> None:
    there = asker.at(Web(f"http://127.0.0.1:{first.port}/api/v1", asker.web.services, asker.web.jobs))
    turn = await ask(there)
    await queue(there, turn, NEXT)
    await first.kill()
    messages = await all_answered(asker, turn, count=2)
    assert [each["text"] for each in messages[::2]] == [QUESTION, NEXT]
    assert [each["state"] for each in messages] == ["complete"] * 4
