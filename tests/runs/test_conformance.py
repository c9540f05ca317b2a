"""LangGraph's own suite for checkpointers, which comes from those who define what a checkpointer must do."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.conformance import checkpointer_test, validate

from chatter.kit.db.database import Database
from chatter.runs.checkpointer import PostgresSaver
from tests.runs.work import KIND

CAPABILITIES = {"put", "put_writes", "get_tuple", "list"}
"""What a run's graph asks for. Checkpoints are deleted with their run, which is no thread of LangGraph's."""


class _OfOneTenant(PostgresSaver):
    """The suite knows neither tenants nor runs: its threads are runs of one organisation, which are there in time."""

    def __init__(self, database: Database, tenant_id: UUID) -> None:
        super().__init__(database)
        self._database = database
        self._tenant_id = tenant_id

    async def aget_tuple(self, config: RunnableConfig) -> Any:
        return await super().aget_tuple(self._ours(config))

    async def alist(self, config: Any, **narrowed: Any) -> Any:
        async for found in super().alist(self._ours(config), **narrowed):
            yield found

    async def aput(self, config: RunnableConfig, *checkpoint: Any) -> RunnableConfig:
        await self._run_of(config)
        return await super().aput(self._ours(config), *checkpoint)

    async def aput_writes(self, config: RunnableConfig, *writes: Any, **more: Any) -> None:
        await super().aput_writes(self._ours(config), *writes, **more)

    def _ours(self, config: RunnableConfig) -> RunnableConfig:
        return {"configurable": {**config["configurable"], "tenant_id": str(self._tenant_id)}}

    async def _run_of(self, config: RunnableConfig) -> None:
        async with self._database.connection(self._tenant_id) as connection:
            await connection.execute(
                "insert into run (tenant_id, id, kind, subject_id, owner_id) values ($1, $2, $3, $2, $2) "
                "on conflict do nothing",
                *(self._tenant_id, UUID(config["configurable"]["thread_id"]), KIND),
            )


async def test_the_saver_does_all_that_langgraph_expects_of_it(database: Database, tenant_id: UUID) -> None:
    @checkpointer_test(name="PostgresSaver")
    async def ours() -> AsyncGenerator[PostgresSaver]:
        yield _OfOneTenant(database, tenant_id)

    report = await validate(ours, capabilities=CAPABILITIES)
    results = {name: report.results[name] for name in CAPABILITIES}
    assert [failure for result in results.values() for failure in result.failures or []] == []
    assert all(result.passed for result in results.values())
