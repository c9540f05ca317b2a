"""Where the audit log is sent: the address, how far that is, and what went wrong last."""

from nicegui import ui
from nicegui.element import Element

from chatter.audit.schemas import Sink, SinkSet
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, icon, page_head, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.polling import polling
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["audit_destination"]

_NEW, _WHOLE = "new", "whole"


@page("Destination", width="narrow")
async def audit_destination(visitor: Visitor) -> None:
    """Seen by auditors, set by owners and administrators."""
    api = visitor.api.audit
    may_change = visitor.may("audit:sink:update")
    lead = "New rows are sent as JSON lines to an address of yours, in the order of the chain"
    page_head("Destination", lead=lead, back=("Audit log", "/audit"))
    with div("lx-stack"):
        surface = div("lx-stack")
        if may_change:
            form_card = card()
    removal = _removal(visitor)

    async def load() -> None:
        show(await api.sink())

    def show(sink: Sink | None) -> None:
        surface.clear()
        with surface, card(""):
            if sink is None:
                _nothing(may_change=may_change)
            else:
                _status(sink)
                if may_change:
                    _actions(visitor, sink, removal)

    async def save(values: Values) -> None:
        sink = await api.set_sink(
            SinkSet(
                url=values["url"].strip(),
                header_name=values["header_name"].strip() or None,
                header_value=values["header_value"] or None,
                from_beginning=values["scope"] == _WHOLE,
            )
        )
        show(sink)
        say("The audit log is sent there from now on.")

    sink = await api.sink()
    show(sink)
    if may_change:
        with form_card:
            card_head("Address")
            Form(_fields(sink), submit_label="Save", on_submit=save)
    polling(load, active=sink is not None)


def _nothing(*, may_change: bool) -> None:
    with div("lx-empty"):
        icon("plug")
        text("h2", "Sent nowhere")
        text("p", "Enter an address below." if may_change else "An owner or administrator can enter an address.")


def _status(sink: Sink) -> None:
    facts = {
        "Address": sink.url,
        "State": "paused" if sink.state == "paused" else "active",
        "Sent up to": f"{sink.position:,}",
        "Not sent yet": f"{sink.behind:,}",
        "Last sent": f"{sink.last_delivered_at:%Y-%m-%d %H:%M:%S} UTC" if sink.last_delivered_at else "never",
    }
    with ui.element("dl").classes("lx-facts"):
        for name, value in facts.items():
            with div("lx-fact"):
                text("dt", name)
                text("dd", value)
    if sink.last_error is not None:
        with div("lx-banner"):
            icon("warning")
            attempts = "attempt" if sink.failures == 1 else "attempts"
            text(
                "span",
                f"{sink.last_error} {sink.failures} {attempts} failed; the next is at "
                f"{sink.next_attempt_at:%H:%M:%S} UTC. No row is lost.",
            )


def _actions(visitor: Visitor, sink: Sink, removal: Dialog) -> Element:
    api = visitor.api.audit

    async def test() -> None:
        result = await api.test_sink()
        say(result.detail, kind="good" if result.passed else "info")

    async def switch() -> None:
        await (api.resume_sink() if sink.state == "paused" else api.pause_sink())
        ui.navigate.reload()

    with div("lx-list-bar") as bar:
        button("Test", test, icon_name="plug")
        button("Resume" if sink.state == "paused" else "Pause", switch)
        button("Remove", removal.open, icon_name="trash")
    return bar


def _removal(visitor: Visitor) -> Dialog:
    dialog = Dialog("Remove the destination?", text="The audit log itself stays as it is.")

    async def remove() -> None:
        await visitor.api.audit.remove_sink()
        ui.navigate.reload()

    with dialog, div("lx-dialog-foot"):
        button("Cancel", dialog.close)
        button("Remove", remove, primary=True)
    return dialog


def _fields(sink: Sink | None) -> list[Field]:
    scope = (Option(value=_NEW, label="Only what comes from now on"), Option(value=_WHOLE, label="The whole log"))
    return [
        Field(
            name="url",
            label="HTTPS address",
            kind="url",
            value=sink.url if sink else "",
            example="https://siem.example.org/ingest",
            max_length=2000,
        ),
        Field(
            name="header_name",
            label="Header",
            value=(sink.header_name or "") if sink else "",
            example="Authorization",
            optional=True,
            max_length=100,
            hint="What proves to the receiver that it is you.",
        ),
        Field(
            name="header_value",
            label="Value of the header",
            kind="password",
            optional=True,
            max_length=2000,
            autocomplete="new-password",
            hint="Stored sealed and never shown. Empty keeps the stored one while the address is the same.",
        ),
        Field(name="scope", label="What to send", kind="select", options=scope, value=_NEW),
    ]
