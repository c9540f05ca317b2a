"""From a point of a past run a person writes another answer, with something changed, and nothing before it repeated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest
import pytest_asyncio

from chatter.kit.settings import Settings
from tests.chat.person import Asker, RunEvent, Turn, Web, new_asker
from tests.chat.processes import WebProcess, web_process
from tests.chat.test_steering import SAID, begun, steer, until
from tests.people import PASSWORD, invitation_key
from tests.servers import Servers
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"
OTHER = "What is the remote work allowance a month?"
MODELS = ("quote", "tokens-40@40", "tokens-400@50", "noter-8", "seeker", "spender", "tokens-40@20")


@pytest_asyncio.fixture
async def user(asker: Asker, upstream: Upstream) -> Asker:
    """Somebody whose provider has models that call tools."""
    await asker.add_provider(upstream.url, models=MODELS)
    return asker


async def ask(user: Asker, *, model: str, tools: list[str] | None = None) -> tuple[Turn, list[RunEvent]]:
    body = {"question": QUESTION, "model_id": user.models[model], "tools": tools or []}
    turn = Turn(**await user.post(f"/conversations/{await user.conversation()}/turns", body, expect=202))
    return turn, await user.read(turn.run_id)


async def points(user: Asker, turn: Turn) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await user.get(f"/runs/{turn.run_id}/checkpoints"))["items"]
    return items


async def point(user: Asker, turn: Turn, following: str) -> dict[str, Any]:
    """The last one before such a step."""
    return [each for each in await points(user, turn) if each["next"] == following][-1]


async def branch(user: Asker, turn: Turn, following: str, **changes: Any) -> tuple[Turn, list[RunEvent]]:
    body = {"checkpoint_id": (await point(user, turn, following))["id"], **changes}
    made = Turn(**await user.post(f"/runs/{turn.run_id}/branches", body, expect=202))
    return made, await user.read(made.run_id)


def of(events: list[RunEvent], kind: str) -> list[dict[str, Any]]:
    return [event.data for event in events if event.type == kind]


def text(events: list[RunEvent]) -> str:
    return "".join(data["delta"] for data in of(events, "TEXT_MESSAGE_CONTENT"))


def steps(events: list[RunEvent]) -> list[str]:
    return [data["step"] for data in of(events, "STEP_STARTED")]


@asynccontextmanager
async def joined(user: Asker, here: Web) -> AsyncIterator[Asker]:
    """Another member of the same organisation."""
    invited = await user.post("/invitations", {"email": f"{uuid4().hex}@example.test", "role": "member"})
    accepted = {"name": "Bo Lind", "password": PASSWORD, **invitation_key(user.tenant_id, UUID(invited["id"]))}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{here.url}/invitations/accept", json=accepted) as answer:
            member = await answer.json()
        yield Asker(here, session, user.tenant_id, UUID(member["user"]["id"]), member["token"])


async def test_the_points_of_a_run_say_what_comes_next_and_what_can_be_changed(user: Asker) -> None:
    turn, _ = await ask(user, model="noter-8", tools=["save_note"])
    found = await points(user, turn)
    assert [each["next"] for each in found] == ["retrieve", "answer", "tools", "answer"]
    assert [each["question"] for each in found] == [QUESTION, None, None, None]
    assert [each["step"] for each in found] == [0, 1, 2, 3]
    calls = [[(call["name"], call["content"]) for call in each["tool_calls"]] for each in found]
    assert calls == [[], [], [("save_note", None)], [("save_note", "The note is saved.")]]


async def test_another_question_is_searched_and_answered_beside_the_first(user: Asker) -> None:
    turn, _ = await ask(user, model="quote")
    made, events = await branch(user, turn, "retrieve", question=OTHER)
    assert made.question_id != turn.question_id
    assert made.parent_id == turn.parent_id
    assert steps(events) == ["retrieve", "answer"]
    [asked, answer] = await user.messages(turn.conversation_id)
    assert (asked["text"], answer["id"]) == (OTHER, made.answer_id)
    assert answer["text"].startswith("Remote work")
    assert answer["branch"] == {"source_run_id": turn.run_id, "changed": ["question"]}


async def test_another_model_answers_from_the_same_passages_without_a_search(
    user: Asker, upstream_bodies: list[bytes]
) -> None:
    turn, before = await ask(user, model="quote")
    upstream_bodies.clear()
    made, events = await branch(user, turn, "answer", model_id=user.models["tokens-40@40"])
    assert made.question_id == turn.question_id
    assert steps(events) == ["answer"]
    assert len(upstream_bodies) == 1, "the question is not embedded again"
    assert [e["value"] for e in of(events, "CUSTOM") if e["name"] == "passages"] == [
        e["value"] for e in of(before, "CUSTOM") if e["name"] == "passages"
    ]
    [_, answer] = await user.messages(turn.conversation_id)
    assert (answer["model"], answer["branch"]["changed"]) == ("tokens-40@40", ["model"])
    assert answer["passages"]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


async def test_instructions_reach_the_model_and_the_next_branch(user: Asker, upstream_bodies: list[bytes]) -> None:
    turn, _ = await ask(user, model="quote")
    made, _ = await branch(user, turn, "answer", instructions="Answer like a pirate.")
    assert b"adds, for this answer:\\nAnswer like a pirate." in upstream_bodies[-1]
    assert (await point(user, made, "answer"))["instructions"] == "Answer like a pirate."
    again, _ = await branch(user, made, "answer")
    assert b"Answer like a pirate." in upstream_bodies[-1]
    [_, answer] = await user.messages(turn.conversation_id)
    assert (answer["id"], answer["branch"]["changed"]) == (again.answer_id, [])


async def test_a_result_given_by_a_person_is_told_to_the_model_and_marked_wherever_it_is_shown(
    user: Asker, upstream_bodies: list[bytes]
) -> None:
    turn, _ = await ask(user, model="seeker", tools=["search_documents"])
    [call] = (await point(user, turn, "answer"))["tool_calls"]
    assert (call["source"], "40 euros" in call["content"]) == ("tool", True)
    upstream_bodies.clear()
    given = {"tool_call_id": call["id"], "content": "The allowance is 55 euros."}
    made, events = await branch(user, turn, "answer", tool_results=[given])
    assert len(upstream_bodies) == 1, "neither the search nor the first call to the model is made again"
    assert [(r["content"], r["source"]) for r in of(events, "TOOL_CALL_RESULT")] == [(given["content"], "person")]
    assert "55 euros" in text(events)
    [_, answer] = await user.messages(turn.conversation_id)
    assert answer["branch"]["changed"] == ["tool_result"]
    assert [(c["source"], c["result"]) for c in answer["tool_calls"]] == [("person", given["content"])]
    [again] = (await point(user, made, "answer"))["tool_calls"]
    assert again["source"] == "person"


async def test_a_call_whose_result_is_given_is_not_made(user: Asker) -> None:
    turn, _ = await ask(user, model="noter-8", tools=["save_note"])
    assert len((await user.get("/notes"))["items"]) == 1
    given = {"tool_call_id": "call01000", "content": "Not this time."}
    _, events = await branch(user, turn, "tools", tool_results=[given])
    assert steps(events) == ["tools", "answer"]
    assert text(events).split() == [f"w{n}" for n in range(8)]
    assert len((await user.get("/notes"))["items"]) == 1
    _, repeated = await branch(user, turn, "tools")
    assert of(repeated, "TOOL_CALL_RESULT")[0]["source"] == "tool"
    assert len((await user.get("/notes"))["items"]) == 2, "a call that comes after the point is made again"


async def test_calls_before_the_point_are_not_repeated_and_are_shown_as_earlier_ones(user: Asker) -> None:
    turn, _ = await ask(user, model="noter-8", tools=["save_note"])
    made, events = await branch(user, turn, "answer")
    assert steps(events) == ["answer"]
    assert [r["source"] for r in of(events, "TOOL_CALL_RESULT")] == ["earlier"]
    assert len((await user.get("/notes"))["items"]) == 1
    [_, answer] = await user.messages(turn.conversation_id)
    assert (answer["id"], [c["source"] for c in answer["tool_calls"]]) == (made.answer_id, ["earlier"])
    assert answer["usage"]["output_tokens"] == 8, "what the earlier calls took is billed once"


async def test_the_timeline_and_the_receipt_tell_where_it_branched_off_and_what_was_sent(user: Asker) -> None:
    turn, _ = await ask(user, model="seeker", tools=["search_documents"])
    given = {"tool_call_id": "call01000", "content": "Nothing was found."}
    made, _ = await branch(user, turn, "answer", tool_results=[given], instructions="Be kind.")
    told = await user.get(f"/runs/{made.run_id}/timeline")
    assert told["branched"]["source_run_id"] == turn.run_id
    assert (told["branched"]["step"], told["branched"]["next"]) == (3, "answer")
    changes = {change["what"]: change for change in told["branched"]["changes"]}
    assert (changes["instructions"]["before"], changes["instructions"]["after"]) == ("", "Be kind.")
    assert changes["tool_result"]["tool"] == "search_documents"
    assert "40 euros" in changes["tool_result"]["before"]
    assert changes["tool_result"]["after"] == given["content"]
    kinds = [(entry["kind"], entry["name"]) for entry in told["entries"]]
    assert kinds == [("tool_call", "search_documents"), ("step", "answer"), ("model_call", "seeker")]
    assert told["entries"][0]["tool_call"]["source"] == "person"
    receipt = await user.get(f"/conversations/{made.conversation_id}/messages/{made.answer_id}/receipt")
    assert receipt["prompt_is_exact"]
    assert (await user.get(f"/runs/{turn.run_id}/timeline"))["branched"] is None


async def test_two_answers_are_compared_word_by_word_with_what_each_took(user: Asker) -> None:
    turn, _ = await ask(user, model="noter-8", tools=["save_note"])
    one, _ = await branch(user, turn, "answer", model_id=user.models["tokens-40@40"])
    given = {"tool_call_id": "call01000", "content": "Kept."}
    other, _ = await branch(user, turn, "tools", tool_results=[given])
    found = await user.get(f"/runs/{turn.run_id}/comparison?with={one.run_id}")
    assert (found["one"]["model"], found["other"]["model"]) == ("noter-8", "tokens-40@40")
    assert (found["one"]["model_calls"], found["other"]["model_calls"]) == (2, 1)
    assert found["other"]["output_tokens"] == 40
    assert found["parting"] == {"run_id": turn.run_id, "step": 3, "next": "answer"}
    assert [change["what"] for change in found["other"]["branched"]["changes"]] == ["model"]
    pieces = [(piece["kind"], piece["text"].split()) for piece in found["differences"]]
    assert pieces == [("same", [f"w{n}" for n in range(8)]), ("added", [f"w{n}" for n in range(8, 40)])]
    siblings = await user.get(f"/runs/{one.run_id}/comparison?with={other.run_id}")
    assert siblings["parting"] == {"run_id": turn.run_id, "step": 2, "next": "tools"}
    assert [call["source"] for call in siblings["other"]["tool_calls"]] == ["person"]
    unrelated, _ = await ask(user, model="quote")
    assert (await user.get(f"/runs/{one.run_id}/comparison?with={unrelated.run_id}"))["parting"] is None


async def test_the_same_key_branches_once_and_another_body_under_it_is_refused(user: Asker) -> None:
    turn, _ = await ask(user, model="quote")
    body = {"checkpoint_id": (await point(user, turn, "answer"))["id"], "instructions": "Be brief."}
    headers = {"Idempotency-Key": "branch-once"}
    first = await user.post(f"/runs/{turn.run_id}/branches", body, expect=202, headers=headers)
    again = await user.post(f"/runs/{turn.run_id}/branches", body, expect=202, headers=headers)
    assert again == first
    await user.read(first["run_id"])
    assert await user.post(f"/runs/{turn.run_id}/branches", body, expect=202, headers=headers) == first
    other = {**body, "instructions": "Be long."}
    refused = await user.post(f"/runs/{turn.run_id}/branches", other, expect=422, headers=headers)
    assert refused["type"].endswith("chat.idempotency_clash")


async def test_what_can_not_be_changed_at_a_point_is_refused_with_what_to_do(user: Asker) -> None:
    turn, _ = await ask(user, model="noter-8", tools=["save_note"])
    at = {each["next"]: each["id"] for each in await points(user, turn)}
    for refused in (
        {"checkpoint_id": at["answer"], "question": OTHER},
        {"checkpoint_id": at["retrieve"], "tool_results": [{"tool_call_id": "call01000", "content": "x"}]},
        {"checkpoint_id": at["answer"], "tool_results": [{"tool_call_id": "call01000", "content": "x"}] * 2},
        {"checkpoint_id": at["answer"], "model_id": None, "instructions": "Be brief."},
    ):
        problem = await user.post(f"/runs/{turn.run_id}/branches", refused, expect=422)
        assert problem["type"].endswith("chat.branch_invalid")
        assert problem["remedy"]


async def test_a_running_answer_is_waited_for_and_so_is_another_of_the_conversation(user: Asker) -> None:
    turn, _ = await ask(user, model="quote")
    at = (await point(user, turn, "answer"))["id"]
    slow = {"checkpoint_id": at, "model_id": user.models["tokens-400@50"]}
    made = await user.post(f"/runs/{turn.run_id}/branches", slow, expect=202)
    problem = await user.post(f"/runs/{turn.run_id}/branches", {"checkpoint_id": at}, expect=409)
    assert problem["type"].endswith("chat.answer_in_progress")
    await user.get(f"/runs/{made['run_id']}/checkpoints", expect=409)
    await user.post(f"/runs/{made['run_id']}/cancel", expect=202)
    events = await user.read(made["run_id"])
    assert events[-1].data["outcome"] == "cancelled"
    assert [each["next"] for each in await points(user, Turn(**made))] == ["answer"], "a stopped run has points too"


async def test_states_that_are_not_kept_any_more_are_no_points_and_say_what_to_do(
    user: Asker, admin: asyncpg.Connection
) -> None:
    turn, _ = await ask(user, model="quote")
    at = (await point(user, turn, "answer"))["id"]
    await admin.execute("delete from checkpoint where run_id = $1", UUID(turn.run_id))
    assert await points(user, turn) == []
    problem = await user.post(f"/runs/{turn.run_id}/branches", {"checkpoint_id": at}, expect=409)
    assert (problem["type"].rpartition("/")[2], problem["remedy"]) == ("chat.checkpoint_gone", "Ask the question anew.")


async def test_passages_of_deleted_documents_are_not_taken_along(user: Asker, upstream_bodies: list[bytes]) -> None:
    await user.upload("lunch.md", "# Lunch\n\nEmployees receive lunch vouchers of 7 euros for each paid working day.")
    turn, _ = await ask(user, model="quote")
    items = (await user.get("/documents"))["items"]
    [lunch] = [item["id"] for item in items if item["name"] == "lunch.md"]
    await user.call("DELETE", f"/documents/{lunch}", expect=204)
    made, events = await branch(user, turn, "answer")
    assert b"vouchers" not in upstream_bodies[-1]
    [found] = [e["value"] for e in of(events, "CUSTOM") if e["name"] == "passages"]
    assert {passage["document_name"] for passage in found} == {"handbook.md"}
    [change] = (await user.get(f"/runs/{made.run_id}/timeline"))["branched"]["changes"]
    assert (change["what"], int(change["after"]) < int(change["before"])) == ("passages", True)
    for item in items:
        if item["id"] != lunch:
            await user.call("DELETE", f"/documents/{item['id']}", expect=204)
    gone = await user.post(
        f"/runs/{turn.run_id}/branches", {"checkpoint_id": (await point(user, turn, "answer"))["id"]}, expect=409
    )
    assert gone["type"].endswith("chat.checkpoint_gone")


async def test_who_may_only_read_may_not_branch_and_a_stranger_finds_nothing(user: Asker, here: Web) -> None:
    turn, _ = await ask(user, model="quote")
    body = {"checkpoint_id": (await point(user, turn, "answer"))["id"]}
    async with joined(user, here) as reader:
        await reader.post(f"/runs/{turn.run_id}/branches", body, expect=404)
        grant = {"resource_kind": "conversation", "resource_id": turn.conversation_id, "level": "manage"}
        await user.post("/grants", {**grant, "subject_kind": "user", "subject_id": str(reader.user_id)})
        for refused in (
            await reader.post(f"/runs/{turn.run_id}/branches", body, expect=403),
            await reader.get(f"/runs/{turn.run_id}/checkpoints", expect=403),
        ):
            assert refused["type"].endswith("chat.not_asker")
        made, _ = await branch(user, turn, "answer", instructions="Be brief.")
        [_, seen] = await reader.messages(turn.conversation_id)
        assert (seen["id"], seen["branch"]) == (made.answer_id, {"source_run_id": None, "changed": ["instructions"]})
    async with new_asker(here) as stranger:
        problems = [
            await stranger.post(f"/runs/{run_id}/branches", body, expect=404) for run_id in (turn.run_id, uuid4())
        ]
        assert [problem.pop("request_id") for problem in problems]
        assert [problem.pop("instance", None) is None for problem in problems] == [True, True]
        assert problems[0] == problems[1]
        await stranger.get(f"/runs/{turn.run_id}/comparison?with={made.run_id}", expect=404)


async def test_whoever_comes_back_goes_back_in_nothing_that_was_handed_over(
    user: Asker, here: Web, admin: asyncpg.Connection
) -> None:
    turn, _ = await ask(user, model="quote")
    body = {"checkpoint_id": (await point(user, turn, "answer"))["id"]}
    async with joined(user, here) as heir:
        handed_over = "update conversation set owner_id = $2 where id = $1"  # what offboarding does
        await admin.execute(handed_over, UUID(turn.conversation_id), heir.user_id)
    await user.get(f"/runs/{turn.run_id}", expect=200)
    await user.get(f"/runs/{turn.run_id}/checkpoints", expect=404)
    await user.post(f"/runs/{turn.run_id}/branches", body, expect=404)


async def test_a_model_that_the_person_may_not_ask_is_refused(user: Asker) -> None:
    turn, _ = await ask(user, model="quote")
    body = {"checkpoint_id": (await point(user, turn, "answer"))["id"], "model_id": user.models["noter-8"]}
    audience = {"everyone": False, "roles": ["editor"], "team_ids": []}
    await user.call("PUT", f"/models/{user.models['noter-8']}/audience", expect=200, json=audience)
    await user.post(f"/runs/{turn.run_id}/branches", body, expect=403)


async def test_what_was_added_to_the_earlier_answer_stands_in_the_branch_too(user: Asker) -> None:
    turn = await begun(user)
    await steer(user, turn)
    await user.read(turn.run_id)
    [_, before] = await user.messages(turn.conversation_id)
    _, events = await branch(user, turn, "answer", model_id=user.models["noter-8"])
    [_, answer] = await user.messages(turn.conversation_id)
    [said], [earlier] = answer["instructions"], before["instructions"]
    assert (said["text"], said["position"]) == (SAID, earlier["position"])
    assert answer["text"][: said["position"]] == before["text"][: said["position"]]
    assert answer["text"][said["position"] :].split() == [f"w{n}" for n in range(8)]
    assert [[each["position"] for each in e["value"]] for e in of(events, "CUSTOM") if e["name"] == "steered"] == [
        [earlier["position"]]
    ]
    assert answer["usage"]["output_tokens"] == 8


@pytest.mark.timeout(240)
async def test_a_branch_outlives_the_process_that_writes_it(
    chat_settings: Settings, servers: Servers, upstream: Upstream
) -> None:
    database = await servers.database(f"chatter_branches_{uuid4().hex[:8]}")
    settings = chat_settings.model_copy(update={"database_url": database.admin})
    async with web_process(settings) as web, new_asker(_at(web)) as user:
        await user.add_provider(upstream.url, models=("noter-8", "tokens-80@20"), kind="vllm")
        turn, _ = await ask(user, model="noter-8", tools=["save_note"])
        given = {"tool_call_id": "call01000", "content": "It was kept elsewhere."}
        body = {"checkpoint_id": (await point(user, turn, "answer"))["id"], "tool_results": [given]}
        body |= {"model_id": user.models["tokens-80@20"]}
        made = Turn(**await user.post(f"/runs/{turn.run_id}/branches", body, expect=202))
        await until(user, made, "TEXT_MESSAGE_CONTENT", times=12)
        await web.kill()
        async with web_process(settings) as second:
            events = await asyncio.wait_for(user.at(_at(second)).read(made.run_id), 60)
            [_, answer] = await user.at(_at(second)).messages(made.conversation_id)
    assert answer["text"] == " ".join(f"w{n}" for n in range(80))
    assert sum(e["name"] == "branched" for e in of(events, "CUSTOM")) == 1
    assert [(r["content"], r["source"]) for r in of(events, "TOOL_CALL_RESULT")] == [(given["content"], "person")]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def _at(web: WebProcess) -> Web:
    unused: Any = None  # this process is asked over HTTP only
    return Web(f"http://127.0.0.1:{web.port}/api/v1", unused, unused)
