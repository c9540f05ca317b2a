"""Following what is new, without the server of the pages asking for it."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["Tail"]


class Tail(Element, component="lx_tail.js", esm=BUNDLE):
    """A button `Follow`: the browser reads the stream of the API itself, and tells when something came."""

    def __init__(self, path: str, *, on_news: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._props["path"] = path
        self._props["paused"] = ""
        self.on("news", lambda _: on_news(), args=[])

    def pause(self, reason: str) -> None:
        """Wait, and say why, for as long as there is a reason; what came meanwhile is told afterwards."""
        self._props["paused"] = reason
        self.update()
