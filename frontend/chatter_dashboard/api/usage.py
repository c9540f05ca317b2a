"""What models took."""

from chatter.kit.schema import Page
from chatter.usage.schemas import UsageSummary, UsedCall
from chatter_dashboard.api.calls import Calls

__all__ = ["UsageApi"]


class UsageApi:
    """`/usage`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def summary(self, *, days: int) -> UsageSummary:
        """By model and by day; what had to be estimated apart."""
        return await self._calls.get("/usage", UsageSummary, query={"days": days})

    async def calls(self, *, source: str | None = None, cursor: str | None = None, limit: int = 50) -> Page[UsedCall]:
        """Each call, the newest first."""
        query = {"source": source, "cursor": cursor, "limit": limit}
        return await self._calls.get("/usage/calls", Page[UsedCall], query=query)
