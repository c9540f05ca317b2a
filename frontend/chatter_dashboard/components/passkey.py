"""Adding and using a passkey: only the browser can."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["AddPasskey", "UsePasskey"]


class AddPasskey(Element, component="lx_add_passkey.js", esm=BUNDLE):
    """Asks for a name, has the browser make a passkey, and sends it straight to the API."""

    def __init__(self, on_added: Callable[[list[str]], Awaitable[None]], *, on_refused: Callable[[str], None]) -> None:
        """Call with the recovery codes that came with it, or with the code of the problem that the API answered."""
        super().__init__()
        self.on("added", lambda event: on_added([str(code) for code in event.args["codes"]]))
        self.on("refused", lambda event: on_refused(str(event.args["code"])))


class UsePasskey(Element, component="lx_use_passkey.js", esm=BUNDLE):
    """A button that shows a passkey of the person who is signed in; absent where browsers allow none."""

    def __init__(self, on_confirmed: Callable[[], Awaitable[None]], *, label: str) -> None:
        super().__init__()
        self._props["label"] = label
        self.on("confirmed", lambda _: on_confirmed())
