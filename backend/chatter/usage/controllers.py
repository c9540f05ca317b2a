"""`/usage`"""

from typing import Annotated, Literal

from litestar import Controller, get
from litestar.params import QueryParameter

from chatter.kit.routes import route
from chatter.kit.schema import Page
from chatter.usage.permissions import UsagePermission
from chatter.usage.schemas import UsageSummary, UsedCall
from chatter.usage.service import UsageService

__all__ = ["UsageController"]

Days = Annotated[int, QueryParameter(ge=1, le=366, description="Length of the period, today included.")]
Source = Annotated[
    Literal["reported", "estimated"] | None,
    QueryParameter(description="Only what providers reported, or only what had to be estimated."),
]
CursorText = Annotated[str | None, QueryParameter(max_length=200, description="`next_cursor` of the page before.")]
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")]


class UsageController(Controller):
    """What models took; what was asked and answered is not part of it."""

    path = "/usage"
    tags = ("Usage",)

    @get(
        operation_id="GetUsage",
        summary="What models took lately, and what it cost at the prices of those days",
        opt=route(permission=UsagePermission.READ),
    )
    async def show(self, usage: UsageService, days: Days = 30) -> UsageSummary:
        return await usage.summary(days=days)

    @get(
        "/calls",
        operation_id="ListModelCalls",
        summary="Each call to a model, the newest first",
        opt=route(permission=UsagePermission.READ),
    )
    async def calls(
        self, usage: UsageService, source: Source = None, cursor: CursorText = None, limit: Limit = 50
    ) -> Page[UsedCall]:
        return await usage.calls(source=source, cursor=cursor, limit=limit)
