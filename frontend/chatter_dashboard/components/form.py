"""Forms and dialogs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from chatter.kit.schema import Problem, Schema
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.components.bundle import BUNDLE
from chatter_dashboard.components.table import Option

__all__ = ["Dialog", "ExtraButton", "Field", "Form", "Values"]

Values = Mapping[str, str]
Submit = Callable[[Values], Awaitable[None]]


class Field(Schema, frozen=True, kw_only=True):
    """A labelled field. `notify` reports each change; `replace` takes a new value over what was typed."""

    name: str
    label: str
    kind: Literal["text", "email", "password", "url", "select", "search", "area"] = "text"
    value: str = ""
    hint: str = ""
    example: str = ""
    optional: bool = False
    options: tuple[Option, ...] = ()
    autocomplete: str = ""
    min_length: int | None = msgspec.field(default=None, name="minLength")
    max_length: int | None = msgspec.field(default=None, name="maxLength")
    notify: bool = False
    replace: bool = False


class ExtraButton(Schema, frozen=True, kw_only=True):
    """A second button that also sends the values, for instance to test them."""

    label: str
    icon: str = ""


class Form(Element, component="lx_form.js", esm=BUNDLE):
    """Native, labelled fields; a problem of the API is shown in the form."""

    def __init__(
        self,
        fields: list[Field],
        *,
        submit_label: str,
        on_submit: Submit,
        inline: bool = False,
        extra: ExtraButton | None = None,
        on_extra: Submit | None = None,
    ) -> None:
        super().__init__()
        self._props["submitLabel"] = submit_label
        self._props["inline"] = inline
        self._props["extra"] = msgspec.to_builtins(extra)
        self.set_fields(fields)
        self.on("submit", lambda event: self._run(on_submit, event))
        if on_extra is not None:
            self.on("extra", lambda event: self._run(on_extra, event))

    def set_fields(self, fields: list[Field]) -> None:
        """Replace the fields; what was typed stays unless its field says `replace`."""
        self._props["fields"] = msgspec.to_builtins(fields)
        self.update()

    def on_change(self, handler: Callable[[str, str], None]) -> "Form":
        """Call with the name and value of a field that has `notify`."""
        self.on("change", lambda event: handler(str(event.args["name"]), str(event.args["value"])))
        return self

    def show_problem(self, problem: Problem | None) -> None:
        """Show what the API said, at the form and at its fields."""
        self._props["problem"] = msgspec.to_builtins(problem)
        self.update()

    async def _run(self, handler: Submit, event: GenericEventArguments) -> None:
        self._props["busy"] = True
        self.show_problem(None)
        try:
            await handler({str(name): str(value) for name, value in event.args.items()})
        except ApiProblem as error:
            if error.signed_out:
                raise
            self.show_problem(error.problem)
        finally:
            if not self.is_deleted:
                self._props["busy"] = False
                self.update()


class Dialog(Element, component="lx_dialog.js", esm=BUNDLE):
    """A modal dialog; fill it with `with dialog:` and open it."""

    def __init__(self, heading: str, *, text: str = "", wide: bool = False, broad: bool = False) -> None:
        super().__init__()
        self._props.update(heading=heading, text=text, wide=wide, broad=broad, open=False)
        self.on("closed", lambda _: self._set_open(False))

    def open(self) -> None:
        """Show it."""
        self._set_open(True)

    def close(self) -> None:
        """Hide it."""
        self._set_open(False)

    def set_heading(self, heading: str) -> None:
        """Say what it is about now."""
        self._props["heading"] = heading
        self.update()

    def _set_open(self, value: bool) -> None:
        self._props["open"] = value
        self.update()
