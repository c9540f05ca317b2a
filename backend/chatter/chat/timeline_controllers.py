"""`/runs/{id}/timeline`"""

from uuid import UUID

from litestar import Controller, get
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.permissions import ChatPermission
from chatter.chat.timeline_schemas import Timeline
from chatter.chat.timelines import timeline_of
from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.runs.facade import RunService

__all__ = ["TimelineController"]


class TimelineController(Controller):
    """What a run did is shown to whoever asked: it holds what tools found."""

    path = "/runs/{run_id:uuid}/timeline"
    tags = ("Runs",)

    @get(
        operation_id="GetRunTimeline",
        summary="What happened in one of your runs: steps, calls to models and tools, takeovers",
        opt=route(permission=ChatPermission.READ),
    )
    async def show(self, run_id: UUID, session: AsyncSession, principal: Principal, runs: RunService) -> Timeline:
        return await timeline_of(session, principal, runs, run_id=run_id)
