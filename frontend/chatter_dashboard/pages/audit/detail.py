"""One row of the audit log: who, from where, and what changed."""

from uuid import UUID

from nicegui import ui

from chatter.audit.schemas import AuditEvent
from chatter_dashboard.components.layout import card, div, page_head, text
from chatter_dashboard.components.table import Column, Empty, Row, Table
from chatter_dashboard.pages.audit.state import action_words, who_did
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["audit_event"]

_COLUMNS = [
    Column(key="field", label="Field", kind="name"),
    Column(key="before", label="Before"),
    Column(key="after", label="After"),
]
_NOTHING = Empty(icon="history", title="No fields", text="This row tells that something was done, not what it changed.")


@page("Audit log", width="narrow")
async def audit_event(visitor: Visitor, event_id: str) -> None:
    """All that the row holds."""
    event = await visitor.api.audit.event(_id(event_id))
    ui.page_title(f"{action_words(event.action)} · Chatter")
    page_head(action_words(event.action), lead=event.action, back=("Audit log", "/audit"))
    with div("lx-stack"):
        with card(""):
            _facts(event)
        with card(""):
            with div("lx-list-bar"):
                text("h2", "Changes")
            table = Table(_COLUMNS, caption="Changes", empty=_NOTHING)
            table.show(
                [
                    Row(id=change.field, cells={"field": change.field, "before": change.before, "after": change.after})
                    for change in event.changes
                ]
            )


def _facts(event: AuditEvent) -> None:
    facts = {
        "When": f"{event.at:%Y-%m-%d %H:%M:%S} UTC",
        "Who": who_did(event),
        "Role at the time": event.actor_role,
        "From": event.client_address,
        "Target": event.target,
        "Request": event.request_id,
        "Session": event.session_id,
        "Key": event.key_id,
        "Run": event.run_id,
        "Place in the chain": event.position if event.position is not None else "waits for its seal",
    }
    with ui.element("dl").classes("lx-facts"):
        for name, value in facts.items():
            if value is not None and value != "":
                with div("lx-fact"):
                    text("dt", name)
                    text("dd", str(value))


def _id(value: str) -> UUID:
    """An address that holds no id is answered like an id that never existed."""
    try:
        return UUID(value)
    except ValueError:
        return UUID(int=0)
