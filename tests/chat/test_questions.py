"""A call that may have come through, and may not be repeated unasked: the run waits, and the person decides."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from chatter.tools.facade import Toolbox
from tests.chat.person import Asker, RunEvent, Turn, Web, new_asker
from tests.tools.payment import Payment
from tests.upstream.server import Upstream

QUESTION = "How many days of paid holiday do employees receive each year?"


@dataclass
class Waiting:
    """A run that waits for its person, and what its tool has done so far."""

    turn: Turn
    first: Payment
    second: Payment
    seen: list[RunEvent]

    @property
    def question(self) -> dict[str, Any]:
        value: dict[str, Any] = self.seen[-1].data["value"]
        return value

    @property
    def decision(self) -> str:
        return f"/runs/{self.turn.run_id}/tool-calls/{self.question['tool_call_id']}/decision"


@pytest_asyncio.fixture
async def waiting(asker: Asker, here: Web, elsewhere: Web, upstream: Upstream) -> AsyncIterator[Waiting]:
    """The process that paid is gone before it could say so; the one that took over asks."""
    await asker.add_provider(upstream.url, models=("payer",))
    first, second = Payment(idempotent=False, hangs=True), Payment(idempotent=False)
    here.services.part(Toolbox).add(first)
    elsewhere.services.part(Toolbox).add(second)
    asked = {"question": QUESTION, "model_id": asker.models["payer"], "tools": ["pay"]}
    conversation = await asker.conversation()
    turn = Turn(**await asker.post(f"/conversations/{conversation}/turns", asked, expect=202))
    await asyncio.wait_for(first.has_paid.wait(), 60)
    first.hangs = False  # should it be asked again, it does what it should
    await _lose(asker, turn)
    yield Waiting(turn, first, second, await _until_asked(asker.at(elsewhere), turn))


async def _lose(asker: Asker, turn: Turn) -> None:
    """The lease lapses, as it does when a process is gone; a heartbeat of ours may come in between."""
    async with asyncio.timeout(30):
        while True:
            async with asker.web.services.database.connection(asker.tenant_id) as connection:
                fence = await connection.fetchval(
                    "update run set lease_expires_at = case when fence = 1 then now() - interval '1 s' "
                    "else lease_expires_at end where tenant_id = $1 and id = $2 returning fence",
                    *(asker.tenant_id, turn.run_id),
                )
            if fence > 1:
                return
            await asyncio.sleep(0.2)


async def _until_asked(asker: Asker, turn: Turn) -> list[RunEvent]:
    seen: list[RunEvent] = []
    async with asyncio.timeout(60), aclosing(asker.events(turn.run_id)) as events:
        async for event in events:
            seen.append(event)
            if event.type == "CUSTOM" and event.data["name"] == "question":
                break
    return seen


@pytest.mark.parametrize(
    ("decision", "told", "payments"),
    [("done", "The person says that it came through.", 1), ("skip", "The person chose", 1), ("again", "7 paid", 2)],
)
async def test_the_run_goes_on_as_the_person_decides(
    asker: Asker, waiting: Waiting, decision: str, told: str, payments: int
) -> None:
    assert waiting.question["label"] == "Pay"
    assert (await asker.get(f"/runs/{waiting.turn.run_id}"))["state"] == "queued"
    await asker.post(waiting.decision, {"decision": decision}, expect=202)
    rest = await asyncio.wait_for(_read_to_the_end(asker, waiting), 20)
    [result] = [event for event in rest if event.type == "TOOL_CALL_RESULT"]
    assert result.data["content"].startswith(told)
    assert rest[-1].data["outcome"] == "answered"
    numbers = [event.seq for event in [*waiting.seen, *rest]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len([*waiting.first.paid, *waiting.second.paid]) == payments
    problem = await asker.post(waiting.decision, {"decision": decision}, expect=409)
    assert problem["code"] == "tools.not_asked"


async def test_a_run_that_waits_can_be_stopped(asker: Asker, waiting: Waiting) -> None:
    await asker.post(f"/runs/{waiting.turn.run_id}/cancel", expect=202)
    rest = await asyncio.wait_for(_read_to_the_end(asker, waiting), 20)
    assert rest[-1].data["outcome"] == "cancelled"
    assert len([*waiting.first.paid, *waiting.second.paid]) == 1


async def test_nobody_else_decides(asker: Asker, waiting: Waiting, here: Web) -> None:
    async with new_asker(here) as stranger:
        foreign = await stranger.post(waiting.decision, {"decision": "done"}, expect=404)
        missing = await stranger.post(
            f"/runs/{waiting.turn.answer_id}/tool-calls/call01000/decision", {"decision": "done"}, expect=404
        )
    assert {**foreign, "request_id": ""} == {**missing, "request_id": ""}
    await asker.post(f"/runs/{waiting.turn.run_id}/cancel", expect=202)


async def test_a_call_that_the_run_did_not_make_is_not_there_to_be_decided(asker: Asker, waiting: Waiting) -> None:
    unknown = waiting.decision.replace(waiting.question["tool_call_id"], "call99000")
    problem = await asker.post(unknown, {"decision": "done"}, expect=404)
    assert problem["code"] == "not_found"
    await asker.post(f"/runs/{waiting.turn.run_id}/cancel", expect=202)


async def _read_to_the_end(asker: Asker, waiting: Waiting) -> list[RunEvent]:
    """Read on as a browser does, wherever the run is by now."""
    rest: list[RunEvent] = []
    while not rest or rest[-1].type not in {"RUN_FINISHED", "RUN_ERROR"}:
        rest.extend(await asker.read(waiting.turn.run_id, after=len(waiting.seen) + len(rest)))
    return rest
