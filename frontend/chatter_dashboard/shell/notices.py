"""Toasts."""

from typing import Literal

from nicegui import ui

from chatter.kit.schema import Problem

__all__ = ["conversations_changed", "say", "support_changed", "tell"]


def say(message: str, *, kind: Literal["good", "info"] = "good") -> None:
    """Confirm that something was done."""
    ui.notify(message, position="bottom-right", timeout=3500, classes=f"lx-toast lx-toast-{kind}", color=None)


def tell(problem: Problem) -> None:
    """Say what went wrong, what to do next, and under which number it can be found."""
    reference = f"Request {problem.request_id}" if problem.request_id else ""
    caption = " · ".join(part for part in (problem.remedy, reference) if part)
    ui.notify(
        problem.detail,
        caption=caption,
        position="bottom-right",
        timeout=9000,
        classes="lx-toast lx-toast-bad",
        color=None,
        close_button="Dismiss",
    )


def conversations_changed() -> None:
    """Let the sidebar fetch the recent conversations anew."""
    ui.run_javascript("window.dispatchEvent(new CustomEvent('lx:conversations'))")


def support_changed() -> None:
    """Let the banner of support access look anew."""
    ui.run_javascript("window.dispatchEvent(new CustomEvent('lx:support'))")
