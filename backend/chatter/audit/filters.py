"""Which rows of the audit log are asked for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

__all__ = ["EventFilter"]


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Every condition that is given must hold."""

    actor: UUID | None = None
    action: str | None = None
    """The beginning of an action's name."""
    target: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    request: str | None = None
    text: str | None = None
    """Words anywhere in the row, as a person types them into a search field."""
    event: UUID | None = None

    def columns(self) -> tuple[object, ...]:
        """The first arguments of audit_find, in its order."""
        return (
            *(self.actor, self.action or None, self.target, self.since, self.until, self.request or None),
            *(self.text or None, self.event),
        )
