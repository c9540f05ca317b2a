"""What the cards and dialogs of the models page share."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from chatter_dashboard.pages.models.state import ModelsState

__all__ = ["Board"]


class Board:
    """The state, where dialogs are put, and how to show what changed."""

    def __init__(self, state: ModelsState, *, dialogs: Element, refresh: Callable[[], Awaitable[None]]) -> None:
        self.state = state
        self.dialogs = dialogs
        self.refresh = refresh
