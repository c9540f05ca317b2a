"""The overview's numbers, as its elements want them."""

from chatter.analytics.schemas import Overview, RecentConversation
from chatter_dashboard.components.figures import DayTokens, Kpi, Share
from chatter_dashboard.components.table import Row

__all__ = ["chart_days", "figures", "model_shares", "recent_row"]


def figures(found: Overview) -> list[Kpi]:
    """Four figures; those that happen daily with their course."""
    messages = [day.messages for day in found.days]
    tokens = [day.input_tokens + day.output_tokens for day in found.days]
    return [
        Kpi(label="Questions", value=sum(messages), series=tuple(messages)),
        Kpi(label="Tokens", value=sum(tokens), series=tuple(tokens)),
        Kpi(label="Documents", value=found.documents_total, note=f"{found.chunks_total:,} passages"),
        Kpi(label="Members", value=found.members_total, note=f"{found.conversations_total:,} conversations"),
    ]


def chart_days(found: Overview) -> list[DayTokens]:
    """Every day, oldest first."""
    return [DayTokens(day=day.day.isoformat(), input=day.input_tokens, output=day.output_tokens) for day in found.days]


def model_shares(found: Overview) -> list[Share]:
    """Each model's tokens."""
    return [Share(label=usage.model, value=usage.input_tokens + usage.output_tokens) for usage in found.models]


def recent_row(conversation: RecentConversation) -> Row:
    """A conversation as a line."""
    title = conversation.title or "New chat"
    return Row(
        id=str(conversation.id),
        href=f"/chat/{conversation.id}",
        initial=title[:1].upper(),
        cells={"title": title, "updated": conversation.updated_at.isoformat()},
    )
