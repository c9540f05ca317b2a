"""Drop zone and upload queue."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["Uploader"]


class Uploader(Element, component="lx_uploader.js", esm=BUNDLE):
    """Sends files straight to the API, one request each."""

    def __init__(
        self,
        on_uploaded: Callable[[], Awaitable[None]],
        *,
        accept: str,
        kinds: str,
        collection: str = "",
    ) -> None:
        super().__init__()
        self._props.update(accept=accept, kinds=kinds, collection=collection)
        self.on("uploaded", lambda _: on_uploaded())
