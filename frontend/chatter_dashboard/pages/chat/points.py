"""The points of a past run, in its timeline: where one can branch off, and where it branched off itself."""

from collections.abc import Callable

from nicegui import ui

from chatter.chat.branch_schemas import Branched, Change, RunCheckpoint, RunCheckpoints
from chatter_dashboard.components.layout import text
from chatter_dashboard.components.table import Action, Column, Row, Table

__all__ = ["Branch", "changes_list", "show_branched", "show_points", "step_name"]

Branch = Callable[[RunCheckpoints, RunCheckpoint], None]
_COLUMNS = [Column(key="next", label="Before", kind="name"), Column(key="can", label="Can be changed", hide="sm")]
_BRANCH = Action(id="branch", label="Branch from here: before", icon="branch")
_STEPS = {
    "retrieve": "the search of the documents",
    "gate": "the weighing of the evidence",
    "answer": "the call to the model",
    "tools": "the calls of tools",
}
_WHAT = {
    "question": "The question",
    "model": "The model",
    "instructions": "The instructions",
    "tool_result": "A tool's result, by a person",
    "passages": "Passages that are still there",
}
_LONGEST = 400


def step_name(step: str) -> str:
    return _STEPS.get(step, step)


def show_points(found: RunCheckpoints, *, on_branch: Branch) -> None:
    """A table of the points, each with its button; a word where the states are not kept any more."""
    text("strong", "Go back to a point of it", classes="lx-points")
    if not found.items:
        text("p", "Its states are not kept any more. Ask the question again instead.", classes="lx-muted")
        return
    points = {point.id: point for point in found.items}

    async def act(_: str, point_id: str) -> None:
        on_branch(found, points[point_id])

    table = Table(_COLUMNS, caption="Points to branch from", actions=[_BRANCH]).on_action(act)
    table.show([_row(point) for point in found.items])


def show_branched(branched: Branched) -> None:
    """Where the run branched off, and what was changed for it."""
    text("strong", f"Branched off an earlier answer, before {step_name(branched.next)}")
    changes_list(branched.changes)


def changes_list(changes: list[Change]) -> None:
    """What was changed, before and after."""
    if not changes:
        text("p", "Nothing was changed.", classes="lx-muted")
        return
    with ui.element("ul").classes("lx-changes"):
        for change in changes:
            with ui.element("li"):
                text("strong", f"{_WHAT[change.what]}{f' ({change.tool})' if change.tool else ''}")
                text("span", f"{_short(change.before)} → {_short(change.after)}")


def _short(value: str | None) -> str:
    if not value:
        return "nothing"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def _row(point: RunCheckpoint) -> Row:
    can = ["model", "instructions"]
    if point.question is not None:
        can.insert(0, "question")
    if point.tool_calls:
        can.append("results of tools")
    return Row(
        id=point.id,
        icon="branch",
        note=f"{point.step} steps behind it" if point.step != 1 else "one step behind it",
        cells={"next": step_name(point.next), "can": ", ".join(can)},
    )
