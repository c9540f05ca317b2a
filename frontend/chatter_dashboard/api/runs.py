"""What an organisation decides about its runs."""

from chatter.runs.schemas import Retention
from chatter_dashboard.api.calls import Calls

__all__ = ["RunsApi"]


class RunsApi:
    """`/runs`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def retention(self) -> Retention:
        """How long what happened in runs is kept."""
        return await self._calls.get("/runs/retention", Retention)

    async def set_retention(self, retention: Retention) -> Retention:
        """Decide how long."""
        return await self._calls.send("PUT", "/runs/retention", Retention, body=retention)
