"""A secret that is shown once."""

from nicegui.element import Element

from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["Secret"]


class Secret(Element, component="lx_secret.js", esm=BUNDLE):
    """The text, with a button that copies it."""

    def __init__(self, value: str, *, label: str) -> None:
        super().__init__()
        self._props.update(value=value, label=label)
