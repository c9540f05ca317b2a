"""`/runs/{id}/timeline`, the calls in it, whole, and `/runs/{id}/comparison`"""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import PathParameter, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.comparison_schemas import Comparison
from chatter.chat.comparisons import compared
from chatter.chat.permissions import ChatPermission
from chatter.chat.timeline_schemas import CallMade, Timeline
from chatter.chat.timelines import call_of, timeline_of
from chatter.kit.db.database import Database
from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.kit.storage import ObjectStore
from chatter.runs.facade import RunService

__all__ = ["ComparisonController", "TimelineController"]

Other = Annotated[UUID, QueryParameter(name="with", description="The run of the other answer.")]


class ComparisonController(Controller):
    """What two runs did is shown to whoever asked both."""

    path = "/runs/{run_id:uuid}/comparison"
    tags = ("Runs",)

    @get(
        operation_id="CompareRuns",
        summary="Two answers of yours side by side: where they part, what was changed, how their texts differ",
        opt=route(permission=ChatPermission.READ),
    )
    async def show(
        self, run_id: UUID, other: Other, session: AsyncSession, principal: Principal, runs: RunService
    ) -> Comparison:
        return await compared(session, principal, runs, one=run_id, other=other)


CallId = Annotated[str, PathParameter(max_length=40, description="As the timeline names it.")]


class TimelineController(Controller):
    """What a run did is shown to whoever asked: it holds what tools found."""

    path = "/runs/{run_id:uuid}"
    tags = ("Runs",)

    @get(
        "/timeline",
        operation_id="GetRunTimeline",
        summary="What happened in one of your runs: steps, calls to models and tools, takeovers",
        opt=route(permission=ChatPermission.READ),
    )
    async def show(self, run_id: UUID, session: AsyncSession, principal: Principal, runs: RunService) -> Timeline:
        return await timeline_of(session, principal, runs, run_id=run_id)

    @get(
        "/tool-calls/{call_id:str}",
        operation_id="GetToolCall",
        summary="A call of a tool in one of your runs, with all that it was given and gave",
        opt=route(permission=ChatPermission.READ),
    )
    async def call(
        self,
        *,
        run_id: UUID,
        call_id: CallId,
        database: Database,
        store: ObjectStore,
        principal: Principal,
        runs: RunService,
    ) -> CallMade:
        return await call_of(database, store, principal, runs, run_id=run_id, call_id=call_id)
