"""Two answers side by side, in a dialog; one below the other where there is little room."""

from uuid import UUID

from nicegui import ui

from chatter.chat.comparison_schemas import ComparedAnswer, Comparison, Difference
from chatter_dashboard.components.form import Dialog
from chatter_dashboard.components.layout import div, text
from chatter_dashboard.pages.chat.points import changes_list, step_name
from chatter_dashboard.pages.usage.words import money, seconds, tokens
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ComparisonDialog"]

_TAGS = {"same": "span", "removed": "del", "added": "ins"}
_SOURCES = {"tool": "", "earlier": " (in the earlier answer)", "person": " (result changed by a person)"}


class ComparisonDialog:
    """One dialog, filled anew for each pair."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._dialog = Dialog("Comparison", broad=True)

    async def open(self, run_id: UUID, other: UUID) -> None:
        """Fetch both answers and show them: the earlier one first."""
        found = await self._visitor.api.chat.comparison(run_id, other)
        self._dialog.clear()
        with self._dialog, div("lx-stack"):
            _parting(found)
            with div("lx-compare"):
                _side("The earlier answer", found.one, found.differences, without="added")
                _side("This answer", found.other, found.differences, without="removed")
        self._dialog.open()


def _parting(found: Comparison) -> None:
    if found.parting is not None:
        steps = "one step" if found.parting.step == 1 else f"{found.parting.step} steps"
        text("p", f"They share {steps} and part before {step_name(found.parting.next)}.", classes="lx-muted")
    if found.other.branched is not None:
        changes_list(found.other.branched.changes)


def _side(heading: str, answer: ComparedAnswer, differences: list[Difference], *, without: str) -> None:
    side = ui.element("section").classes("lx-compare-side")
    side.props["aria-label"] = heading
    with side:
        text("h3", heading)
        text("p", answer.question, classes="lx-muted")
        _facts(answer)
        if answer.tool_calls:
            with ui.element("ul").classes("lx-changes"):
                for call in answer.tool_calls:
                    with ui.element("li"):
                        text("strong", f"{call.name}{_SOURCES[call.source]}")
                        text("span", call.result[:400])
        with ui.element("p").classes("lx-compare-text"):
            for piece in differences:
                if piece.kind != without:
                    text(_TAGS[piece.kind], piece.text)


def _facts(answer: ComparedAnswer) -> None:
    facts = {
        "Model": answer.model or "",
        "Tokens": tokens(answer.input_tokens, answer.output_tokens),
        "Cost": money(answer.cost),
        "First word after": seconds(answer.first_token_ms),
        "Whole answer": seconds(answer.whole_ms),
        "Calls to models": str(answer.model_calls),
    }
    with ui.element("dl").classes("lx-facts"):
        for name, value in facts.items():
            if value:
                with div("lx-fact"):
                    text("dt", name)
                    text("dd", value)
