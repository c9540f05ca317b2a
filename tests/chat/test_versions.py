"""A question that was asked again, or answered twice: which of its versions is shown and goes on."""

from uuid import uuid4

from tests.chat.person import Asker, Web, new_asker, share

QUESTION = "How many days of paid holiday do employees receive each year?"


async def test_each_version_knows_the_others_and_is_shown_with_what_followed_it(asker: Asker) -> None:
    first, _ = await asker.answer(QUESTION, model="quote")
    conversation = first.conversation_id
    follow_up = await asker.ask("And until when?", model="quote", conversation=conversation)
    await asker.read(follow_up.run_id)
    again = await asker.ask(f"{QUESTION} Tell.", model="quote", conversation=conversation, parent_id=first.parent_id)
    await asker.read(again.run_id)
    question, answer = await asker.messages(conversation)
    assert question["versions"] == [first.question_id, again.question_id]
    assert answer["versions"] == [again.answer_id]

    shown = await asker.call(
        "PATCH", f"/conversations/{conversation}", expect=200, json={"shown_message_id": first.question_id}
    )
    assert shown["id"] == conversation
    path = [message["id"] for message in await asker.messages(conversation)]
    assert path == [first.question_id, first.answer_id, follow_up.question_id, follow_up.answer_id]

    next_turn = await asker.ask("Why?", model="quote", conversation=conversation)
    assert next_turn.parent_id == follow_up.answer_id
    await asker.read(next_turn.run_id)


async def test_what_is_not_of_the_conversation_is_not_shown_in_it(asker: Asker) -> None:
    first, _ = await asker.answer(QUESTION, model="quote")
    other, _ = await asker.answer(QUESTION, model="quote")
    for message_id in (other.answer_id, str(uuid4())):
        problem = await asker.call(
            "PATCH", f"/conversations/{first.conversation_id}", expect=404, json={"shown_message_id": message_id}
        )
        assert problem["code"] == "not_found"
    assert [message["id"] for message in await asker.messages(first.conversation_id)][-1] == first.answer_id


async def test_while_an_answer_is_written_its_path_stays(asker: Asker) -> None:
    first, _ = await asker.answer(QUESTION, model="quote")
    conversation = first.conversation_id
    running = await asker.ask(QUESTION, model="tokens-400@50", conversation=conversation, parent_id=first.parent_id)
    change = {"shown_message_id": first.answer_id}
    problem = await asker.call("PATCH", f"/conversations/{conversation}", expect=409, json=change)
    assert problem["code"] == "chat.answer_in_progress"
    assert problem["remedy"]
    await asker.post(f"/runs/{running.run_id}/cancel", expect=202)
    await asker.read(running.run_id)
    await asker.call("PATCH", f"/conversations/{conversation}", expect=200, json=change)


async def test_only_the_owner_chooses_and_is_told_what_there_is(asker: Asker, reader: Asker, here: Web) -> None:
    first, _ = await asker.answer(QUESTION, model="quote")
    conversation = first.conversation_id
    again = await asker.ask(QUESTION, model="quote", conversation=conversation, parent_id=first.parent_id)
    await asker.read(again.run_id)
    await share(asker, first, with_=reader, level="edit")
    assert [message["versions"] for message in await reader.messages(conversation)] == [[], []]
    change = {"shown_message_id": first.answer_id}
    problem = await reader.call("PATCH", f"/conversations/{conversation}", expect=403, json=change)
    assert problem["code"] == "not_managed"
    async with new_asker(here) as stranger:
        await stranger.call("PATCH", f"/conversations/{conversation}", expect=404, json=change)
    assert [message["id"] for message in await asker.messages(conversation)][-1] == again.answer_id
