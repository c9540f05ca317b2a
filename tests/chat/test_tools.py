"""A question may let the model call tools: with the rights of whoever asked, on record, not for others to read."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from chatter.tools.facade import CallContext, Toolbox
from chatter.tools.permissions import ToolPermission
from tests.chat.person import Asker, RunEvent, Turn, Web
from tests.people import PASSWORD, invitation_key
from tests.tools.payment import Payment
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"
MODELS = ("noter-8", "seeker", "misuser", "inventor", "spender")
BOTH = ["search_documents", "save_note"]


@pytest_asyncio.fixture
async def user(asker: Asker, upstream: Upstream) -> Asker:
    """Somebody whose provider has models that call tools."""
    await asker.add_provider(upstream.url, models=MODELS)
    return asker


@pytest_asyncio.fixture
async def reader(user: Asker) -> Asker:
    """A colleague, signed in."""
    invited = await user.post("/invitations", {"email": f"{user.user_id.hex}@example.test", "role": "member"})
    key = invitation_key(user.tenant_id, UUID(invited["id"]))
    made = await user.post("/invitations/accept", {"name": "Bo Lind", "password": PASSWORD, **key}, expect=200)
    user.session.cookie_jar.clear()
    return Asker(user.web, user.session, user.tenant_id, UUID(made["user"]["id"]), made["token"], user.models)


async def ask(user: Asker, *, model: str, tools: list[str]) -> tuple[Turn, list[RunEvent]]:
    asked = {"question": QUESTION, "model_id": user.models[model], "tools": tools}
    conversation = await user.conversation()
    turn = Turn(**await user.post(f"/conversations/{conversation}/turns", asked, expect=202))
    return turn, await user.read(turn.run_id)


def of(events: list[RunEvent], kind: str) -> list[dict[str, Any]]:
    return [event.data for event in events if event.type == kind]


def text(events: list[RunEvent]) -> str:
    return "".join(data["delta"] for data in of(events, "TEXT_MESSAGE_CONTENT"))


async def test_a_note_is_saved_once_and_the_answer_follows(user: Asker) -> None:
    turn, events = await ask(user, model="noter-8", tools=BOTH)
    [start], [end] = of(events, "TOOL_CALL_START"), of(events, "TOOL_CALL_END")
    assert start["tool_call_name"] == "save_note"
    assert start["parent_message_id"] == turn.answer_id
    assert len(start["tool_call_id"]) == 9
    assert end["tool_call_id"] == start["tool_call_id"]
    assert "".join(data["delta"] for data in of(events, "TOOL_CALL_ARGS")) == '{"text":"Apples were counted."}'
    assert [data["content"] for data in of(events, "TOOL_CALL_RESULT")] == ["The note is saved."]
    assert text(events).split() == [f"w{n}" for n in range(8)]
    assert events[-1].data["outcome"] == "answered"
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    [note] = (await user.get("/notes"))["items"]
    assert (note["text"], note["run_id"]) == ("Apples were counted.", turn.run_id)
    [_, answer] = await user.messages(turn.conversation_id)
    [call] = answer["tool_calls"]
    assert (call["name"], call["state"], call["result"]) == ("save_note", "done", "The note is saved.")


async def test_a_note_is_in_the_audit_log_as_its_askers_deed(user: Asker, admin: asyncpg.Connection) -> None:
    turn, _ = await ask(user, model="noter-8", tools=["save_note"])
    rows = await admin.fetch(
        "select action, actor_id, actor_label, actor_role, target from audit_event where run_id = $1 order by txid, id",
        UUID(turn.run_id),
    )
    opened, saved = rows
    assert saved["action"] == "tools:note:saved"
    assert (saved["actor_id"], saved["actor_label"], saved["actor_role"]) == tuple(opened)[1:4]
    [note] = (await user.get("/notes"))["items"]
    assert str(saved["target"]) == note["id"]
    events = await admin.fetch("select name from outbox where tenant_id = $1", user.tenant_id)
    assert "tools.note.saved" in {event["name"] for event in events}


async def test_documents_are_searched_with_the_rights_of_whoever_asked(user: Asker) -> None:
    _, events = await ask(user, model="seeker", tools=["search_documents"])
    [result] = of(events, "TOOL_CALL_RESULT")
    assert "40 euros a month" in result["content"]
    assert "(from handbook.md" in result["content"]
    assert text(events).strip().startswith("<result>"), "the model is told it between marks"


async def test_no_tool_is_offered_to_a_model_that_the_question_lets_call_none(
    user: Asker, upstream_bodies: list[bytes]
) -> None:
    _, events = await ask(user, model="noter-8", tools=[])
    assert of(events, "TOOL_CALL_START") == []
    assert b'"tools"' not in upstream_bodies[-1]
    assert (await user.get("/notes"))["items"] == []


async def test_a_tool_that_was_not_offered_is_not_called(user: Asker) -> None:
    _, events = await ask(user, model="noter-8", tools=["search_documents"])
    assert of(events, "TOOL_CALL_RESULT")[0]["content"] == "There is no such tool."
    assert (await user.get("/notes"))["items"] == []


@pytest.mark.parametrize(("model", "told"), [("misuser", "The arguments do not fit"), ("inventor", "There is no such")])
async def test_a_model_that_calls_wrongly_is_told_once_and_then_answers_without(
    user: Asker, model: str, told: str
) -> None:
    turn, events = await ask(user, model=model, tools=BOTH)
    results = of(events, "TOOL_CALL_RESULT")
    assert len(results) == 2
    assert all(result["content"].startswith(told) for result in results)
    assert events[-1].data["outcome"] == "answered"
    [_, answer] = await user.messages(turn.conversation_id)
    assert answer["tool_calls"] == [], "what was never begun is not on record"


async def test_a_call_is_refused_once_the_role_of_whoever_asked_is_taken_away(
    user: Asker, reader: Asker, here: Web, admin: asyncpg.Connection
) -> None:
    class Demoting(Payment):
        """Its first call takes away the role that allows the next."""

        async def call(self, arguments: Any, context: CallContext) -> str:
            demoted = {"role": "viewer"}
            await user.call("PATCH", f"/members/{reader.user_id}", expect=200, json=demoted)
            return await super().call(arguments, context)

    await user.call("PATCH", f"/members/{reader.user_id}", expect=200, json={"role": "member"})
    tool = Demoting(idempotent=True, permission=ToolPermission.NOTE_CREATE)
    here.services.part(Toolbox).add(tool)
    turn, events = await ask(reader, model="spender", tools=["pay"])
    made, *refused = [result["content"] for result in of(events, "TOOL_CALL_RESULT")]
    assert (made, len(tool.paid)) == ("7 paid", 1)
    assert refused
    assert all(content.startswith("It was refused") for content in refused)
    rows = await admin.fetch(
        "select actor_id from audit_event where run_id = $1 and action = 'tools:call:refused'", UUID(turn.run_id)
    )
    assert [row["actor_id"] for row in rows] == [reader.user_id] * len(refused)


async def test_nobody_asks_with_a_tool_that_does_what_they_may_not_do(user: Asker, reader: Asker) -> None:
    await user.call("PATCH", f"/members/{reader.user_id}", expect=200, json={"role": "viewer"})
    conversation = await reader.conversation()
    asked = {"question": QUESTION, "model_id": reader.models["noter-8"], "tools": ["save_note"]}
    problem = await reader.post(f"/conversations/{conversation}/turns", asked, expect=403)
    assert problem["code"] == "permission_missing"
    assert await reader.messages(conversation) == []
    await reader.post(f"/conversations/{conversation}/turns", {**asked, "tools": ["search_documents"]}, expect=202)


async def test_a_question_with_a_tool_that_there_is_not_is_refused_before_anything_is_stored(user: Asker) -> None:
    conversation = await user.conversation()
    problem = await user.post(
        f"/conversations/{conversation}/turns", {"question": QUESTION, "tools": ["rm"]}, expect=422
    )
    assert problem["code"] == "tools.unknown"
    assert await user.messages(conversation) == []


async def test_notes_are_listed_newest_first_and_deleted_by_their_owner_alone(user: Asker, reader: Asker) -> None:
    for _ in range(3):
        await ask(user, model="noter-8", tools=["save_note"])
    first = await user.get("/notes?limit=2")
    rest = await user.get(f"/notes?limit=2&cursor={first['next_cursor']}")
    notes = [*first["items"], *rest["items"]]
    assert [note["created_at"] for note in notes] == sorted((note["created_at"] for note in notes), reverse=True)
    assert len({note["id"] for note in notes}) == 3
    assert (await reader.get("/notes"))["items"] == []
    await reader.call("DELETE", f"/notes/{notes[0]['id']}", expect=404)
    await user.call("DELETE", f"/notes/{notes[0]['id']}", expect=204)
    await user.call("DELETE", f"/notes/{notes[0]['id']}", expect=404)
    assert [note["id"] for note in (await user.get("/notes"))["items"]] == [note["id"] for note in notes[1:]]


async def test_the_tools_say_which_of_them_change_something(user: Asker) -> None:
    tools = {tool["name"]: tool for tool in await user.get("/tools") if tool["name"] != "pay"}
    assert {name: tool["effect"] for name, tool in tools.items()} == {"search_documents": False, "save_note": True}
    assert all(tool["label"] and tool["description"] for tool in tools.values())
