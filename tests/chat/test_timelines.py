"""A run tells afterwards what it did, when, how long it took, and with what its models were asked."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chatter.kit.settings import Settings
from chatter.runs.events import RunsTrimmed
from chatter.runs.retention import trim
from chatter.tools.events import PayloadsForgotten
from chatter.tools.facade import Toolbox
from chatter.tools.listeners import LISTENERS
from tests.chat.person import Asker, Web, new_asker
from tests.chat.processes import web_process
from tests.chat.test_steering import SAID, begun, steer, until
from tests.tools.test_payloads import LONG, Talkative
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"


async def timeline(asker: Asker, run_id: str) -> Any:
    return await asker.get(f"/runs/{run_id}/timeline")


def kinds(found: Any) -> list[tuple[str, str]]:
    return [(entry["kind"], entry["name"]) for entry in found["entries"]]


async def test_the_steps_and_calls_of_an_answer_with_their_times_parameters_and_cost(asker: Asker) -> None:
    turn, _ = await asker.answer(QUESTION, model="tokens-40@40")
    found = await timeline(asker, turn.run_id)
    assert kinds(found) == [
        *(("retrieval", "retrieve"), ("step", "answer"), ("model_call", "tokens-40@40")),
    ]
    assert (found["state"], found["takeovers"]) == ("finished", 0)
    search, answer, call = found["entries"]
    assert search["passages"] > 0
    begins = [datetime.fromisoformat(entry["started_at"]) for entry in found["entries"]]
    assert datetime.fromisoformat(found["started_at"]) <= begins[0]
    assert begins == sorted(begins)
    assert begins[-1] <= datetime.fromisoformat(found["finished_at"])
    assert 900 < call["duration_ms"] <= answer["duration_ms"] + 5, "forty tokens at forty a second"
    asked = call["model_call"]
    assert (asked["temperature"], asked["max_tokens"], asked["messages"]) == (0.1, 1024, 2)
    assert (asked["outcome"], asked["source"], asked["output_tokens"]) == ("complete", "reported", 40)
    receipt = await asker.get(f"/conversations/{turn.conversation_id}/messages/{turn.answer_id}/receipt")
    assert receipt["run_id"] == turn.run_id
    assert (asked["input_tokens"], asked["cost"]) == (
        receipt["calls"][-1]["input_tokens"],
        receipt["calls"][-1]["cost"],
    )


async def test_calls_of_tools_and_what_was_added_stand_where_they_happened(asker: Asker, upstream: Upstream) -> None:
    await asker.add_provider(upstream.url, models=("noter-40@20",))
    body = {"question": QUESTION, "model_id": asker.models["noter-40@20"], "tools": ["save_note"]}
    asked = await asker.post(f"/conversations/{await asker.conversation()}/turns", body, expect=202)
    await asker.read(asked["run_id"])
    found = await timeline(asker, asked["run_id"])
    names = [name for kind, name in kinds(found) if kind in {"model_call", "tool_call"}]
    assert names == ["noter-40@20", "save_note", "noter-40@20"]
    [made] = [entry["tool_call"] for entry in found["entries"] if entry["tool_call"]]
    assert (made["state"], made["result"]) == ("done", "The note is saved.")
    calls = [entry["model_call"] for entry in found["entries"] if entry["model_call"]]
    assert [call["tools"] for call in calls] == [["save_note"], ["save_note"]]
    assert calls[0]["prompt_digest"] != calls[1]["prompt_digest"]


async def test_a_call_with_a_long_result_is_shown_shortened_and_fetched_whole(
    asker: Asker, here: Web, upstream: Upstream
) -> None:
    here.services.part(Toolbox).add(Talkative(idempotent=True))
    await asker.add_provider(upstream.url, models=("spender",))
    conversation = await asker.conversation()
    body = {"question": QUESTION, "model_id": asker.models["spender"], "tools": ["pay"]}
    asked = await asker.post(f"/conversations/{conversation}/turns", body, expect=202)
    run_id = asked["run_id"]
    await asker.read(run_id)
    entries = (await timeline(asker, run_id))["entries"]
    first, *_ = [entry["tool_call"] for entry in entries if entry["tool_call"]]
    assert first["shortened"]
    assert len(first["result"]) == 1001
    whole = await asker.get(f"/runs/{run_id}/tool-calls/{first['id']}")
    assert (whole["result"], whole["shortened"]) == (LONG, False)
    await asker.get(f"/runs/{run_id}/tool-calls/call99999", expect=404)

    store = here.services.store
    assert await store.keys(asker.tenant_id, "payloads")
    await asker.call("DELETE", f"/conversations/{conversation}", expect=204)
    async with here.services.database.connection(asker.tenant_id) as connection:
        [row] = await connection.fetch("select payload from outbox where name = 'tools.payloads.forgotten'")
    [listener] = [each for each in LISTENERS if each.event is PayloadsForgotten]
    forgotten = msgspec.json.decode(row["payload"], type=PayloadsForgotten)
    await listener.handle(here.services, asker.tenant_id, forgotten)
    assert await store.keys(asker.tenant_id, "payloads") == []


async def test_a_trimmed_run_tells_its_answer_and_forgets_the_rest_of_what_a_tool_found(
    asker: Asker, here: Web, elsewhere: Web, upstream: Upstream
) -> None:
    here.services.part(Toolbox).add(Talkative(idempotent=True))
    await asker.add_provider(upstream.url, models=("spender",))
    conversation = await asker.conversation()
    body = {"question": QUESTION, "model_id": asker.models["spender"], "tools": ["pay"]}
    run_id = (await asker.post(f"/conversations/{conversation}/turns", body, expect=202))["run_id"]
    whole = await asker.read(run_id)
    database, later = here.services.database, datetime.now(UTC) + timedelta(days=90, seconds=5)
    assert await trim(database, asker.tenant_id, now=later) == 1
    async with database.connection(asker.tenant_id) as connection:
        [row] = await connection.fetch("select payload from outbox where name = 'runs.runs.trimmed'")
    [listener] = [each for each in LISTENERS if each.event is RunsTrimmed]
    await listener.handle(here.services, asker.tenant_id, msgspec.json.decode(row["payload"], type=RunsTrimmed))

    assert await here.services.store.keys(asker.tenant_id, "payloads") == []
    reader = asker.at(elsewhere)
    told, end = await reader.read(run_id)
    [_, answer] = await asker.messages(conversation)
    assert told.data["messages"] == [{"id": answer["id"], "role": "assistant", "content": answer["text"]}]
    assert (end.seq, end.data["outcome"]) == (whole[-1].seq, "answered")
    found = await timeline(reader, run_id)
    assert found["trimmed"]
    assert {"model_call", "tool_call"} == {entry["kind"] for entry in found["entries"]}


async def test_a_steered_answer_shows_the_call_that_was_broken_off(asker: Asker) -> None:
    turn = await begun(asker)
    await steer(asker, turn)
    await asker.read(turn.run_id)
    found = await timeline(asker, turn.run_id)
    told = [entry for entry in found["entries"] if entry["kind"] in {"model_call", "instruction"}]
    assert [entry["kind"] for entry in told] == ["model_call", "instruction", "model_call"]
    assert told[1]["text"] == SAID
    assert [entry["model_call"]["outcome"] for entry in told[::2]] == ["stopped", "complete"]


async def test_a_run_that_goes_on_shows_what_it_has_done_so_far(asker: Asker, elsewhere: Web) -> None:
    turn = await begun(asker)
    for web in (asker.web, elsewhere):
        found = await timeline(asker.at(web), turn.run_id)
        assert found["state"] == "running"
        assert ("retrieval", "retrieve") in kinds(found)
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)
    await asker.read(turn.run_id)


async def test_nobody_else_sees_it(asker: Asker, here: Web) -> None:
    turn, _ = await asker.answer(QUESTION, model="quote")
    async with new_asker(here) as stranger:
        await stranger.get(f"/runs/{turn.run_id}/timeline", expect=404)


@pytest.mark.timeout(120)
async def test_a_takeover_says_when_and_by_which_process(
    asker: Asker, chat_settings: Settings, upstream: Upstream
) -> None:
    model = "tokens-80@20"
    await asker.add_provider(upstream.url, models=(model,), kind="vllm")
    async with web_process(chat_settings) as web:
        there = asker.at(Web(f"http://127.0.0.1:{web.port}/api/v1", asker.web.services, asker.web.jobs))
        turn = await there.ask(QUESTION, model=model, conversation=await asker.conversation())
        await until(asker, turn, "TEXT_MESSAGE_CONTENT", times=12)
        await web.kill()
        await asyncio.wait_for(asker.read(turn.run_id), 60)
    found = await timeline(asker, turn.run_id)
    assert found["takeovers"] == 1
    [taken] = [entry for entry in found["entries"] if entry["kind"] == "takeover"]
    assert len(taken["name"]) == 8
    lost = next(entry for entry in found["entries"] if (entry["kind"], entry["name"]) == ("step", "answer"))
    assert lost["duration_ms"] is None
    assert lost["started_at"] < taken["started_at"]
    calls = [entry["model_call"] for entry in found["entries"] if entry["model_call"]]
    assert [call["continues"] for call in calls if call["messages"]] == [False, True]
