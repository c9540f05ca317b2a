"""What happens to the audit log's own settings."""

from typing import ClassVar

from chatter.kit.events import Event

__all__ = ["SinkChanged", "SinkRemoved"]


class SinkChanged(Event):
    name: ClassVar[str] = "audit.sink.changed"
    state: str


class SinkRemoved(Event):
    name: ClassVar[str] = "audit.sink.removed"
