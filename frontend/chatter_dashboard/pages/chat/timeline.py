"""The timeline of an answer's run, in its receipt: what happened when, and with what models were asked."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from nicegui import ui

from chatter.chat.timeline_schemas import CallMade, ModelAsked, Timeline, TimelineEntry
from chatter_dashboard.components.layout import button, div, text
from chatter_dashboard.components.table import Column, Row, State, Table
from chatter_dashboard.pages.usage.words import OUTCOMES, money, seconds, tokens

__all__ = ["show_timeline"]

_COLUMNS = [
    Column(key="what", label="What", kind="name"),
    Column(key="begun", label="After"),
    Column(key="took", label="Took"),
    Column(key="state", label="How it ended", kind="state", hide="sm"),
]
_STEPS = {
    "retrieve": "Search of the documents",
    "gate": "Weighing of the evidence",
    "answer": "Answer",
    "tools": "Tools",
}
_KINDS = {
    "model_call": "Call to a model",
    "tool_call": "Call of a tool",
    "instruction": "You added",
    "takeover": "Taken over",
    "question": "Waited for you",
}
_ICONS = {
    "retrieval": "search",
    "model_call": "model",
    "tool_call": "plug",
    "instruction": "steer",
    "takeover": "retry",
    "question": "help",
}
_STATES = {"begun": "Not finished", "again": "To be repeated", "done": "Done", "failed": "Failed"}


Fetch = Callable[[UUID, str], Awaitable[CallMade]]
"""Asks for a call of a run with all that it was given and gave."""


def show_timeline(found: Timeline, *, fetch: Fetch) -> None:
    """The entries as a table, and below it the parameters of each call to a model, and each call of a tool."""
    if found.trimmed:
        text("p", "Its steps are not kept any more: the organization keeps them for a time.", classes="lx-muted")
    rows = [_row(n, entry, begun=found.started_at) for n, entry in enumerate(found.entries)]
    Table(_COLUMNS, caption="Timeline").show(rows)
    for asked in (entry.model_call for entry in found.entries if entry.model_call and entry.model_call.max_tokens):
        _parameters(asked)
    for entry in found.entries:
        if entry.tool_call is not None:
            _call(entry.name, entry.tool_call, run_id=found.run_id, fetch=fetch)


def _row(number: int, entry: TimelineEntry, *, begun: datetime) -> Row:
    return Row(
        id=str(number),
        icon=_ICONS.get(entry.kind, "clock"),
        note=_note(entry),
        cells={
            "what": _KINDS.get(entry.kind) or _STEPS.get(entry.name, entry.name),
            "begun": "" if entry.started_at is None else f"+{(entry.started_at - begun).total_seconds():.2f} s",
            "took": seconds(entry.duration_ms),
            "state": _state(entry),
        },
    )


def _note(entry: TimelineEntry) -> str:
    if entry.kind == "takeover":
        return f"by process {entry.name}" if entry.name else "by another process"
    if entry.passages is not None:
        return f"{entry.passages} passages"
    if entry.model_call is not None:
        return " · ".join(filter(None, (entry.name, _cost(entry.model_call))))
    if entry.text:
        return entry.text
    return "" if entry.kind in {"step", "retrieval"} else entry.name


def _state(entry: TimelineEntry) -> State | str:
    if entry.model_call is not None and entry.model_call.outcome is not None:
        outcome = entry.model_call.outcome
        return State(text=OUTCOMES[outcome], tone="plain" if outcome == "complete" else "warn")
    if entry.tool_call is not None:
        if entry.tool_call.source == "person":
            return State(text="Result changed by a person", tone="warn")
        return State(text=_STATES[entry.tool_call.state], tone="plain" if entry.tool_call.state == "done" else "warn")
    return ""


def _cost(asked: ModelAsked) -> str:
    if asked.input_tokens is None or asked.output_tokens is None:
        return ""
    about = "about " if asked.source == "estimated" else ""
    return f"{about}{tokens(asked.input_tokens, asked.output_tokens)} · {money(asked.cost)}"


def _parameters(asked: ModelAsked) -> None:
    facts = [
        f"temperature {asked.temperature}",
        f"at most {asked.max_tokens} tokens",
        f"{asked.messages} messages",
        f"tools: {', '.join(asked.tools)}" if asked.tools else "no tools",
        f"stops at {asked.stop}" if asked.stop else "",
        "went on with a begun answer" if asked.continues else "",
        f"prompt {asked.prompt_digest[:12]}" if asked.prompt_digest else "",
    ]
    with ui.element("p").classes("lx-muted"):
        text("strong", asked.model)
        text("span", " " + " · ".join(filter(None, facts)))


def _call(name: str, call: CallMade, *, run_id: UUID, fetch: Fetch) -> None:
    with ui.element("details").classes("lx-details"):
        text("summary", f"Call of {name}")
        content = div("lx-stack")
        with content:
            _asked_and_answered(call)

        async def show_all() -> None:
            whole = await fetch(run_id, call.id)
            content.clear()
            with content:
                _asked_and_answered(whole)
            more.delete()

        if call.shortened:
            more = button("Show all of it", show_all)


def _asked_and_answered(call: CallMade) -> None:
    for name, said in (("Asked", call.arguments), ("Answered", call.result)):
        with ui.element("div"):
            text("strong", name)
            text("pre", said or "-", classes="lx-pre").props("tabindex=0")
