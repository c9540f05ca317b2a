"""The overview, as the API shows it."""

from datetime import date, datetime
from uuid import UUID

from chatter.kit.schema import Schema

__all__ = ["DayUsage", "ModelUsage", "Overview", "RecentConversation"]


class DayUsage(Schema, frozen=True, kw_only=True):
    """What was asked on one day (UTC), and what the answers took."""

    day: date
    messages: int
    """Questions."""
    input_tokens: int
    output_tokens: int


class ModelUsage(Schema, frozen=True, kw_only=True):
    """What one model was used for in the period."""

    model: str
    messages: int
    """Answers."""
    input_tokens: int
    output_tokens: int


class RecentConversation(Schema, frozen=True, kw_only=True):
    """One of your own conversations."""

    id: UUID
    title: str
    updated_at: datetime


class Overview(Schema, frozen=True, kw_only=True):
    """The organisation's figures. Totals are of today, the rest of the last `days` days."""

    documents_total: int
    chunks_total: int
    members_total: int
    conversations_total: int
    days: list[DayUsage]
    """Every day of the period, oldest first."""
    models: list[ModelUsage]
    """The most used first."""
    recent: list[RecentConversation]
    """Your own conversations, the last used first."""
