"""How the command talks: one calm line a step, errors with their cure."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console
from rich.markup import escape

_WIDE = 160  # columns for a file or another program, which has no width of its own
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class StageFailed(Exception):
    """A step did not succeed; `remedy` says what to do."""

    def __init__(self, detail: str, *, remedy: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy


class Stage:
    """One step in progress; `note` is what its line says in the end."""

    def __init__(self) -> None:
        self.note = ""


@contextmanager
def stage(name: str) -> Iterator[Stage]:
    """Print the step, its seconds and its note once it is done; nothing when it fails, for the error says it."""
    started, current = time.monotonic(), Stage()
    if out.is_terminal:
        with out.status(f"[dim]{escape(name)} ...[/]", spinner="dots"):
            yield current
    else:
        yield current
    seconds = f"{time.monotonic() - started:5.1f} s"
    out.print(f"  [green]✓[/] {name:<16} [dim]{seconds}   {escape(current.note)}[/]".rstrip())


def notice(text: str) -> None:
    """Print a line about something that happened while all else goes on."""
    out.print(f"  [yellow]•[/] [dim]{time.strftime('%H:%M:%S')}[/] {escape(text)}")


def fail(what: str, *, remedy: str = "", request_id: str = "") -> NoReturn:
    """Say what happened and what to do, and end with status 1."""
    err.print(f"[red]✗[/] {escape(what)}")
    if remedy:
        err.print(f"  {escape(remedy)}")
    if request_id:
        err.print(f"  [dim]request {escape(request_id)}[/]")
    sys.exit(1)
