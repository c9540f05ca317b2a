"""`/runs`"""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.errors import Invalid
from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.kit.standing import Standing
from chatter.kit.streaming import event_stream
from chatter.runs.permissions import RunAction, RunPermission
from chatter.runs.schemas import Run
from chatter.runs.service import RunService

__all__ = ["RunController"]

After = Annotated[
    int,
    QueryParameter(
        name="after",
        ge=0,
        le=10**9,
        description="Number of the last event you have; `Last-Event-ID` wins over it.",
    ),
]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID", description="Number of the last event you have; browsers send it themselves."
    ),
]


class RunController(Controller):
    """Runs are visible to their owner only; their events also to whom the conversation is shared with."""

    path = "/runs"
    tags = ("Runs",)

    @get(
        "/{run_id:uuid}",
        operation_id="GetRun",
        summary="One of your runs",
        opt=route(permission=RunPermission.READ),
    )
    async def show(self, run_id: UUID, principal: Principal, runs: RunService) -> Run:
        return await runs.run(principal, run_id=run_id)

    @get(
        "/{run_id:uuid}/events",
        operation_id="StreamRunEvents",
        summary="The events of a run, from its beginning or from the last one you have",
        description=(
            "Server-sent events, numbered from 1 without a gap. The stream ends with RUN_FINISHED or RUN_ERROR; "
            "asked for more after that it answers 204. Of a run that ended longer ago than the organization keeps "
            "events, only the last two are there: MESSAGES_SNAPSHOT with the text as it stands, and the end. "
            "Whom the conversation is shared with reads them too, without "
            "the sources that they may not see, for as long as it is shared with them. When the "
            "reader's right ends before, a last event named `problem` says why; the run goes on."
        ),
        opt=route(permission=RunPermission.READ),
        media_type="text/event-stream",
    )
    async def events(
        self,
        *,
        run_id: UUID,
        principal: Principal,
        runs: RunService,
        standing: Standing,
        after: After = 0,
        last_event_id: LastEventId = None,
    ) -> Stream | Response[None]:
        frames = await runs.events(principal, run_id=run_id, after=_position(last_event_id, after=after))
        if frames is None:
            return Response(None, status_code=204)
        return event_stream(frames, standing)

    @post(
        "/{run_id:uuid}/cancel",
        operation_id="CancelRun",
        summary="Stop a run; what it has written so far stays",
        opt=route(permission=RunPermission.CANCEL, audit=RunAction.CANCEL_REQUESTED),
        status_code=202,
    )
    async def cancel(self, run_id: UUID, session: AsyncSession, principal: Principal, runs: RunService) -> Run:
        return await runs.cancel(session, principal, run_id=run_id)


def _position(last_event_id: str | None, *, after: int) -> int:
    if not last_event_id:
        return after
    if not last_event_id.isascii() or not last_event_id.isdigit() or len(last_event_id) > 9:
        raise Invalid("Last-Event-ID is the number of an event.", remedy="Leave it out to read from the beginning.")
    return int(last_event_id)
