"""A row of links, one of which is where one is."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from chatter.kit.schema import Schema
from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["Chip", "Chips"]


class Chip(Schema, frozen=True, kw_only=True):
    """One link; on a `droppable` one, rows of a list may be dropped. `note` is for who does not see the icon."""

    value: str
    label: str
    href: str
    icon: str = ""
    note: str = ""
    current: bool = False
    droppable: bool = False


class Chips(Element, component="lx_chips.js", esm=BUNDLE):
    """Shows where one may go; tells what was dropped where."""

    def __init__(
        self, chips: Sequence[Chip], *, label: str, on_drop: Callable[[str, list[str]], Awaitable[None]]
    ) -> None:
        super().__init__()
        self._props.update(label=label, chips=msgspec.to_builtins(chips))

        def dropped(event: GenericEventArguments) -> Awaitable[None]:
            return on_drop(str(event.args["value"]), [str(row_id) for row_id in event.args["ids"]])

        self.on("dropped", dropped)
