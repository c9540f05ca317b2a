"""A list as one element: five elements a row would cost a second per thousand rows."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from chatter.kit.schema import Schema
from chatter_dashboard.components.bundle import BUNDLE

__all__ = [
    "Action",
    "Cell",
    "Choice",
    "Column",
    "Confirm",
    "Empty",
    "Option",
    "Progress",
    "Row",
    "State",
    "Table",
    "Tone",
]

Kind = Literal["name", "text", "chip", "state", "number", "size", "time", "choice"]
Tone = Literal["plain", "ok", "warn", "bad", "accent"]


class Column(Schema, frozen=True, kw_only=True):
    """What a column shows and at which width it gives way: `sm` below 640 px, `md` below 900 px."""

    key: str
    label: str
    kind: Kind = "text"
    hide: Literal["", "sm", "md"] = ""


class Progress(Schema, frozen=True, kw_only=True):
    """How far something is."""

    done: int
    total: int


class State(Schema, frozen=True, kw_only=True):
    """A coloured word, with a bar while something is under way."""

    text: str
    tone: Tone = "plain"
    progress: Progress | None = None


class Option(Schema, frozen=True, kw_only=True):
    """One entry of a choice."""

    value: str
    label: str


class Choice(Schema, frozen=True, kw_only=True):
    """A value that may be changed in place; without options it is only shown."""

    value: str
    label: str
    options: list[Option] | None = None


Cell = str | int | State | Choice | None


class Row(Schema, frozen=True, kw_only=True):
    """One line: its cells by column key, and which actions it offers (None: all)."""

    id: str
    cells: dict[str, Cell]
    href: str = ""
    icon: str = ""
    initial: str = ""
    note: str = ""
    note_bad: bool = msgspec.field(default=False, name="noteBad")
    actions: list[str] | None = None


class Confirm(Schema, frozen=True, kw_only=True):
    """What to ask before an action; `{name}` stands for the row's first cell."""

    title: str
    body: str


class Action(Schema, frozen=True, kw_only=True):
    """A button at the end of each line. `download` is an API path to fetch; `{id}` stands for the row's id."""

    id: str
    label: str
    icon: str
    danger: bool = False
    confirm: Confirm | None = None
    download: str = ""


class Empty(Schema, frozen=True, kw_only=True):
    """What to say, and to do, when there is nothing."""

    icon: str
    title: str
    text: str
    action: str = ""
    href: str = ""


class Table(Element, component="lx_table.js", esm=BUNDLE):
    """Shows rows; tells which action, which choice, and when more is wanted.

    With a `bulk` action, rows can be selected for it, and dragged.
    """

    def __init__(
        self,
        columns: list[Column],
        *,
        caption: str,
        empty: Empty | None = None,
        actions: list[Action] | None = None,
        bulk: Action | None = None,
    ) -> None:
        super().__init__()
        self._props["bulk"] = msgspec.to_builtins(bulk)
        self._props["columns"] = msgspec.to_builtins(columns)
        self._props["actions"] = msgspec.to_builtins(actions or [])
        self._props["empty"] = msgspec.to_builtins(empty)
        self._props["caption"] = caption
        self._props["rows"] = []

    def show(self, rows: list[Row], *, more: bool = False) -> None:
        """Replace what is shown."""
        self._props["rows"] = msgspec.to_builtins(rows)
        self._props["more"] = more
        self.update()

    def set_empty(self, empty: Empty) -> None:
        """Replace what is said when there is nothing."""
        self._props["empty"] = msgspec.to_builtins(empty)

    def on_action(self, handler: Callable[[str, str], Awaitable[None]]) -> "Table":
        """Call with the action's id and the row's id."""

        def called(event: GenericEventArguments) -> Awaitable[None]:
            return handler(str(event.args["action"]), str(event.args["id"]))

        self.on("action", called)
        return self

    def on_bulk(self, handler: Callable[[list[str]], Awaitable[None]]) -> "Table":
        """Call with the ids of the rows that were selected; those are offered that offer the action themselves."""
        self.on("bulk", lambda event: handler([str(row_id) for row_id in event.args["ids"]]))
        return self

    def on_choose(self, handler: Callable[[str, str], Awaitable[None]]) -> "Table":
        """Call with the row's id and the value chosen."""

        def called(event: GenericEventArguments) -> Awaitable[None]:
            return handler(str(event.args["id"]), str(event.args["value"]))

        self.on("choose", called)
        return self

    def on_more(self, handler: Callable[[], Awaitable[None]]) -> "Table":
        """Call when the next page is asked for."""
        self.on("more", lambda _: handler())
        return self
