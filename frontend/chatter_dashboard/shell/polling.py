"""Asking again until something is done."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from chatter_dashboard.api.problems import ApiProblem

__all__ = ["polling"]

_SECONDS = 1.0


def polling(load: Callable[[], Awaitable[None]], *, active: bool = False) -> ui.timer:
    """Call every second while the timer's `active` is set; a problem is told once and ends it."""

    async def tick() -> None:
        try:
            await load()
        except ApiProblem:
            timer.active = False
            raise

    timer = ui.timer(_SECONDS, tick, active=active, immediate=False)
    return timer
