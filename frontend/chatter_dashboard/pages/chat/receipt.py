"""The receipt of an answer, in a dialog."""

from uuid import UUID

from nicegui import ui

from chatter.chat.receipt_schemas import Receipt, ReceiptCall
from chatter_dashboard.components.form import Dialog
from chatter_dashboard.components.layout import div, text
from chatter_dashboard.components.table import Column, Row, State, Table
from chatter_dashboard.pages.chat.points import Branch, show_branched, show_points
from chatter_dashboard.pages.chat.timeline import show_timeline
from chatter_dashboard.pages.usage.words import OUTCOMES, PURPOSES, money, seconds, tokens
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ReceiptDialog"]

_CALLS = [
    Column(key="what", label="Call", kind="name"),
    Column(key="outcome", label="How it ended", kind="state", hide="sm"),
    Column(key="tokens", label="Tokens"),
    Column(key="cost", label="Cost"),
]
_PASSAGES = [
    Column(key="name", label="Passage", kind="name"),
    Column(key="page", label="Page", hide="sm"),
    Column(key="score", label="Score"),
]


class ReceiptDialog:
    """One dialog, filled anew for each answer."""

    def __init__(self, visitor: Visitor, *, on_branch: Branch | None) -> None:
        self._visitor = visitor
        self._dialog = Dialog("Receipt", wide=True)
        self._on_branch = on_branch

    async def open(self, conversation_id: UUID, answer_id: UUID) -> None:
        """Fetch the receipt and show it."""
        found = await self._visitor.api.chat.receipt(conversation_id, answer_id)
        self._dialog.clear()
        with self._dialog, div("lx-stack"):
            _facts(found)
            if found.calls:
                Table(_CALLS, caption="Calls to models").show([_call(n, call) for n, call in enumerate(found.calls)])
            if found.run_id is not None:
                await self._timeline(found.run_id)
            if found.passages:
                _passages(found)
            if found.prompt:
                _prompt(found)
        self._dialog.open()

    def close(self) -> None:
        self._dialog.close()

    async def _timeline(self, run_id: UUID) -> None:
        chat = self._visitor.api.chat
        timeline = await chat.timeline(run_id)
        is_over = timeline.state not in {"queued", "running"}
        points = await chat.checkpoints(run_id) if is_over and self._on_branch else None
        with ui.element("details").classes("lx-details"):
            text("summary", "Timeline")
            if timeline.branched is not None:
                show_branched(timeline.branched)
            show_timeline(timeline, fetch=chat.tool_call)
            if points is not None and self._on_branch is not None:
                show_points(points, on_branch=self._on_branch)


def _facts(found: Receipt) -> None:
    facts = {
        "Model": " · ".join(filter(None, (found.model, found.provider))),
        "Cost": money(found.cost) if found.calls else "",
        "First word after": seconds(found.first_token_ms),
        "Whole answer": seconds(found.whole_ms),
    }
    with ui.element("dl").classes("lx-facts"):
        for name, value in facts.items():
            if value:
                with div("lx-fact"):
                    text("dt", name)
                    text("dd", value)


def _call(number: int, call: ReceiptCall) -> Row:
    about = "about " if call.source == "estimated" else ""
    outcome = State(text=OUTCOMES[call.outcome], tone="plain" if call.outcome == "complete" else "warn")
    return Row(
        id=str(number),
        icon="model",
        note=call.model,
        cells={
            "what": PURPOSES[call.purpose],
            "outcome": outcome,
            "tokens": about + tokens(call.input_tokens, call.output_tokens),
            "cost": about + money(call.cost) if call.cost not in (None, "0") else money(call.cost),
        },
    )


def _passages(found: Receipt) -> None:
    rows = [
        Row(
            id=str(passage.n),
            icon="quote",
            cells={
                "name": passage.document_name,
                "page": str(passage.page) if passage.page else "",
                "score": f"{passage.score:.3f}",
            },
        )
        for passage in found.passages
    ]
    Table(_PASSAGES, caption="Passages that were found").show(rows)


def _prompt(found: Receipt) -> None:
    remark = "As it was sent." if found.prompt_is_exact else "Not quite as it was sent: something has changed since."
    with ui.element("details").classes("lx-details"):
        text("summary", f"Prompt. {remark}")
        for message in found.prompt:
            text("strong", message.role.capitalize())
            text("pre", message.text, classes="lx-pre").props("tabindex=0")
