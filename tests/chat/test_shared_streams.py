"""Whom a conversation is shared with follows its answers while they are written, and sees what they may see."""

import asyncio
from contextlib import aclosing
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from chatter.runs.sharing import without
from tests.chat.person import Asker, RunEvent, Turn, Web, share
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"


async def begin(asker: Asker, *, model: str) -> Turn:
    return await asker.ask(QUESTION, model=model, conversation=await asker.conversation())


def sources(events: list[RunEvent]) -> list[RunEvent]:
    return [event for event in events if event.data.get("name") in {"passages", "citations"} and event.data["value"]]


async def test_a_reader_follows_in_any_process_the_same_events_as_whoever_asked(
    asker: Asker, reader: Asker, here: Web, elsewhere: Web
) -> None:
    turn = await begin(asker, model="tokens-40@20")
    await share(asker, turn, with_=reader)
    whole, *theirs = await asyncio.gather(
        asker.read(turn.run_id), *(reader.at(web).read(turn.run_id) for web in (here, elsewhere))
    )
    assert whole[-1].type == "RUN_FINISHED"
    assert theirs == [whole, whole]
    assert await reader.read(turn.run_id, after=len(whole) - 2) == whole[-2:]
    await reader.post(f"/runs/{turn.run_id}/cancel", expect=404)
    await reader.get(f"/runs/{turn.run_id}", expect=404)


@pytest.mark.parametrize("process", ["here", "elsewhere"])
async def test_sources_that_are_hidden_from_the_reader_are_left_out_of_the_stream(
    asker: Asker, reader: Asker, here: Web, elsewhere: Web, *, process: str
) -> None:
    turn = await begin(asker, model="quote")
    await share(asker, turn, with_=reader)
    whole = await asker.read(turn.run_id)
    document_id = next(passage["document_id"] for event in sources(whole) for passage in event.data["value"])
    await asker.call("PATCH", f"/documents/{document_id}", expect=200, json={"visibility": "restricted"})
    told = await reader.at(here if process == "here" else elsewhere).read(turn.run_id)
    assert [event.seq for event in told] == [event.seq for event in whole]
    assert len(sources(whole)) == 2
    assert sources(told) == []


@pytest.mark.parametrize("process", ["here", "elsewhere"])
async def test_the_stream_ends_when_the_grant_goes_and_the_answer_goes_on(
    asker: Asker, reader: Asker, here: Web, elsewhere: Web, *, process: str
) -> None:
    turn = await begin(asker, model="tokens-400@50")
    grant = await share(asker, turn, with_=reader)
    there = reader.at(here if process == "here" else elsewhere)
    async with asyncio.timeout(15), aclosing(there.events(turn.run_id)) as events:
        assert (await anext(events)).type == "RUN_STARTED"
        await asker.call("DELETE", f"/grants/{grant}", expect=204)
        last = [event async for event in events][-1]
    assert last.type != "RUN_FINISHED"
    assert (await asker.get(f"/runs/{turn.run_id}"))["state"] == "running"
    await there.get(f"/runs/{turn.run_id}/events", expect=404)
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)
    await asker.read(turn.run_id)


async def test_without_a_grant_nobody_follows_and_an_expired_one_is_none(
    asker: Asker, reader: Asker, admin: asyncpg.Connection
) -> None:
    turn = await begin(asker, model="tokens-40@20")
    await reader.get(f"/runs/{turn.run_id}/events", expect=404)
    grant = await share(asker, turn, with_=reader)
    await admin.execute("update resource_grant set expires_at = now() - interval '1 second' where id = $1", UUID(grant))
    await reader.get(f"/runs/{turn.run_id}/events", expect=404)
    await asker.read(turn.run_id)


def test_only_lists_lose_items_and_only_those_that_name_a_hidden_document() -> None:
    hidden, open_ = uuid4(), uuid4()
    items = [{"document_id": str(hidden), "text": "kept from them"}, {"document_id": str(open_)}, {"document_id": None}]
    passages = _event(1, {"type": "CUSTOM", "name": "passages", "value": items})
    usage = _event(2, {"type": "CUSTOM", "name": "usage", "value": {"document_id": str(hidden)}})
    told = without(passages + usage + b": keep-alive\n\n", {hidden})
    assert told == _event(1, {"type": "CUSTOM", "name": "passages", "value": items[1:]}) + usage + b": keep-alive\n\n"


def _event(number: int, data: object) -> bytes:
    return b"id: %d\nevent: CUSTOM\ndata: %b\n\n" % (number, msgspec.json.encode(data))


async def test_what_tools_were_asked_and_found_is_for_whoever_asked(
    asker: Asker, reader: Asker, upstream: Upstream
) -> None:
    await asker.add_provider(upstream.url, models=("seeker",))
    conversation = await asker.conversation()
    asked = {"question": QUESTION, "model_id": asker.models["seeker"], "tools": ["search_documents"]}
    turn = Turn(**await asker.post(f"/conversations/{conversation}/turns", asked, expect=202))
    await share(asker, turn, with_=reader)
    mine, theirs = await asyncio.gather(asker.read(turn.run_id), reader.read(turn.run_id))
    assert [event.seq for event in theirs] == [event.seq for event in mine]
    told = [event.data for event in theirs if event.type.startswith("TOOL_CALL_")]
    assert [event["tool_call_name"] for event in told if "tool_call_name" in event] == ["search_documents"]
    assert {event.get("content", "") + event.get("delta", "") for event in told} == {""}
    [_, answer] = await reader.messages(conversation)
    assert answer["tool_calls"] == []
