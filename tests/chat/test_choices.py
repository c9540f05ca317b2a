"""A question asks the collections that its conversation has chosen, or all documents."""

from tests.chat.person import Asker
from tests.chat.test_turns import QUESTION, custom, text


async def test_a_question_is_answered_from_the_chosen_collection_alone(asker: Asker) -> None:
    elsewhere = await asker.upload("rules.md", "# Rules\n\nEmployees receive 31 days of paid holiday each year.")
    collection = (await asker.post("/collections", {"name": "Rules"}))["id"]
    move = {"document_ids": [elsewhere], "collection_id": collection}
    await asker.post("/documents/move", move, expect=200)
    conversation = (await asker.post("/conversations", {"collection_ids": [collection]}))["id"]
    turn = await asker.ask(QUESTION, model="quote", conversation=conversation)
    events = await asker.read(turn.run_id)
    assert {passage["document_name"] for passage in custom(events, "passages")} == {"rules.md"}
    assert "31 days" in text(events)
    await asker.call("PATCH", f"/conversations/{conversation}", expect=200, json={"collection_ids": []})
    turn = await asker.ask(QUESTION, model="quote", conversation=conversation)
    events = await asker.read(turn.run_id)
    assert "handbook.md" in {passage["document_name"] for passage in custom(events, "passages")}


async def test_an_empty_choice_says_so_and_asks_no_model(asker: Asker) -> None:
    collection = (await asker.post("/collections", {"name": "Empty"}))["id"]
    conversation = (await asker.post("/conversations", {"collection_ids": [collection]}))["id"]
    turn = await asker.ask(QUESTION, model="echo", conversation=conversation)
    events = await asker.read(turn.run_id)
    assert events[-1].data["outcome"] == "no_evidence"
    assert text(events).startswith("The collections that this conversation asks hold no document")
