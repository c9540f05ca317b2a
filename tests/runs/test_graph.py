"""What a process does with the checkpoints that another one left."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict
from uuid import UUID

import pytest

from chatter.kit.db.database import Database
from chatter.runs.checkpointer import PostgresSaver
from chatter.runs.graph import LangGraphSteps
from chatter.runs.ports import ActiveRun
from chatter.runs.steps import Step
from tests.runs.conftest import Process


class Errand(TypedDict, total=False):
    done: str


@dataclass
class Traveller:
    """Notes each step; the power is cut in the one where it is to be."""

    cut_in: str = ""
    went: list[str] = field(default_factory=list)


class PowerCut(Exception):
    pass


def graph(saver: PostgresSaver, *names: str) -> LangGraphSteps[Traveller]:
    def step(name: str) -> Step[Traveller]:
        async def go(_: Any, traveller: Traveller) -> Mapping[str, object]:
            if traveller.cut_in == name:
                raise PowerCut
            traveller.went.append(name)
            return {"done": name}

        return Step(name, go)

    return LangGraphSteps(Errand, steps=[step(name) for name in names], saver=saver)


@pytest.mark.parametrize(
    ("later", "went"),
    [(("search", "weigh", "answer"), ["weigh", "answer"]), (("search", "answer"), ["search", "answer"])],
    ids=["the same version goes on", "one that does not know the next step begins anew"],
)
async def test_a_run_goes_on_where_it_was_left(
    here: Process, tenant_id: UUID, owner_id: UUID, later: tuple[str, ...], went: list[str]
) -> None:
    saver, successor = PostgresSaver(here.services.database), Traveller()

    async def travel(run: ActiveRun) -> None:
        before = graph(saver, "search", "weigh", "answer")
        with pytest.raises(PowerCut):
            await before.run(run, context=Traveller(cut_in="weigh"), start={"done": ""})
        await graph(saver, *later).run(replace(run, continued=True), context=successor, start={"done": ""})

    _, work = await here.begin(travel, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    assert successor.went == went


async def test_the_last_checkpoints_are_stored_with_the_end_of_the_run(
    here: Process, tenant_id: UUID, owner_id: UUID, database: Database
) -> None:
    steps = graph(PostgresSaver(database), "search", "answer")
    before_the_end: list[dict[str, Any]] = []

    async def travel(run: ActiveRun) -> None:
        await steps.run(run, context=Traveller(), start={"done": ""})
        before_the_end.append(await steps.state(tenant_id, run_id=run.grant.run_id))

    grant, work = await here.begin(travel, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    assert before_the_end == [{}]
    assert await steps.state(tenant_id, run_id=grant.run_id) == {"done": "answer"}
    assert [moment.next for moment in await steps.moments(tenant_id, run_id=grant.run_id)] == ["search", "answer"]


async def test_a_run_that_lost_its_lease_stores_no_checkpoint_with_its_end(
    here: Process, tenant_id: UUID, owner_id: UUID, database: Database
) -> None:
    steps = graph(PostgresSaver(database), "search")

    async def travel(run: ActiveRun) -> None:
        await steps.run(run, context=Traveller(), start={"done": ""})
        async with database.connection(tenant_id) as connection:
            await connection.execute("update run set fence = fence + 1 where id = $1", run.grant.run_id)

    grant, work = await here.begin(travel, tenant_id=tenant_id, owner_id=owner_id)
    await work.ended.wait()
    assert await steps.state(tenant_id, run_id=grant.run_id) == {}
