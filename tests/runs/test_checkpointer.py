"""Checkpoints do what LangGraph expects of them, and never cross a tenant's border."""

import asyncio
import operator
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, TypedDict
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id
from chatter.runs import checkpointer
from chatter.runs.checkpoint_batch import CheckpointBatch
from chatter.runs.checkpointer import FENCE, FRESH, PostgresSaver, TenantMissing
from chatter.runs.errors import LeaseLost
from tests.runs.conftest import Process
from tests.runs.work import open_run

_WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


class Talk(TypedDict, total=False):
    said: Annotated[list[str], operator.add]
    blob: bytes
    approved: bool


@pytest.fixture
def saver(database: Database) -> PostgresSaver:
    return PostgresSaver(database)


@pytest_asyncio.fixture
async def thread(here: Process, tenant_id: UUID, owner_id: UUID) -> AsyncIterator[RunnableConfig]:
    """The configuration of a graph run of a stored run."""
    grant = await open_run(here.engine, here.services.database, tenant_id=tenant_id, owner_id=owner_id)
    yield {"configurable": {"tenant_id": str(tenant_id), "thread_id": str(grant.run_id), FENCE: grant.fence}}


def talk(saver: PostgresSaver) -> Any:
    async def hear(state: Talk) -> Talk:
        return {"said": [f"heard {state['said'][-1]}"], "blob": b"\x00\xff"}

    async def answer(state: Talk) -> Talk:
        return {"said": [f"answer {len(state['said'])}"]}

    graph = StateGraph(Talk)
    graph.add_node("hear", hear)
    graph.add_node("answer", answer)
    graph.add_edge(START, "hear")
    graph.add_edge("hear", "answer")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=saver)


def asking(saver: PostgresSaver) -> Any:
    async def ask(state: Talk) -> Talk:
        return {"approved": bool(interrupt("may I?"))}

    graph = StateGraph(Talk)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", END)
    return graph.compile(checkpointer=saver)


async def _until(true: Callable[[], Awaitable[object]]) -> None:
    for _ in range(1000):
        if await true():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def test_a_second_turn_goes_on_from_the_first(saver: PostgresSaver, thread: RunnableConfig) -> None:
    graph = talk(saver)
    await graph.ainvoke({"said": ["one"]}, thread)
    result = await graph.ainvoke({"said": ["two"]}, thread)
    assert result["said"] == ["one", "heard one", "answer 2", "two", "heard two", "answer 5"]
    assert result["blob"] == b"\x00\xff"


async def test_history_is_newest_first_and_any_checkpoint_can_be_read(
    saver: PostgresSaver, thread: RunnableConfig
) -> None:
    graph = talk(saver)
    await graph.ainvoke({"said": ["one"]}, thread)
    history = [state async for state in graph.aget_state_history(thread)]
    assert [state.metadata["step"] for state in history] == [2, 1, 0, -1]
    assert [state.next for state in history] == [(), ("answer",), ("hear",), ("__start__",)]
    middle = await graph.aget_state(history[1].config)
    assert middle.values["said"] == ["one", "heard one"]
    assert middle.tasks[0].result == {"said": ["answer 2"]}
    limited = [state async for state in graph.aget_state_history(thread, limit=1, before=history[0].config)]
    assert [state.metadata["step"] for state in limited] == [1]
    loops = [state async for state in graph.aget_state_history(thread, filter={"source": "input"})]
    assert [state.metadata["step"] for state in loops] == [-1]


async def test_a_fork_of_an_earlier_checkpoint_keeps_both_branches(
    saver: PostgresSaver, thread: RunnableConfig
) -> None:
    graph = talk(saver)
    await graph.ainvoke({"said": ["one"]}, thread)
    history = [state async for state in graph.aget_state_history(thread)]
    again = await graph.ainvoke(None, history[1].config)
    assert again["said"] == ["one", "heard one", "answer 2"]
    assert (await graph.aget_state(history[0].config)).values["said"] == again["said"]


async def test_an_interrupt_is_resumed_by_another_process(
    saver: PostgresSaver, thread: RunnableConfig, elsewhere: Process
) -> None:
    stopped = await asking(saver).ainvoke({"said": []}, thread)
    assert stopped["__interrupt__"][0].value == "may I?"
    await saver.settle(thread)
    resumed = await asking(PostgresSaver(elsewhere.services.database)).ainvoke(Command(resume=True), thread)
    assert resumed["approved"] is True


async def test_another_tenants_thread_is_empty(saver: PostgresSaver, thread: RunnableConfig) -> None:
    graph = talk(saver)
    await graph.ainvoke({"said": ["one"]}, thread)
    foreign: RunnableConfig = {"configurable": {**thread["configurable"], "tenant_id": str(new_id()), FENCE: None}}
    assert (await graph.aget_state(foreign)).values == {}
    assert [state async for state in graph.aget_state_history(foreign)] == []


async def test_without_a_tenant_nothing_is_read_or_written(saver: PostgresSaver, thread: RunnableConfig) -> None:
    nobody: RunnableConfig = {"configurable": {"thread_id": thread["configurable"]["thread_id"]}}
    with pytest.raises(TenantMissing):
        await talk(saver).ainvoke({"said": ["one"]}, nobody)
    with pytest.raises(TenantMissing):
        await talk(saver).aget_state(nobody)
    with pytest.raises(TenantMissing):
        await anext(saver.alist(None))


async def test_a_moved_fence_refuses_checkpoints(
    saver: PostgresSaver, thread: RunnableConfig, database: Database, tenant_id: UUID
) -> None:
    async with database.connection(tenant_id) as connection:
        await connection.execute("update run set fence = fence + 1 where tenant_id = $1", tenant_id)
    await talk(saver).ainvoke({"said": ["one"]}, thread)
    with pytest.raises(LeaseLost):
        await saver.settle(thread)
    assert (await talk(saver).aget_state(thread)).values == {}


async def test_checkpoints_go_with_their_run(
    saver: PostgresSaver, thread: RunnableConfig, database: Database, tenant_id: UUID
) -> None:
    graph = talk(saver)
    await graph.ainvoke({"said": ["one"]}, thread)
    await saver.settle(thread)
    async with database.connection(tenant_id) as connection:
        await connection.execute("delete from run where tenant_id = $1", tenant_id)
        for table in ("checkpoint", "checkpoint_blob", "checkpoint_write"):
            assert await connection.fetchval(f"select count(*) from {table} where tenant_id = $1", tenant_id) == 0


async def test_what_is_taken_is_stored_by_whoever_took_it_and_by_nobody_else(
    saver: PostgresSaver, thread: RunnableConfig, database: Database
) -> None:
    await talk(saver).ainvoke({"said": ["one"]}, thread)
    taken = await saver.take(thread)
    assert taken is not None
    await saver.settle(thread)
    assert (await talk(saver).aget_state(thread)).values == {}
    ids = (UUID(thread["configurable"]["tenant_id"]), UUID(thread["configurable"]["thread_id"]), 1)
    assert await database.hot.fetchval(f"select {taken.call(first=4)}", *ids, *taken.columns())
    assert (await talk(saver).aget_state(thread)).values["said"] == ["one", "heard one", "answer 2"]
    assert await saver.take(thread) is None


async def test_of_what_is_taken_at_the_end_each_checkpoint_is_there_and_what_tasks_wrote_before_the_last_is_not(
    saver: PostgresSaver, thread: RunnableConfig, database: Database, tenant_id: UUID
) -> None:
    graph = talk(saver)
    await graph.ainvoke({"said": ["one"]}, thread)
    taken = await saver.take(thread)
    assert taken is not None
    ids = (tenant_id, UUID(thread["configurable"]["thread_id"]), 1)
    assert await database.hot.fetchval(f"select {taken.call(first=4)}", *ids, *taken.columns())
    history = [(snapshot.next, snapshot.values) async for snapshot in graph.aget_state_history(thread)]
    assert [following for following, _ in reversed(history)] == [("__start__",), ("hear",), ("answer",), ()]
    assert history[1][1]["said"] == ["one", "heard one"]
    async with database.connection(tenant_id) as connection:
        assert await connection.fetchval("select count(*) from checkpoint_write where tenant_id = $1", tenant_id) == 0


async def test_what_is_being_stored_is_not_taken_and_what_comes_meanwhile_is(
    saver: PostgresSaver,
    thread: RunnableConfig,
    database: Database,
    tenant_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpointer, "_WINDOW", 60.0)  # a slow machine would store the half of it
    graph = talk(saver)
    async with database.connection(tenant_id) as connection:
        await connection.execute("select from run where tenant_id = $1 for update", tenant_id)
        await graph.ainvoke({"said": ["one"]}, thread)
        settling = asyncio.create_task(saver.settle(thread))
        await _until(lambda: connection.fetchval(_WAITING))
        settling.cancel()
        fresh: RunnableConfig = {"configurable": {**thread["configurable"], FRESH: True}}
        await graph.aupdate_state(fresh, {"said": ["two"]}, "hear")
        taking = asyncio.create_task(saver.take(thread))
    assert await taking is not None
    assert (await graph.aget_state(thread)).values["said"] == ["one", "heard one", "answer 2"]


async def test_checkpoints_are_stored_before_long_although_nobody_asks_for_it(
    saver: PostgresSaver, thread: RunnableConfig, database: Database
) -> None:
    await talk(saver).ainvoke({"said": ["one"]}, thread)
    another = talk(PostgresSaver(database))

    async def stored() -> bool:
        return bool((await another.aget_state(thread)).values)

    await _until(stored)


async def test_taking_after_the_fence_has_moved_says_so(
    saver: PostgresSaver, thread: RunnableConfig, database: Database, tenant_id: UUID
) -> None:
    async with database.connection(tenant_id) as connection:
        await connection.execute("update run set fence = fence + 1 where tenant_id = $1", tenant_id)
    await talk(saver).ainvoke({"said": ["one"]}, thread)
    storing = asyncio.create_task(saver.settle(thread))
    await asyncio.sleep(0)
    with pytest.raises(LeaseLost):
        await saver.take(thread)
    with pytest.raises(LeaseLost):
        await storing
    with pytest.raises(LeaseLost):
        await saver.close(thread)
    assert await saver.take(thread) is None


async def test_nothing_is_stored_after_something_that_could_not_be(
    saver: PostgresSaver, thread: RunnableConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = talk(saver)
    await graph.ainvoke({"said": ["one"]}, thread)
    await saver.settle(thread)
    before = [state.config async for state in graph.aget_state_history(thread)]
    with monkeypatch.context() as broken:
        broken.setattr(checkpointer, "_STORE", f"select no_such_function({CheckpointBatch.call(first=4)})")
        await graph.aupdate_state(thread, {"said": ["lost"]}, "hear")
        with pytest.raises(asyncpg.PostgresError):
            await saver.settle(thread)
    await graph.aupdate_state(before[0], {"said": ["after"]}, "hear")
    with pytest.raises(asyncpg.PostgresError):
        await saver.settle(thread)
    assert await saver.take(thread) is None
    await saver.close(thread)
    assert [state.config async for state in graph.aget_state_history(thread)] == before
    await graph.aupdate_state(thread, {"said": ["anew"]}, "hear")
    await saver.settle(thread)
    assert len([state async for state in graph.aget_state_history(thread)]) == len(before) + 1
