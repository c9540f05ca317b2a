"""A request that is sent again makes no second turn: at once, later, at another process, or after its answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chatter.kit.settings import Settings
from tests.chat.person import Asker, Turn, Web
from tests.chat.processes import web_process

QUESTION = "How many days of paid holiday do employees receive each year?"
KEY = "key-of-this-question"
AT_ONCE = 20


@pytest_asyncio.fixture
async def abroad(chat_settings: Settings, here: Web) -> AsyncIterator[Web]:
    """A web process of its own, as the operating system has them."""
    async with web_process(chat_settings) as web:
        yield Web(f"http://127.0.0.1:{web.port}/api/v1", here.services, here.jobs)


@pytest.mark.timeout(120)
async def test_twenty_equal_requests_at_two_processes_make_one_question_and_one_run(
    asker: Asker, abroad: Web, admin: asyncpg.Connection
) -> None:
    conversation = await asker.conversation()
    people = [asker, asker.at(abroad)]
    asking = [people[n % 2].ask(QUESTION, model="quote", conversation=conversation, key=KEY) for n in range(AT_ONCE)]
    turns = await asyncio.gather(*asking)
    assert set(turns) == {turns[0]}
    await asker.read(turns[0].run_id)
    counts = """select (select count(*) from message where tenant_id = $1),
        (select count(*) from run where tenant_id = $1)"""
    [counted] = await admin.fetch(counts, asker.tenant_id)
    assert tuple(counted) == (2, 1)


async def test_the_same_request_after_the_answer_returns_the_same_turn(asker: Asker, elsewhere: Web) -> None:
    conversation = await asker.conversation()
    first = await asker.ask(QUESTION, model="quote", conversation=conversation, key=KEY)
    await asker.read(first.run_id)
    again = await asker.at(elsewhere).ask(QUESTION, model="quote", conversation=conversation, key=KEY)
    assert again == first
    assert len(await asker.messages(conversation)) == 2


async def test_the_same_request_returns_the_same_turn_although_its_model_is_not_theirs_any_more(asker: Asker) -> None:
    conversation = await asker.conversation()
    first = await asker.ask(QUESTION, model="quote", conversation=conversation, key=KEY)
    await asker.read(first.run_id)
    audience = {"everyone": False, "roles": ["viewer"]}
    await asker.call("PUT", f"/models/{asker.models['quote']}/audience", expect=200, json=audience)
    assert await asker.ask(QUESTION, model="quote", conversation=conversation, key=KEY) == first
    body, path = (
        {"question": "Something else?", "model_id": asker.models["quote"]},
        f"/conversations/{conversation}/turns",
    )
    clash = await asker.post(path, body, expect=422, headers={"Idempotency-Key": KEY})
    assert clash["code"] == "chat.idempotency_clash"
    refused = await asker.post(path, body, expect=403, headers={"Idempotency-Key": "another-key"})
    assert refused["code"] == "model_not_allowed"
    assert len(await asker.messages(conversation)) == 2


@pytest.mark.parametrize(
    "other",
    [{"question": "Something else?"}, {"tools": ["save_note"]}, {"model_id": None}, {"parent_id": "conversation"}],
    ids=["question", "tools", "model", "place"],
)
async def test_the_key_with_another_request_is_refused(asker: Asker, other: dict[str, Any]) -> None:
    conversation = await asker.conversation()
    turn: Turn = await asker.ask(QUESTION, model="quote", conversation=conversation, key=KEY)
    body = {"question": QUESTION, "model_id": asker.models["quote"], **other}
    body |= {"parent_id": conversation} if "parent_id" in other else {}
    problem = await asker.post(
        f"/conversations/{conversation}/turns", body, expect=422, headers={"Idempotency-Key": KEY}
    )
    assert problem["code"] == "chat.idempotency_clash"
    await asker.read(turn.run_id)
    assert len(await asker.messages(conversation)) == 2


async def test_a_key_is_of_one_conversation(asker: Asker) -> None:
    turns = [
        await asker.ask(QUESTION, model="quote", conversation=await asker.conversation(), key=KEY) for _ in range(2)
    ]
    assert turns[0].run_id != turns[1].run_id
    for turn in turns:
        await asker.read(turn.run_id)
