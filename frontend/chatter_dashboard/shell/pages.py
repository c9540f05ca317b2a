"""Sub pages: how one is declared, what shows while it loads, and what shows when it cannot."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal, ParamSpec

from nicegui import ui

from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.components.layout import div, icon, link_button, text

__all__ = ["Pages", "loading", "page"]

P = ParamSpec("P")
Builder = Callable[P, Awaitable[None]]

# The first response waits this long for the page's data, so that the page arrives whole; later it fills in.
_FIRST_RESPONSE_SECONDS = 1.5


def page(title: str, *, width: Literal["wide", "narrow", "full"] = "wide") -> Callable[[Builder[P]], Builder[P]]:
    """Declare a page: its title, its width, and an error card when the API says no."""

    def declare(build: Builder[P]) -> Builder[P]:
        @functools.wraps(build)
        async def built(*args: P.args, **kwargs: P.kwargs) -> None:
            ui.page_title(f"{title} · Chatter")
            classes = {"wide": "lx-page", "narrow": "lx-page lx-page-narrow", "full": "lx-page-full"}[width]
            with div(classes) as container:
                try:
                    await build(*args, **kwargs)
                except ApiProblem as error:
                    if error.signed_out:
                        raise
                    container.classes(replace="lx-page").clear()
                    with container:
                        _failed(error)

        return built

    return declare


@asynccontextmanager
async def loading(kind: Literal["cards", "rows", "text"] = "rows") -> AsyncIterator[None]:
    """Show a skeleton until the data is there."""
    with div(f"lx-skeleton-{kind}") as skeleton:
        skeleton.props["aria-hidden"] = "true"
        for _ in range(4):
            ui.element("span")
    try:
        yield
    finally:
        skeleton.delete()


class Pages(ui.sub_pages):
    """NiceGUI's sub pages with our own not-found and error texts."""

    async def settled(self) -> None:
        """Wait until the first page is built, or for as long as the first response may wait."""
        if self._active_tasks:
            await asyncio.wait(set(self._active_tasks), timeout=_FIRST_RESPONSE_SECONDS)

    def _render_404(self) -> None:
        ui.page_title("Not found · Chatter")
        _message("Page not found", "There is nothing at this address.", remedy="Check it, or pick a page on the left.")

    def _render_error(self, _: Exception) -> None:
        _message("This page failed", "The server ran into an error while it built this page.", remedy="Reload it.")


def _failed(error: ApiProblem) -> None:
    problem = error.problem
    _message(problem.title, problem.detail, remedy=problem.remedy or "", reference=problem.request_id)


def _message(title: str, detail: str, *, remedy: str, reference: str = "") -> None:
    with div("lx-empty"):
        icon("error")
        text("h1", title).classes("lx-empty-title")
        text("p", f"{detail} {remedy}".strip())
        if reference:
            text("p", f"Request {reference}").classes("lx-faint")
        # No address: the browser loads the same page anew, past the router.
        link_button("Try again", "")
