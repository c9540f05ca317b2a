"""The events of a run can be read from anywhere, from any point, by any number of readers; it needs none of them."""

import asyncio
import json
from contextlib import aclosing
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from chatter.identity.authentication import ORGANIZATION_HEADER
from tests.chat.person import Asker, RunEvent, Turn, Web, new_asker
from tests.people import PASSWORD, invitation_key
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"


async def begin(asker: Asker, *, model: str) -> Turn:
    return await asker.ask(QUESTION, model=model, conversation=await asker.conversation())


async def first_text(asker: Asker, turn: Turn) -> list[RunEvent]:
    """Read until the answer has begun, then go away."""
    seen = []
    async with aclosing(asker.events(turn.run_id)) as events:
        async for event in events:
            seen.append(event)
            if event.type == "TEXT_MESSAGE_CONTENT":
                break
    return seen


def text(events: list[RunEvent]) -> str:
    return "".join(event.data["delta"] for event in events if event.type == "TEXT_MESSAGE_CONTENT")


async def test_readers_in_two_processes_see_the_same_events_while_they_come(asker: Asker, elsewhere: Web) -> None:
    turn = await begin(asker, model="tokens-40@40")
    there = asker.at(elsewhere)
    readers = [
        *(asker.read(turn.run_id), asker.read(turn.run_id), there.read(turn.run_id), there.read(turn.run_id)),
        *(asker.read(turn.run_id, after=4), there.read(turn.run_id, after=4)),
    ]
    first, *others, later_here, later_there = await asyncio.gather(*readers)
    assert [event.seq for event in first] == list(range(1, len(first) + 1))
    assert text(first) == "".join(f"w{n} " for n in range(40)).rstrip()
    assert all(other == first for other in others)
    assert later_here == later_there == first[4:]


async def test_text_comes_in_several_events_and_not_one_a_token(asker: Asker) -> None:
    turn = await begin(asker, model="tokens-400@50")
    started = asyncio.get_running_loop().time()
    seen = await first_text(asker, turn)
    assert asyncio.get_running_loop().time() - started < 3
    assert seen[-1].data["delta"] == "w0"
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)


async def test_a_closed_tab_does_not_stop_the_answer(asker: Asker) -> None:
    turn = await begin(asker, model="tokens-40@40")
    seen = await first_text(asker, turn)
    rest = await asker.read(turn.run_id, after=seen[-1].seq)
    assert rest[0].seq == seen[-1].seq + 1
    assert rest[-1].data["outcome"] == "answered"
    assert text(seen) + text(rest) == "".join(f"w{n} " for n in range(40)).rstrip()


async def test_a_run_that_is_over_is_read_from_any_event(asker: Asker, elsewhere: Web) -> None:
    turn = await begin(asker, model="quote")
    whole = await asker.read(turn.run_id)
    for web in (asker.web, elsewhere):
        reader = asker.at(web)
        for after in range(len(whole) + 1):
            assert await reader.read(turn.run_id, after=after) == whole[after:]
        assert await reader.read(turn.run_id, after=len(whole) + 5) == []


async def test_an_answer_is_stopped_from_another_process_and_keeps_its_text(
    asker: Asker, elsewhere: Web, upstream: Upstream
) -> None:
    turn = await begin(asker, model="tokens-400@50")
    await first_text(asker, turn)
    upstream.hung_up.clear()
    started = asyncio.get_running_loop().time()
    await asker.at(elsewhere).post(f"/runs/{turn.run_id}/cancel", expect=202)
    await asyncio.wait_for(upstream.hung_up.wait(), 1)
    events = await asker.read(turn.run_id)
    assert asyncio.get_running_loop().time() - started < 1
    assert events[-1].type == "RUN_FINISHED"
    assert events[-1].data["outcome"] == "cancelled"
    [_, answer] = await asker.messages(turn.conversation_id)
    assert (answer["state"], answer["outcome"], answer["text"]) == ("cancelled", "cancelled", text(events))
    assert (await asker.get(f"/runs/{turn.run_id}"))["state"] == "cancelled"


async def test_stopping_twice_or_too_late_is_harmless(asker: Asker) -> None:
    turn = await begin(asker, model="quote")
    await asker.read(turn.run_id)
    for _ in range(2):
        assert (await asker.post(f"/runs/{turn.run_id}/cancel", expect=202))["state"] == "finished"


async def test_a_second_question_waits_for_the_first_answer(asker: Asker) -> None:
    turn = await begin(asker, model="tokens-400@50")
    problem = await asker.post(f"/conversations/{turn.conversation_id}/turns", {"question": "And?"}, expect=409)
    assert problem["code"] == "chat.answer_in_progress"
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)
    await asker.read(turn.run_id)
    events = await asker.read((await asker.ask(QUESTION, model="quote", conversation=turn.conversation_id)).run_id)
    assert events[-1].data["outcome"] == "answered"


async def test_deleting_the_conversation_stops_the_answer_and_leaves_nothing(asker: Asker, upstream: Upstream) -> None:
    turn = await begin(asker, model="tokens-400@50")
    await first_text(asker, turn)
    upstream.hung_up.clear()
    await asker.call("DELETE", f"/conversations/{turn.conversation_id}", expect=204)
    await asyncio.wait_for(upstream.hung_up.wait(), 3)
    await asker.get(f"/conversations/{turn.conversation_id}/messages", expect=404)
    await asker.get(f"/runs/{turn.run_id}", expect=404)


@pytest.mark.parametrize("path", ["/runs/{run}", "/runs/{run}/events", "/conversations/{conversation}/messages"])
async def test_nobody_else_reads_a_run_or_its_conversation(asker: Asker, here: Web, elsewhere: Web, path: str) -> None:
    turn = await begin(asker, model="quote")
    await asker.read(turn.run_id)
    address = path.format(run=turn.run_id, conversation=turn.conversation_id)
    unknown = path.format(run=turn.answer_id, conversation=turn.answer_id)
    async with new_asker(here) as stranger:
        for web in (here, elsewhere):
            foreign = await stranger.at(web).get(address, expect=404)
            missing = await stranger.at(web).get(unknown, expect=404)
            assert {**foreign, "request_id": ""} == {**missing, "request_id": ""}


@pytest.mark.parametrize("last_event_id", ["abc", "-1", "1e3", "9" * 12])
async def test_a_last_event_id_that_is_no_number_is_refused(asker: Asker, last_event_id: str) -> None:
    turn = await begin(asker, model="quote")
    headers = {"Authorization": f"Bearer {asker.token}", "Last-Event-ID": last_event_id}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{asker.web.url}/runs/{turn.run_id}/events", headers=headers) as answer,
    ):
        assert answer.status == 422
        assert (await answer.json())["remedy"]


async def test_a_colleague_reads_no_answer_that_is_being_written(asker: Asker) -> None:
    turn = await begin(asker, model="tokens-400@50")
    await first_text(asker, turn)
    invited = await asker.post("/invitations", {"email": f"{asker.user_id.hex}@example.test", "role": "admin"})
    key = invitation_key(asker.tenant_id, UUID(invited["id"]))
    made = await asker.post("/invitations/accept", {"name": "Bo Lind", "password": PASSWORD, **key}, expect=200)
    asker.session.cookie_jar.clear()
    colleague = Asker(asker.web, asker.session, asker.tenant_id, UUID(made["user"]["id"]), made["token"])
    await colleague.get(f"/runs/{turn.run_id}/events", expect=404)
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)


async def test_who_belongs_to_two_organisations_reads_a_run_in_its_own_alone(asker: Asker) -> None:
    turn = await begin(asker, model="tokens-400@50")
    await first_text(asker, turn)
    other = await asker.post("/organizations", {"name": "Globex"})
    headers = {"Authorization": f"Bearer {asker.token}", ORGANIZATION_HEADER: other["id"]}
    for path in ("events", "timeline"):
        async with asker.session.get(f"{asker.web.url}/runs/{turn.run_id}/{path}", headers=headers) as answer:
            assert answer.status == 404, path
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)


async def test_a_run_of_the_same_number_elsewhere_opens_nothing(
    asker: Asker, here: Web, admin: asyncpg.Connection
) -> None:
    turn = await begin(asker, model="tokens-400@50")
    await first_text(asker, turn)
    async with new_asker(here) as stranger:
        changed = {"tenant_id": stranger.tenant_id, "owner_id": stranger.user_id, "state": "finished"}
        await admin.execute(
            "insert into run select (jsonb_populate_record(r, $2 || jsonb_build_object('finished_at', now()))).* "
            "from run r where id = $1",
            *(UUID(turn.run_id), json.dumps(changed, default=str)),
        )
        assert text(await stranger.read(turn.run_id)) == ""
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)
