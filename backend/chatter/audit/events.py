"""What happens to the audit log: its own settings, and what leaves it."""

from typing import ClassVar

from chatter.kit.events import Event

__all__ = ["EventsExported", "SinkChanged", "SinkRemoved", "SinkTested"]


class EventsExported(Event):
    name: ClassVar[str] = "audit.event.exported"
    format: str


class SinkChanged(Event):
    name: ClassVar[str] = "audit.sink.changed"
    state: str


class SinkRemoved(Event):
    name: ClassVar[str] = "audit.sink.removed"


class SinkTested(Event):
    name: ClassVar[str] = "audit.sink.tested"
    passed: bool
