"""Conversations: a person's own list, the last used first."""

import pytest

from tests.chat.person import Asker

QUESTION = "How many days of paid holiday do employees receive each year?"


async def test_the_list_shows_the_last_used_first_and_pages(newcomer: Asker) -> None:
    made = [await newcomer.conversation() for _ in range(3)]
    turn = await newcomer.ask(QUESTION, model="echo", conversation=made[0])
    await newcomer.read(turn.run_id)
    expected = [made[0], made[2], made[1]]
    page = await newcomer.get("/conversations?limit=2")
    assert [item["id"] for item in page["items"]] == expected[:2]
    rest = await newcomer.get(f"/conversations?limit=2&cursor={page['next_cursor']}")
    assert [item["id"] for item in rest["items"]] == expected[2:]
    assert rest["next_cursor"] is None


async def test_the_list_is_searched_by_title_and_its_signs_mean_themselves(newcomer: Asker) -> None:
    for title in ("Budget 100%", "Budget 2027", "Holidays"):
        await newcomer.post("/conversations", {"title": title})
    found = await newcomer.get("/conversations?query=100%25")
    assert [item["title"] for item in found["items"]] == ["Budget 100%"]
    found = await newcomer.get("/conversations?query=BUDGET")
    assert {item["title"] for item in found["items"]} == {"Budget 100%", "Budget 2027"}


async def test_a_conversation_is_renamed_and_deleted(newcomer: Asker) -> None:
    conversation = await newcomer.conversation()
    renamed = await newcomer.call("PATCH", f"/conversations/{conversation}", expect=200, json={"title": " Notices "})
    assert renamed["title"] == "Notices"
    await newcomer.call("DELETE", f"/conversations/{conversation}", expect=204)
    await newcomer.get(f"/conversations/{conversation}", expect=404)
    await newcomer.call("DELETE", f"/conversations/{conversation}", expect=404)


async def test_a_given_title_stays_when_the_first_question_comes(newcomer: Asker) -> None:
    conversation = (await newcomer.post("/conversations", {"title": "Mine"}))["id"]
    turn = await newcomer.ask(QUESTION, model="echo", conversation=conversation)
    await newcomer.read(turn.run_id)
    assert (await newcomer.get(f"/conversations/{conversation}"))["title"] == "Mine"


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
async def test_a_title_without_content_is_refused(newcomer: Asker, title: str) -> None:
    conversation = await newcomer.conversation()
    problem = await newcomer.call("PATCH", f"/conversations/{conversation}", expect=422, json={"title": title})
    assert problem["code"] == "invalid"
