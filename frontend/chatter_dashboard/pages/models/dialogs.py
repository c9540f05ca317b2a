"""Adding, changing, testing and removing a provider."""

from nicegui import ui

from chatter.llm.schemas import Provider, ProviderCreate, ProviderDraft, ProviderPreset, ProviderTest
from chatter_dashboard.components.form import Dialog, ExtraButton, Field, Form, Values
from chatter_dashboard.components.layout import button, div, icon, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.models.board import Board
from chatter_dashboard.shell.notices import say

__all__ = ["add_model", "add_provider", "delete_provider", "edit_provider", "test_provider"]

_STEPS = {"list_models": "List the models", "complete": "Write a short answer"}


def add_provider(board: Board) -> None:
    """Choose a kind, type address and key, try it, save it."""
    dialog = _dialog(board, "Add a provider", "Keys are encrypted and never shown again.")
    draft = _Draft(board.state.presets)

    async def submit(values: Values) -> None:
        provider = await board.state.api.create_provider(draft.to_create(values))
        dialog.close()
        await board.refresh()
        say(f"{provider.name} was added.")

    async def test(values: Values) -> None:
        report.clear()
        outcome = await board.state.api.test_draft(draft.to_test(values))
        with report:
            _report(outcome)
        form.set_fields(draft.fields(values, models=outcome.models))

    def change_kind(_: str, kind: str) -> None:
        form.set_fields(draft.fields({"kind": kind}))

    with dialog:
        form = Form(
            draft.fields({}),
            submit_label="Add provider",
            on_submit=submit,
            extra=ExtraButton(label="Test", icon="plug"),
            on_extra=test,
        ).on_change(change_kind)
        with form:
            report = div("lx-contents")
    dialog.open()


def edit_provider(board: Board, provider: Provider) -> None:
    """Change name, address, key, or how much it gets at once."""
    dialog = _dialog(board, f"Edit {provider.name}", "A new address needs the key again.")

    async def submit(values: Values) -> None:
        address = values["base_url"].strip()
        await board.state.api.update_provider(
            provider.id,
            name=values["name"].strip(),
            base_url=address if address != provider.base_url else "",
            key=values["key"].strip() or None,
            max_concurrency=_whole_number(values["max_concurrency"].strip()),
        )
        dialog.close()
        await board.refresh()
        say("Saved.")

    hint = f"Now ends in {provider.key_hint}. Leave empty to keep it." if provider.key_hint else ""
    fields = [
        Field(name="name", label="Name", value=provider.name, max_length=80),
        Field(name="base_url", label="Address", kind="url", value=provider.base_url or "", max_length=500),
        Field(name="key", label="New key", kind="password", optional=True, hint=hint, max_length=500),
        Field(
            name="max_concurrency",
            label="Calls at once",
            value=str(provider.max_concurrency or ""),
            optional=True,
            hint="For a server that takes only so many: the others wait for their turn. Empty: no limit of your own.",
            example="4",
            max_length=4,
        ),
    ]
    with dialog:
        Form(fields, submit_label="Save", on_submit=submit)
    dialog.open()


def add_model(board: Board, provider: Provider) -> None:
    """Add a model by the name that the provider gives it."""
    dialog = _dialog(board, f"Add a model of {provider.name}", "")

    async def submit(values: Values) -> None:
        model = await board.state.api.add_model(provider.id, name=values["name"].strip())
        dialog.close()
        await board.refresh()
        say(f"{model.label} was added.")

    with dialog:
        Form([Field(name="name", label="Model name", max_length=200)], submit_label="Add model", on_submit=submit)
    dialog.open()


async def test_provider(board: Board, provider: Provider) -> None:
    """Try it now, and say step by step what came of it."""
    dialog = _dialog(board, f"Test of {provider.name}", "")
    with dialog, div("lx-step") as waiting:
        text("span", "", classes="lx-spinner")
        text("span", "Asking the provider…")
    dialog.open()
    try:
        outcome = await board.state.api.test_provider(provider.id)
    except BaseException:
        dialog.close()
        raise
    waiting.delete()
    with dialog:
        _report(outcome)
        with div("lx-dialog-foot"):
            button("Close", dialog.close, primary=True)
    await board.refresh()


def delete_provider(board: Board, provider: Provider) -> None:
    """Ask first: its models and its key go with it."""
    dialog = _dialog(board, f"Remove {provider.name}?", "Its models and its key are deleted. Answers stay.")

    async def remove() -> None:
        await board.state.api.delete_provider(provider.id)
        dialog.close()
        await board.refresh()
        say(f"{provider.name} was removed.")

    with dialog, div("lx-dialog-foot"):
        button("Cancel", dialog.close)
        button("Remove", remove).classes("lx-btn-danger")
    dialog.open()


def _whole_number(typed: str) -> int | None:
    """The number; what is none becomes one that the API refuses with its own words."""
    if not typed:
        return None
    return int(typed) if typed.isascii() and typed.isdigit() else 0


class _Draft:
    """The fields of a provider that is not saved yet."""

    def __init__(self, presets: list[ProviderPreset]) -> None:
        self._order = presets

    def fields(self, values: Values, *, models: list[str] | None = None) -> list[Field]:
        preset = self._preset(values)
        kinds = tuple(Option(value=item.kind, label=item.label) for item in self._order)
        return [
            Field(name="kind", label="Provider", kind="select", options=kinds, value=preset.kind, notify=True),
            Field(
                name="base_url",
                label="Address",
                kind="url",
                value=values.get("base_url") or preset.base_url or "",
                example="https://models.example.com/v1",
                hint="As its documentation gives it; an OpenAI-compatible one usually ends in /v1.",
                max_length=500,
                replace=True,
            ),
            Field(name="key", label="Key", kind="password", optional=not preset.needs_key, max_length=500),
            _model_field(preset, models, values.get("model", "")),
        ]

    def to_create(self, values: Values) -> ProviderCreate:
        model = values["model"].strip()
        return ProviderCreate(
            kind=self._preset(values).kind,
            base_url=values["base_url"].strip() or None,
            key=values["key"].strip() or None,
            models=(model,) if model else (),
        )

    def to_test(self, values: Values) -> ProviderDraft:
        return ProviderDraft(
            kind=self._preset(values).kind,
            base_url=values["base_url"].strip() or None,
            key=values["key"].strip() or None,
            model=values["model"].strip() or None,
        )

    def _preset(self, values: Values) -> ProviderPreset:
        return next((item for item in self._order if item.kind == values.get("kind")), self._order[0])


def _model_field(preset: ProviderPreset, models: list[str] | None, value: str) -> Field:
    """A text field until a test has shown which models there are."""
    if not models:
        hint = "Test first to choose from a list."
        return Field(name="model", label="Model", optional=True, example=preset.example, hint=hint, max_length=200)
    options = tuple(Option(value=name, label=name) for name in models)
    chosen = value if value in models else models[0]
    return Field(name="model", label="Model", kind="select", options=options, value=chosen, replace=True)


def _dialog(board: Board, heading: str, words: str) -> Dialog:
    """A dialog that takes the place of the last one."""
    board.dialogs.clear()
    with board.dialogs:
        return Dialog(heading, text=words)


def _report(outcome: ProviderTest) -> None:
    with ui.element("ul").classes("lx-report"):
        for step in outcome.steps:
            with ui.element("li"):
                icon("check" if step.passed else "close")
                with div("lx-rowline-main"):
                    text("span", f"{_STEPS[step.name]} · {step.milliseconds:,} ms")
                    text("small", " ".join(part for part in (step.detail, step.remedy) if part))
