"""`/runs/retention`"""

from litestar import Controller, get, put
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.runs.permissions import RunAction, RunPermission
from chatter.runs.retention import RetentionService
from chatter.runs.schemas import Retention

__all__ = ["RetentionController"]


class RetentionController(Controller):
    """What is trimmed are the events of answers and what tools were given and found; the messages stay."""

    path = "/runs/retention"
    tags = ("Runs",)

    @get(
        operation_id="GetRunRetention",
        summary="How long the organization keeps what happened in its runs",
        opt=route(permission=RunPermission.RETENTION_READ),
    )
    async def show(self, session: AsyncSession, principal: Principal) -> Retention:
        return await RetentionService(session, principal).retention()

    @put(
        operation_id="UpdateRunRetention",
        summary="Decide how long the organization keeps what happened in its runs",
        opt=route(permission=RunPermission.RETENTION_UPDATE, audit=RunAction.RETENTION_UPDATED),
    )
    async def update(self, session: AsyncSession, principal: Principal, data: Retention) -> Retention:
        return await RetentionService(session, principal).update(data)
