"""Who holds what: rows by columns as one element."""

from collections.abc import Awaitable, Callable

import msgspec
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from chatter.kit.schema import Schema
from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["Matrix", "MatrixColumn", "MatrixGroup", "MatrixRow"]


class MatrixColumn(Schema, frozen=True, kw_only=True):
    """One holder, with the keys of the rows that it holds."""

    key: str
    label: str
    held: list[str]
    editable: bool = False


class MatrixRow(Schema, frozen=True, kw_only=True):
    """One thing to hold; what is not `mine` can be taken away but not given."""

    key: str
    label: str
    mine: bool


class MatrixGroup(Schema, frozen=True, kw_only=True):
    """Rows that belong together."""

    label: str
    rows: list[MatrixRow]


class Matrix(Element, component="lx_matrix.js", esm=BUNDLE):
    """Shows marks; tells which one was set or taken away."""

    def __init__(self, *, caption: str, on_toggle: Callable[[str, str, bool], Awaitable[None]]) -> None:
        super().__init__()
        self._props.update(caption=caption, columns=[], groups=[])

        def toggled(event: GenericEventArguments) -> Awaitable[None]:
            return on_toggle(str(event.args["column"]), str(event.args["row"]), bool(event.args["on"]))

        self.on("toggle", toggled)

    def show(self, columns: list[MatrixColumn], groups: list[MatrixGroup]) -> None:
        """Replace what is shown."""
        self._props["columns"] = msgspec.to_builtins(columns)
        self._props["groups"] = msgspec.to_builtins(groups)
        self.update()
