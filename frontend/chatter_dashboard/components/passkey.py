"""Adding a passkey: only the browser can make one."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["AddPasskey"]


class AddPasskey(Element, component="lx_add_passkey.js", esm=BUNDLE):
    """Asks for a name, has the browser make a passkey, and sends it straight to the API."""

    def __init__(self, on_added: Callable[[list[str]], Awaitable[None]], *, on_refused: Callable[[str], None]) -> None:
        """Call with the recovery codes that came with it, or with the code of the problem that the API answered."""
        super().__init__()
        self.on("added", lambda event: on_added([str(code) for code in event.args["codes"]]))
        self.on("refused", lambda event: on_refused(str(event.args["code"])))
