"""The audit log: what was done, by whom, and whether the chain that seals it goes on."""

from nicegui.element import Element

from chatter.audit.schemas import AuditEvent, AuditHead, ExportFormat
from chatter_dashboard.api.audit import TAIL_PATH, export_path
from chatter_dashboard.components.form import Form, Values
from chatter_dashboard.components.layout import card, div, link_button, page_head, text
from chatter_dashboard.components.reader import DownloadButton
from chatter_dashboard.components.table import Column, Empty, Row, State, Table
from chatter_dashboard.components.tail import Tail
from chatter_dashboard.pages.audit.state import AuditState, action_words, who_did
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["audit_log"]

_COLUMNS = [
    Column(key="action", label="What", kind="name"),
    Column(key="who", label="Who"),
    Column(key="address", label="From", hide="md"),
    Column(key="seal", label="Seal", kind="state", hide="sm"),
    Column(key="at", label="When", kind="time"),
]
_NO_MATCH = Empty(icon="search", title="No row matches", text="Try other words, or a longer time.")
_NARROWED = "Paused: the list is narrowed"
_FORMS: dict[ExportFormat, str] = {"jsonl": "JSON lines", "csv": "CSV", "ocsf": "OCSF"}


@page("Audit log")
async def audit_log(visitor: Visitor) -> None:
    """Newest first; `Follow` shows new rows as they come."""
    state = AuditState(visitor)
    head = page_head("Audit log", lead="Every change, and every look at somebody else's content")
    async with loading():
        await state.start()
    with div("lx-stack"):
        chain = card("")
        filters = card()
        with card(""):
            exports = _exports(state)
            table = Table(_COLUMNS, caption="Audit log", empty=_NO_MATCH)

    def refresh() -> None:
        table.show([_row(event) for event in state.items], more=state.cursor is not None)
        _show_chain(chain, state.head)

    async def again() -> None:
        await state.load()
        refresh()

    async def narrow(values: Values) -> None:
        state.narrow(values)
        tail.pause(_NARROWED if state.narrowed else "")
        await again()
        for form, element in exports.items():
            element.point_at(export_path(state.wanted, form=form))

    async def more() -> None:
        await state.more()
        refresh()

    with head:
        if visitor.may("audit:sink:read"):
            link_button("Destination", "/audit-destination", icon_name="plug")
        tail = Tail(TAIL_PATH, on_news=again)
    with filters:
        Form(state.fields(), submit_label="Show", inline=True, on_submit=narrow)
    table.on_more(more)
    refresh()


def _exports(state: AuditState) -> dict[ExportFormat, DownloadButton]:
    with div("lx-list-bar"):
        text("span", "These rows as a file", classes="lx-muted")
        return {
            form: DownloadButton(label, path=export_path(state.wanted, form=form), name=_file_name(form))
            for form, label in _FORMS.items()
        }


def _file_name(form: ExportFormat) -> str:
    return "audit.ocsf.jsonl" if form == "ocsf" else f"audit.{form}"


def _show_chain(surface: Element, head: AuditHead | None) -> None:
    surface.clear()
    if head is None:
        return
    anchored = f"{head.anchored_position:,}" if head.anchored_position is not None else "not yet"
    if head.anchored_at is not None:
        anchored += f" on {head.anchored_at:%b} {head.anchored_at.day}, {head.anchored_at.year}"
    facts = {
        "Sealed": f"{head.position:,}",
        "Waiting for a seal": f"{head.unsealed:,}",
        "Head of the chain": head.chain[:16] if head.chain else "none",
        "Anchored outside": anchored,
    }
    with surface, Element("dl").classes("lx-facts"):
        for name, value in facts.items():
            with div("lx-fact"):
                text("dt", name)
                text("dd", value)


def _row(event: AuditEvent) -> Row:
    seal = State(text=f"{event.position:,}", tone="ok") if event.position is not None else State(text="waiting")
    return Row(
        id=str(event.id),
        href=f"/audit/{event.id}",
        note=event.action,
        cells={
            "action": action_words(event.action),
            "who": who_did(event),
            "address": event.client_address,
            "seal": seal,
            "at": event.at.isoformat(),
        },
    )
