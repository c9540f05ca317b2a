"""Whatever the provider does, the turn ends honestly: what came is kept and labelled, the reader is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.settings import Settings
from tests.chat.conftest import serving
from tests.chat.network import Cable
from tests.chat.person import Asker, RunEvent

QUESTION = "How many days of paid holiday do employees receive each year?"


def text(events: list[RunEvent]) -> str:
    return "".join(event.data["delta"] for event in events if event.type == "TEXT_MESSAGE_CONTENT")


@pytest.mark.parametrize(
    ("model", "code", "kept"),
    [
        ("cut-after-3", "provider_cut_short", "w0 w1 w2"),
        ("no-finish", "provider_cut_short", "w0 w1 w2"),
        ("error-event", "provider_broken", "w0 w1"),
        ("rubbish", "provider_incoherent", "w0 w1"),
        ("429", "provider_busy", ""),
        ("500", "provider_broken", ""),
        ("html", "provider_incoherent", ""),
    ],
)
async def test_a_providers_fault_ends_the_turn_with_a_remedy(asker: Asker, model: str, code: str, kept: str) -> None:
    turn, events = await asker.answer(QUESTION, model=model)
    last = events[-1]
    assert last.type == "RUN_ERROR"
    assert last.data["code"] == code
    assert last.data["message"]
    assert last.data["remedy"]
    assert last.data["request_id"]
    assert text(events).strip() == kept
    [_, answer] = await asker.messages(turn.conversation_id)
    assert answer["state"] == ("incomplete" if kept else "failed")
    assert answer["text"].strip() == kept
    assert answer["error"] == {field: last.data[field] for field in ("code", "message", "remedy", "request_id")}
    assert (await asker.get(f"/runs/{turn.run_id}"))["error"]["code"] == code


async def test_what_postgres_can_hold_in_no_text_is_left_out(asker: Asker) -> None:
    turn, events = await asker.answer(QUESTION, model="nul")
    assert text(events) == "One two."
    [_, answer] = await asker.messages(turn.conversation_id)
    assert (answer["state"], answer["text"]) == ("complete", "One two.")
    _, events = await asker.answer(QUESTION, model="nul-error")
    assert events[-1].data["code"] == "provider_refused"
    assert "too long" in events[-1].data["message"]


async def test_a_failed_question_can_be_asked_again_in_its_place(asker: Asker) -> None:
    failed, _ = await asker.answer(QUESTION, model="500")
    again = await asker.ask(QUESTION, model="quote", conversation=failed.conversation_id, parent_id=failed.parent_id)
    events = await asker.read(again.run_id)
    assert events[-1].data["outcome"] == "answered"
    assert [m["id"] for m in await asker.messages(failed.conversation_id)] == [again.question_id, again.answer_id]


async def test_an_unknown_model_is_refused_before_anything_is_stored(asker: Asker) -> None:
    conversation = await asker.conversation()
    body = {"question": QUESTION, "model_id": conversation}
    problem = await asker.post(f"/conversations/{conversation}/turns", body, expect=404)
    assert problem["code"] == "model_not_found"
    assert await asker.messages(conversation) == []


@pytest.mark.parametrize("parent", ["the question itself", "another conversation", "nothing that exists"])
async def test_a_question_follows_only_answers_of_its_conversation(asker: Asker, parent: str) -> None:
    turn, _ = await asker.answer(QUESTION, model="quote")
    parents = {
        "the question itself": turn.question_id,
        "another conversation": await asker.conversation(),
        "nothing that exists": turn.run_id,
    }
    body = {"question": QUESTION, "parent_id": parents[parent]}
    problem = await asker.post(f"/conversations/{turn.conversation_id}/turns", body, expect=422)
    assert problem["code"] == "chat.parent_invalid"


@pytest_asyncio.fixture
async def cable(chat_database: DatabaseUrls) -> AsyncIterator[Cable]:
    """The way of one web process to its database."""
    port = urlsplit(chat_database.admin).port
    assert port is not None
    made = Cable(port)
    await made.plug_in()
    yield made
    await made.pull()


@pytest_asyncio.fixture
async def cut_off(asker: Asker, cable: Cable, chat_settings: Settings) -> AsyncIterator[Asker]:
    """The same person at a process whose cable can be pulled."""
    assert chat_settings.database_url is not None
    settings = chat_settings.model_copy(update={"database_url": cable.through(chat_settings.database_url)})
    async with serving(build_api(settings)) as web:
        yield asker.at(web)


async def test_a_database_that_goes_away_during_a_turn_loses_nothing(cut_off: Asker, cable: Cable) -> None:
    turn = await cut_off.ask(QUESTION, model="tokens-40@20", conversation=await cut_off.conversation())
    first_text = asyncio.Event()
    reading = asyncio.create_task(_read(cut_off, turn.run_id, first_text=first_text))
    await asyncio.wait_for(first_text.wait(), 20)  # by then whoever reads has been let in
    await cable.pull()

    await asyncio.wait({reading}, timeout=2.5)  # the answer ends meanwhile; its end can't be stored yet
    assert not reading.done()
    await cable.plug_in()
    events = await asyncio.wait_for(reading, 20)
    assert events[-1].data["outcome"] == "answered"
    assert text(events) == "".join(f"w{n} " for n in range(40)).rstrip()
    [_, answer] = await cut_off.messages(turn.conversation_id)
    assert (answer["state"], answer["text"]) == ("complete", text(events))


async def test_a_database_that_is_away_is_a_problem_and_not_a_crash(cut_off: Asker, cable: Cable) -> None:
    conversation = await cut_off.conversation()
    await cable.pull()
    problem = await cut_off.post(f"/conversations/{conversation}/turns", {"question": QUESTION}, expect=503)
    assert problem["code"] == "unavailable"
    await cable.plug_in()
    turn = await cut_off.ask(QUESTION, model="quote", conversation=conversation)
    assert (await cut_off.read(turn.run_id))[-1].data["outcome"] == "answered"


async def _read(asker: Asker, run_id: str, *, first_text: asyncio.Event) -> list[RunEvent]:
    """All events; sets `first_text` at the first piece of the answer."""
    events = []
    async with aclosing(asker.events(run_id)) as coming:
        async for event in coming:
            events.append(event)
            if event.type == "TEXT_MESSAGE_CONTENT":
                first_text.set()
    return events
