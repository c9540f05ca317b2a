"""`/overview`"""

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.analytics.permissions import AnalyticsPermission
from chatter.analytics.repository import AnalyticsRepository
from chatter.analytics.schemas import Overview
from chatter.kit.principal import Principal
from chatter.kit.routes import route

__all__ = ["OverviewController"]

Days = Annotated[int, QueryParameter(ge=1, le=366, description="Length of the period, today included.")]


class OverviewController(Controller):
    """The organisation's figures; conversations of others are counted, never shown."""

    path = "/overview"
    tags = ("Overview",)

    @get(
        operation_id="GetOverview",
        summary="What was asked lately and what it took",
        opt=route(permission=AnalyticsPermission.READ),
    )
    async def show(self, session: AsyncSession, principal: Principal, days: Days = 30) -> Overview:
        figures = AnalyticsRepository(session, tenant_id=principal.tenant_id)
        totals = await figures.totals()
        return Overview(
            documents_total=totals.documents,
            chunks_total=totals.chunks,
            members_total=totals.members,
            conversations_total=totals.conversations,
            days=await figures.days(days),
            models=await figures.models(days),
            recent=await figures.recent(principal.user_id),
        )
