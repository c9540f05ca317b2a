"""The overview counts what really happened, in one's own organisation only."""

from datetime import UTC, datetime

import pytest

from tests.chat.person import Asker, Web, new_asker

QUESTION = "How many days of paid holiday do employees receive each year?"


async def test_the_overview_counts_questions_tokens_and_what_there_is(asker: Asker) -> None:
    first, _ = await asker.answer(QUESTION, model="quote")
    _, events = await asker.answer(QUESTION, model="echo")
    turns = [await asker.get(f"/conversations/{first.conversation_id}/messages")]
    usage = [turns[0]["items"][1]["usage"], events[-3].data["value"]]
    overview = await asker.get("/overview?days=7")
    assert (overview["documents_total"], overview["members_total"], overview["conversations_total"]) == (1, 1, 2)
    assert overview["chunks_total"] > 0
    assert len(overview["days"]) == 7
    today = overview["days"][-1]
    assert today["day"] == datetime.now(UTC).date().isoformat()
    assert today["messages"] == 2
    assert today["input_tokens"] == sum(one["input_tokens"] for one in usage)
    assert today["output_tokens"] == sum(one["output_tokens"] for one in usage)
    assert all(day["messages"] == day["output_tokens"] == 0 for day in overview["days"][:-1])
    assert {model["model"]: model["messages"] for model in overview["models"]} == {"quote": 1, "echo": 1}
    assert overview["recent"][0]["title"].startswith("How many days")


async def test_a_new_organisation_has_zeros(here: Web) -> None:
    async with new_asker(here) as stranger:
        overview = await stranger.get("/overview")
    assert len(overview["days"]) == 30
    assert (overview["documents_total"], overview["members_total"], overview["models"]) == (0, 1, [])


@pytest.mark.parametrize("days", ["0", "367", "many"])
async def test_a_period_that_makes_no_sense_is_refused(here: Web, days: str) -> None:
    async with new_asker(here) as stranger:
        problem = await stranger.get(f"/overview?days={days}", expect=422)
    assert problem["code"] == "invalid"
