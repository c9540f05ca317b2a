"""What each answer took is kept once, with its price, and shown to whoever asked."""

from typing import Any
from uuid import UUID

import pytest

from tests.chat.person import Asker, Web, new_asker

QUESTION = "How many days of paid holiday do employees receive each year?"


async def calls(asker: Asker, *, source: str) -> list[dict[str, Any]]:
    return [
        call
        for call in (await asker.get(f"/usage/calls?source={source}&limit=100"))["items"]
        if call["purpose"] == "answer"
    ]


async def receipt(asker: Asker, conversation: str, answer: str, *, expect: int = 200) -> dict[str, Any]:
    found: dict[str, Any] = await asker.get(f"/conversations/{conversation}/messages/{answer}/receipt", expect=expect)
    return found


async def test_an_answer_has_a_receipt_with_its_prompt_as_it_was_sent(asker: Asker) -> None:
    turn, _ = await asker.answer(QUESTION, model="quote")
    shown = await receipt(asker, turn.conversation_id, turn.answer_id)
    assert shown["model"] == "quote"
    assert shown["prompt_is_exact"]
    assert QUESTION in shown["prompt"][-1]["text"]
    assert [call["purpose"] for call in shown["calls"]] == ["query", "answer"]
    query, answer = shown["calls"]
    assert (query["cost"], query["source"]) == ("0", "reported")
    assert (answer["source"], answer["outcome"], answer["cost"]) == ("reported", "complete", None), "an unknown price"
    assert answer["input_tokens"] > 0
    assert answer["first_token_ms"] <= answer["whole_ms"] <= shown["whole_ms"]
    assert shown["passages"][0]["document_name"] == "handbook.md"
    assert shown["passages"][0]["score"] > 0


async def test_a_prompt_is_not_exact_once_its_document_is_gone(asker: Asker) -> None:
    turn, _ = await asker.answer(QUESTION, model="quote")
    [document] = (await asker.get("/documents"))["items"]
    await asker.call("DELETE", f"/documents/{document['id']}", expect=204)
    shown = await receipt(asker, turn.conversation_id, turn.answer_id)
    assert not shown["prompt_is_exact"]
    assert "25 days" not in str(shown)


async def test_a_second_question_has_the_first_in_its_prompt(asker: Asker) -> None:
    first, _ = await asker.answer(QUESTION, model="quote")
    again = await asker.ask("And what about remote work allowance?", model="quote", conversation=first.conversation_id)
    await asker.read(again.run_id)
    shown = await receipt(asker, first.conversation_id, again.answer_id)
    assert shown["prompt_is_exact"]
    assert QUESTION in [message["text"] for message in shown["prompt"]]


async def test_no_model_was_asked_when_the_gate_answered(asker: Asker) -> None:
    turn, _ = await asker.answer("Which wine goes with oysters?", model="quote")
    shown = await receipt(asker, turn.conversation_id, turn.answer_id)
    assert shown["prompt"] == []
    assert [call["purpose"] for call in shown["calls"]] == ["query"]


@pytest.mark.parametrize(
    ("model", "outcome", "tries"),
    [
        ("cut-after-3", "cut", 1),
        ("no-finish", "cut", 1),
        ("rubbish", "cut", 1),
        ("429", "refused", 1),
        ("500", "refused", 2),
    ],
)
async def test_each_call_that_was_cut_is_kept_once_with_an_estimate_and_listed_apart(
    asker: Asker, model: str, outcome: str, tries: int
) -> None:
    turn, _ = await asker.answer(QUESTION, model=model)
    found = await calls(asker, source="estimated")
    assert len(found) == tries
    for call in found:
        assert (call["outcome"], call["subject_id"], call["run_id"]) == (outcome, turn.answer_id, turn.run_id)
        assert bool(call["output_tokens"]) == bool(call["input_tokens"]) == (outcome == "cut")
    assert await calls(asker, source="reported") == []


async def test_a_stopped_answer_is_kept_as_stopped(asker: Asker) -> None:
    turn = await asker.ask(QUESTION, model="tokens-400@50", conversation=await asker.conversation())
    events = asker.events(turn.run_id)
    async for event in events:
        if event.type == "TEXT_MESSAGE_CONTENT":
            break
    await asker.post(f"/runs/{turn.run_id}/cancel", expect=202)
    await events.aclose()
    await asker.read(turn.run_id)
    [call] = await calls(asker, source="estimated")
    assert call["outcome"] == "stopped"
    assert call["output_tokens"] > 0


async def test_the_same_call_recorded_again_adds_nothing(asker: Asker) -> None:
    await asker.answer(QUESTION, model="quote")
    database = asker.web.services.database
    copy = """
        select record_model_usage($1, (select json_agg(u)::text from (
            select u.*, null as prompt_digest from model_usage u where u.tenant_id = $1) u))
    """
    async with database.connection(asker.tenant_id) as connection:
        assert await connection.fetchval(copy, asker.tenant_id) == 0


async def test_what_was_used_can_neither_be_changed_nor_deleted(asker: Asker) -> None:
    await asker.answer(QUESTION, model="quote")
    for statement in ("update model_usage set input_tokens = 0", "delete from model_usage"):
        with pytest.raises(Exception, match="permission denied"):
            async with asker.web.services.database.connection(asker.tenant_id) as connection:
                await connection.execute(statement)


async def test_somebody_elses_receipt_is_like_one_that_is_not(asker: Asker, here: Web) -> None:
    turn, _ = await asker.answer(QUESTION, model="quote")
    async with new_asker(here) as stranger:
        theirs = await receipt(stranger, turn.conversation_id, turn.answer_id, expect=404)
        nobodys = await receipt(stranger, str(UUID(int=1)), str(UUID(int=2)), expect=404)
    assert {**theirs, "request_id": ""} == {**nobodys, "request_id": ""}


async def test_the_summary_adds_up_to_the_calls(asker: Asker) -> None:
    for model in ("quote", "echo", "cut-after-3"):
        await asker.answer(QUESTION, model=model)
    summary = await asker.get("/usage")
    listed = (await asker.get("/usage/calls?limit=100"))["items"]
    for source in ("reported", "estimated"):
        assert sum(model["calls"] for model in summary[source]) == sum(call["source"] == source for call in listed)
        assert sum(model["input_tokens"] for model in summary[source]) == sum(
            call["input_tokens"] for call in listed if call["source"] == source
        )
    assert summary["days"][-1]["calls"] == len(listed)
    assert {call["purpose"] for call in listed} == {"answer", "query", "passages"}
