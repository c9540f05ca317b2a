"""When a model stands in for another, the answer and its receipt name the one that spoke."""

import pytest

from tests.chat.person import Asker, RunEvent, Turn, Web
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"


async def asked_of_default(asker: Asker) -> tuple[Turn, list[RunEvent]]:
    conversation = await asker.conversation()
    turn = Turn(**await asker.post(f"/conversations/{conversation}/turns", {"question": QUESTION}, expect=202))
    return turn, await asker.read(turn.run_id)


async def choose(asker: Asker, *, default: str, stand_ins: list[str]) -> None:
    await asker.call("PUT", "/models/default", expect=200, json={"model_id": asker.models[default]})
    fallbacks = {"model_ids": [asker.models[model] for model in stand_ins]}
    await asker.call("PUT", "/models/fallbacks", expect=200, json=fallbacks)


@pytest.mark.parametrize(
    ("default", "stand_ins", "speaker"), [("500", ["429", "quote"], "quote"), ("quote", ["echo"], "quote")]
)
async def test_the_answer_names_the_model_that_spoke(
    asker: Asker, default: str, stand_ins: list[str], speaker: str
) -> None:
    await choose(asker, default=default, stand_ins=stand_ins)
    turn, events = await asked_of_default(asker)
    [usage] = [event.data["value"] for event in events if event.type == "CUSTOM" and event.data["name"] == "usage"]
    assert (usage["model"], usage["model_id"]) == (speaker, asker.models[speaker])
    [_, answer] = await asker.messages(turn.conversation_id)
    assert (answer["model"], answer["usage"]["model"], answer["state"]) == (speaker, speaker, "complete")


async def test_the_receipt_names_the_provider_of_the_model_that_spoke(asker: Asker, upstream: Upstream) -> None:
    broken = asker.models["500"]
    await asker.add_provider(upstream.url, models=("quote", "echo"))
    asker.models["500"] = broken
    await choose(asker, default="500", stand_ins=["quote"])
    turn, _ = await asked_of_default(asker)
    receipt = await asker.get(f"/conversations/{turn.conversation_id}/messages/{turn.answer_id}/receipt")
    calls = {call["outcome"]: call for call in receipt["calls"] if call["purpose"] == "answer"}
    refused, spoke = calls["refused"], calls["complete"]
    assert (receipt["model"], receipt["provider"]) == ("quote", spoke["provider"]) != ("500", refused["provider"])
    assert receipt["first_token_ms"] == spoke["first_token_ms"]
    assert receipt["prompt_is_exact"]


async def test_an_answer_that_nobody_began_names_the_model_that_was_asked(asker: Asker) -> None:
    await choose(asker, default="500", stand_ins=["429"])
    turn, events = await asked_of_default(asker)
    assert events[-1].type == "RUN_ERROR"
    [_, answer] = await asker.messages(turn.conversation_id)
    assert (answer["model"], answer["state"]) == ("500", "failed")


async def test_a_model_that_was_taken_away_is_refused_in_every_process_and_the_default_answers(
    asker: Asker, elsewhere: Web
) -> None:
    turn, _ = await asker.answer(QUESTION, model="echo")
    audience = {"everyone": False, "roles": ["viewer"]}
    await asker.call("PUT", f"/models/{asker.models['echo']}/audience", expect=200, json=audience)
    there = asker.at(elsewhere)
    asked = {"question": QUESTION, "model_id": asker.models["echo"]}
    problem = await there.post(f"/conversations/{turn.conversation_id}/turns", asked, expect=403)
    assert problem["code"] == "model_not_allowed"
    assert problem["remedy"]
    assert len(await there.messages(turn.conversation_id)) == 2, "nothing of it is stored"
    await choose(asker, default="quote", stand_ins=[])
    again = await there.post(f"/conversations/{turn.conversation_id}/turns", {"question": QUESTION}, expect=202)
    assert (await there.read(again["run_id"]))[-1].data["outcome"] == "answered"
    assert (await there.messages(turn.conversation_id))[-1]["model"] == "quote"
