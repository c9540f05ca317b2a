"""Overview: what was asked lately, what it used, where to go on."""

from nicegui.element import Element

from chatter.analytics.schemas import Overview
from chatter_dashboard.components.figures import Bars, Chart, Kpis
from chatter_dashboard.components.layout import card, card_head, div, icon, link_button, page_head, text, text_link
from chatter_dashboard.components.table import Column, Empty, Table
from chatter_dashboard.pages.overview.state import chart_days, figures, model_shares, recent_row
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["overview"]

_DAYS = 30
_RECENT = [
    Column(key="title", label="Title", kind="name"),
    Column(key="updated", label="Last message", kind="time"),
]
_NOTHING_ASKED = Empty(
    icon="chat", title="No conversations yet", text="Ask the first question.", action="New chat", href="/chat"
)


@page("Overview")
async def overview(visitor: Visitor) -> None:
    """The last 30 days."""
    with page_head(_greeting(visitor), lead=f"{visitor.me.organization.name} · last {_DAYS} days"):
        if visitor.may("chat:turn:create"):
            link_button("New chat", "/chat", icon_name="plus", primary=True)
    async with loading("cards"):
        found = await visitor.api.analytics.overview(days=_DAYS)
    with div("lx-stack"):
        if not found.documents_total:
            _first_steps(visitor)
        Kpis(figures(found))
        if any(day.input_tokens or day.output_tokens for day in found.days):
            _usage(found)
        if visitor.may("chat:turn:create"):
            _recent(found)


def _greeting(visitor: Visitor) -> str:
    return f"Hello, {visitor.me.user.name.split()[0]}"


def _first_steps(visitor: Visitor) -> None:
    with div("lx-banner"):
        icon("upload")
        with div("lx-rowline-main"):
            text("strong", "Start by adding documents")
            text("p", "Answers are made from your organization's documents, and there are none yet.")
        if visitor.may("documents:document:create"):
            link_button("Add documents", "/documents", primary=True)


def _usage(found: Overview) -> None:
    with div("lx-two"):
        with card():
            card_head("Tokens per day")
            Chart(chart_days(found))
        with card():
            card_head("Usage by model")
            Bars(model_shares(found), unit="tokens")


def _recent(found: Overview) -> Element:
    with card("") as surface:
        with card_head("Recent conversations").classes("lx-card-head-list"):
            text_link("View all", "/conversations")
        table = Table(_RECENT, caption="Recent conversations", empty=_NOTHING_ASKED)
        table.show([recent_row(conversation) for conversation in found.recent])
    return surface
