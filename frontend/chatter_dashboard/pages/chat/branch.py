"""Branching off a point of a past run: a form that shows only what can be changed there."""

from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec import UNSET

from chatter.chat.branch_schemas import BranchRequest, ResultGiven, RunCheckpoint, RunCheckpoints
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.components.thread import ModelChoice
from chatter_dashboard.pages.chat.points import step_name
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["BranchDialog"]

_RESULT = "result:"
_COMES = "Left empty, the call is made again. What you write is told to the model in its place, and marked as yours."
_MADE = "What you change is told to the model in its place, and marked as changed by a person."


class BranchDialog:
    """One dialog, filled anew for each point."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._dialog = Dialog(
            "Branch from here", text="The new answer takes the place of this one, which stays for comparing."
        )
        self._models: Sequence[ModelChoice] = ()
        self._branched: Callable[[], None] = _nothing

    def offer(self, models: Sequence[ModelChoice], *, on_branched: Callable[[], None]) -> None:
        """Say which models can be chosen, and what to do once a new answer is being written."""
        self._models, self._branched = models, on_branched

    def open(self, run: RunCheckpoints, point: RunCheckpoint) -> None:
        """Show what can be changed at a point, as it is."""
        self._dialog.clear()
        self._dialog.set_heading(f"Branch before {step_name(point.next)}")
        with self._dialog:
            Form(
                [*self._question(point), *self._model(run), *_instructions(point), *_results(point)],
                submit_label="Answer from here",
                on_submit=lambda values: self._branch(run, point, values),
            )
        self._dialog.open()

    async def _branch(self, run: RunCheckpoints, point: RunCheckpoint, values: Values) -> None:
        await self._visitor.api.chat.branch(run.run_id, _request(point, values))
        self._dialog.close()
        self._branched()

    def _question(self, point: RunCheckpoint) -> list[Field]:
        if point.question is None:
            return []
        return [Field(name="question", label="Question", kind="area", value=point.question)]

    def _model(self, run: RunCheckpoints) -> list[Field]:
        options = tuple(Option(value=str(model.id), label=model.label) for model in self._models)
        current = str(run.model_id) if any(model.id == run.model_id for model in self._models) else ""
        if not options:
            return []
        return [Field(name="model", label="Model", kind="select", value=current, options=options)]


def _nothing() -> None:
    """Before anybody wants to know."""


def _instructions(point: RunCheckpoint) -> list[Field]:
    return [
        Field(
            name="instructions",
            label="Instructions",
            kind="area",
            value=point.instructions,
            hint="What the model is to keep to in this answer, beside the rules that always hold.",
            optional=True,
            max_length=4000,
        )
    ]


def _results(point: RunCheckpoint) -> list[Field]:
    return [
        Field(
            name=f"{_RESULT}{call.id}",
            label=f"Result of {call.name} ({call.arguments[:80]})",
            kind="area",
            value=call.content or "",
            hint=_COMES if call.content is None else _MADE,
            optional=call.content is None,
        )
        for call in point.tool_calls
    ]


def _request(point: RunCheckpoint, values: Values) -> BranchRequest:
    given = {name.removeprefix(_RESULT): value for name, value in values.items() if name.startswith(_RESULT)}
    before = {call.id: call.content or "" for call in point.tool_calls}
    model = values.get("model", "")
    return BranchRequest(
        checkpoint_id=point.id,
        question=values.get("question", UNSET),
        model_id=UUID(model) if model else UNSET,
        instructions=values["instructions"],
        tool_results=tuple(
            ResultGiven(tool_call_id=key, content=value) for key, value in given.items() if value != before[key]
        ),
    )
