"""Search results and the appearance switch: elements that only show."""

from collections.abc import Sequence

import msgspec
from nicegui.element import Element

from chatter.kit.schema import Schema
from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["Hits", "ThemePicker"]


class Hits(Element, component="lx_hits.js", esm=BUNDLE):
    """Passages found."""

    def __init__(self) -> None:
        super().__init__()
        self._props.update(hits=None, query="", loading=False)

    def wait(self) -> None:
        """Show that a search is under way."""
        self._props["loading"] = True
        self.update()

    def reset(self) -> None:
        """Show nothing."""
        self._props.update(hits=None, loading=False)
        self.update()

    def show(self, hits: Sequence[Schema], *, query: str) -> None:
        """Show what was found for a query."""
        self._props["hits"] = msgspec.to_builtins(hits)
        self._props.update(query=query, loading=False)
        self.update()


class ThemePicker(Element, component="lx_theme_picker.js", esm=BUNDLE):
    """Light, dark, or as the system."""
