"""Plain building blocks: head of a page, card, text, link, button."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.element import Element

__all__ = ["Handler", "button", "card", "card_head", "div", "icon", "link_button", "page_head", "text", "text_link"]

Handler = Callable[[], Awaitable[None] | None]


class _Text(Element):
    def __init__(self, tag: str, content: str) -> None:
        super().__init__(tag)
        self._text = content


def div(classes: str) -> Element:
    """A div with our classes."""
    return ui.element("div").classes(classes)


def text(tag: str, content: str, *, classes: str = "") -> Element:
    """An element with plain text; markup in it is shown, never run."""
    return _Text(tag, content).classes(classes)


def icon(name: str) -> Element:
    """A decorative icon."""
    element = ui.element("i").classes(f"lx-i lx-i-{name}")
    element.props["aria-hidden"] = "true"
    return element


def page_head(title: str, *, lead: str = "", back: tuple[str, str] | None = None) -> Element:
    """The head of a page with its only h1; what is built inside it stands at its right."""
    head = div("lx-page-head")
    with head, div("lx-page-head-text"):
        if back is not None:
            crumb = ui.element("a").classes("lx-crumb")
            crumb.props["href"] = back[1]
            with crumb:
                icon("left")
                text("span", back[0])
        text("h1", title)
        if lead:
            text("p", lead)
    return head


def card(classes: str = "lx-card-pad") -> Element:
    """A bordered surface."""
    return div(f"lx-card {classes}")


def card_head(title: str) -> Element:
    """A card's title; what is built inside it stands at its right."""
    head = div("lx-card-head")
    with head:
        text("h2", title)
    return head


def button(label: str, on_click: Handler, *, icon_name: str = "", primary: bool = False) -> Element:
    """A button with a word on it."""
    element = ui.element("button").classes("lx-btn lx-btn-primary" if primary else "lx-btn")
    element.props["type"] = "button"
    with element:
        if icon_name:
            icon(icon_name)
        text("span", label)
    element.on("click", lambda _: on_click(), args=[])
    return element


def link_button(label: str, href: str, *, icon_name: str = "", primary: bool = False) -> Element:
    """A link that looks like a button."""
    element = ui.element("a").classes("lx-btn lx-btn-primary" if primary else "lx-btn")
    element.props["href"] = href
    with element:
        if icon_name:
            icon(icon_name)
        text("span", label)
    return element


def text_link(label: str, href: str) -> Element:
    """A link in running text."""
    element = text("a", label, classes="lx-link")
    element.props["href"] = href
    return element
