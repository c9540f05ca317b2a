"""Moving documents between collections, and back again."""

from collections.abc import Callable, Sequence

from nicegui.element import Element

from chatter.documents.schemas import MovedDocument
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, div, icon, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.documents.state import DocumentsState
from chatter_dashboard.shell.notices import say

__all__ = ["Mover"]


class Mover:
    """One dialog for all moves of a page, and what undoes the last one."""

    def __init__(self, state: DocumentsState, *, undoing: Element, on_moved: Callable[[], None]) -> None:
        self._state = state
        self._undoing = undoing
        self._on_moved = on_moved
        self._picked: Sequence[str] = ()
        self._dialog = Dialog("Move")
        with self._dialog:
            self._form = Form([_field(state)], submit_label="Move", on_submit=self._submit)

    def open(self, document_ids: Sequence[str]) -> None:
        """Ask where to."""
        self._picked = document_ids
        self._dialog.set_heading(f"Move {self._state.named(document_ids)}")
        self._dialog.open()

    async def move(self, document_ids: Sequence[str], *, into: str) -> None:
        """Move at once, and offer the way back."""
        name = self._state.named(document_ids)
        moved = await self._state.move(document_ids, into=into)
        self._on_moved()
        self._undoing.clear()
        if not moved:
            say(f"{name}: there already.", kind="info")
            return
        with self._undoing:
            self._offer(f"{name}: moved {_place(self._state, into)}.", moved)

    async def _submit(self, values: Values) -> None:
        await self.move(self._picked, into=values["collection"])
        self._dialog.close()

    def _offer(self, said: str, moved: Sequence[MovedDocument]) -> None:
        async def undo() -> None:
            await self._state.move_back(moved)
            self._on_moved()
            self._undoing.clear()

        with div("lx-banner lx-undo") as banner:
            banner.props["role"] = "status"
            icon("check")
            text("span", said)
            button("Undo", undo, icon_name="undo")


def _field(state: DocumentsState) -> Field:
    options = [Option(value=str(one.id), label=one.name) for one in state.open_collections]
    options.append(Option(value="", label="No collection"))
    return Field(
        name="collection",
        label="To",
        kind="select",
        options=tuple(options),
        value=options[0].value,
        optional=True,
        hint="Whoever sees the collection sees what is in it; of a restricted one, nobody else.",
    )


def _place(state: DocumentsState, into: str) -> str:
    found = next((one for one in state.collections if str(one.id) == into), None)
    return f"to {found.name}" if found else "out of its collection"
