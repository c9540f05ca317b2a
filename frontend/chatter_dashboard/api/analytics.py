"""What happened lately."""

from chatter.analytics.schemas import Overview
from chatter_dashboard.api.calls import Calls

__all__ = ["AnalyticsApi"]


class AnalyticsApi:
    """`/overview`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def overview(self, *, days: int) -> Overview:
        """Counts, and messages and tokens of each of the last days."""
        return await self._calls.get("/overview", Overview, query={"days": days})
