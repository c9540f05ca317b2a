"""A question whose answer comes as the answer to the request: one round trip, and the same events."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import aiohttp

from tests.chat.person import Asker, RunEvent, Turn, Web, frames_of, new_asker
from tests.chat.test_streams import QUESTION

SLOW = "tokens-40@40"


@dataclass
class Told:
    """A stream that has told its turn."""

    turn: Turn
    events: AsyncGenerator[RunEvent, None]

    async def rest(self) -> list[RunEvent]:
        return [event async for event in self.events]


@contextlib.asynccontextmanager
async def post(
    asker: Asker, conversation: str, *, model: str, key: str = "", token: str = ""
) -> AsyncIterator[aiohttp.ClientResponse]:
    headers = {"Authorization": f"Bearer {token or asker.token}", "Accept": "text/event-stream"}
    headers |= {"Idempotency-Key": key} if key else {}
    url = f"{asker.web.url}/conversations/{conversation}/turns"
    body = {"question": QUESTION, "model_id": asker.models[model]}
    async with asker.session.post(url, json=body, headers=headers) as answer:
        yield answer


@contextlib.asynccontextmanager
async def asked(asker: Asker, conversation: str, *, model: str = SLOW, key: str = "") -> AsyncIterator[Told]:
    async with post(asker, conversation, model=model, key=key) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        async with contextlib.aclosing(frames_of(answer)) as events:
            first = await anext(events)
            assert (first.type, first.seq) == ("turn", 0)
            yield Told(Turn(**first.data), events)


async def test_the_answer_to_a_question_is_its_turn_and_then_what_its_run_tells(asker: Asker) -> None:
    conversation = await asker.conversation()
    async with asked(asker, conversation) as told:
        events = await told.rest()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (events[0].type, events[-1].type) == ("RUN_STARTED", "RUN_FINISHED")
    assert events == await asker.read(told.turn.run_id)
    question, answer = await asker.messages(conversation)
    assert [told.turn.question_id, told.turn.answer_id] == [question["id"], answer["id"]]


async def test_without_asking_for_events_the_answer_is_the_turn_alone(asker: Asker) -> None:
    conversation = await asker.conversation()
    url, body = f"{asker.web.url}/conversations/{conversation}/turns", {"question": QUESTION}
    for accept in ("*/*", "application/json"):
        headers = {"Authorization": f"Bearer {asker.token}", "Accept": accept}
        async with asker.session.post(url, json=body | {"model_id": asker.models[SLOW]}, headers=headers) as answer:
            assert answer.status == 202
            assert answer.content_type == "application/json"
            run_id = (await answer.json())["run_id"]
        await asker.read(run_id)


async def test_the_same_key_again_tells_the_same_turn_from_its_beginning(asker: Asker, elsewhere: Web) -> None:
    conversation, key = await asker.conversation(), uuid4().hex
    async with asked(asker, conversation, key=key) as told, asked(asker.at(elsewhere), conversation, key=key) as again:
        during, there = await asyncio.gather(told.rest(), again.rest())
    async with asked(asker, conversation, key=key) as later:
        after = await later.rest()
    assert told.turn == again.turn == later.turn
    assert during == there == after
    assert len(await asker.messages(conversation)) == 2


async def test_whoever_hangs_up_reads_the_rest_by_number(asker: Asker) -> None:
    conversation, seen = await asker.conversation(), []
    async with asked(asker, conversation) as told:
        async for event in told.events:
            seen.append(event)
            if event.type == "TEXT_MESSAGE_CONTENT":
                break
    rest = await asker.read(told.turn.run_id, after=seen[-1].seq)
    assert [event.seq for event in [*seen, *rest]] == list(range(1, len(seen) + len(rest) + 1))
    assert rest[-1].type == "RUN_FINISHED"


async def test_whoever_may_not_read_what_a_run_tells_is_not_let_ask_for_it(asker: Asker) -> None:
    conversation = await asker.conversation()
    key = await asker.post("/me/keys", {"name": "Narrow", "scopes": ["chat:turn:create"]})
    async with post(asker, conversation, model=SLOW, token=key["secret"]) as answer:
        assert (answer.status, (await answer.json())["code"]) == (403, "scope_missing")
    assert await asker.messages(conversation) == []


async def test_the_stream_ends_with_its_readers_right(asker: Asker, reader: Asker) -> None:
    reader.models = asker.models
    async with asked(reader, await reader.conversation(), model="tokens-400@50") as told:
        await reader.post("/auth/sign-out", expect=204)
        events = await told.rest()
    assert (events[-1].type, events[-1].data["code"]) == ("problem", "session_ended")


async def test_a_question_that_is_refused_is_a_problem_and_no_stream(asker: Asker, here: Web) -> None:
    async with new_asker(here) as stranger:
        for conversation in (await stranger.conversation(), str(uuid4())):
            async with post(asker, conversation, model=SLOW) as answer:
                assert answer.status == 404
                assert answer.content_type == "application/problem+json"
                assert json.loads(await answer.text())["code"] == "not_found"
