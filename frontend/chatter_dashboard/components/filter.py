"""What narrows a list."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from chatter_dashboard.components.bundle import BUNDLE
from chatter_dashboard.components.table import Option

__all__ = ["Filter"]


class Filter(Element, component="lx_filter.js", esm=BUNDLE):
    """Words as they are typed, and one choice."""

    def __init__(
        self,
        label: str,
        *,
        on_change: Callable[[str, str], Awaitable[None]],
        options: Sequence[Option] = (),
        options_label: str = "",
    ) -> None:
        super().__init__()
        self._props.update(label=label, optionsLabel=options_label, options=msgspec.to_builtins(options))

        def changed(event: GenericEventArguments) -> Awaitable[None]:
            return on_change(str(event.args["query"]), str(event.args["choice"]))

        self.on("change", changed)
