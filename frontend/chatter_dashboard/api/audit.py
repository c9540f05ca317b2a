"""The audit log."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from chatter.audit.schemas import AuditEvent, AuditHead, ExportFormat, Sink, SinkSet, SinkStatus, SinkTest
from chatter.kit.schema import Page, Schema
from chatter_dashboard.api.calls import Calls, Query

__all__ = ["TAIL_PATH", "AuditApi", "AuditFilter", "export_path"]

TAIL_PATH = "/audit/tail"
"""The stream that the browser reads itself."""


class AuditFilter(Schema):
    """Which rows are wanted; what is empty narrows nothing."""

    query: str = ""
    action: str = ""
    actor: str = ""
    since: datetime | None = None

    def parameters(self) -> dict[str, str]:
        """As the API takes them."""
        since = self.since.isoformat() if self.since else ""
        given = {"query": self.query, "action": self.action, "actor": self.actor, "since": since}
        return {name: value for name, value in given.items() if value}


class AuditApi:
    """`/audit`; files and new rows are fetched by the browser itself."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def events(self, wanted: AuditFilter, *, cursor: str | None = None, limit: int = 50) -> Page[AuditEvent]:
        """Newest first."""
        query: Query = {**wanted.parameters(), "cursor": cursor, "limit": limit}
        return await self._calls.get("/audit/events", Page[AuditEvent], query=query)

    async def event(self, event_id: UUID) -> AuditEvent:
        """One row with what it changed."""
        return await self._calls.get(f"/audit/events/{event_id}", AuditEvent)

    async def head(self) -> AuditHead:
        """The state of the chain."""
        return await self._calls.get("/audit/head", AuditHead)

    async def sink(self) -> Sink | None:
        """Where the log is sent."""
        return (await self._calls.get("/audit/sink", SinkStatus)).sink

    async def set_sink(self, wanted: SinkSet) -> Sink:
        """Send the log there."""
        return await self._calls.send("PUT", "/audit/sink", Sink, body=wanted)

    async def test_sink(self) -> SinkTest:
        """Send one line that is no row."""
        return await self._calls.send("POST", "/audit/sink/test", SinkTest)

    async def pause_sink(self) -> Sink:
        """Keep rows back."""
        return await self._calls.send("POST", "/audit/sink/pause", Sink)

    async def resume_sink(self) -> Sink:
        """Go on at once."""
        return await self._calls.send("POST", "/audit/sink/resume", Sink)

    async def remove_sink(self) -> None:
        """Send the log nowhere any more."""
        await self._calls.act("DELETE", "/audit/sink")


def export_path(wanted: AuditFilter, *, form: ExportFormat) -> str:
    """Where the browser fetches these rows as a file."""
    return f"/audit/export?{urlencode({'format': form, **wanted.parameters()})}"
