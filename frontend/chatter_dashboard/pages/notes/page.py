"""Notes: what models wrote down, to read and to delete."""

from chatter.tools.schemas import Note
from chatter_dashboard.components.layout import card, page_head
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Row, Table
from chatter_dashboard.pages.notes.state import NotesState
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["notes"]

_COLUMNS = [Column(key="text", label="Note", kind="text"), Column(key="saved", label="Saved", kind="time", hide="sm")]
_DELETE = Action(
    id="delete",
    label="Delete",
    icon="trash",
    danger=True,
    confirm=Confirm(title="Delete this note?", body="“{name}” is deleted for good."),
)
_NONE = Empty(
    icon="edit",
    title="No notes yet",
    text="Let the model use “Save a note” when you ask, and it writes down what you want kept.",
    action="New chat",
    href="/chat",
)


@page("Notes", width="narrow")
async def notes(visitor: Visitor) -> None:
    """The newest first."""
    state = NotesState(visitor)
    page_head("Notes", lead="What models wrote down for you; nobody else sees it")
    async with loading():
        await state.load()
    with card(""):
        actions = [_DELETE] if visitor.may("tools:note:delete") else []
        table = Table(_COLUMNS, caption="Notes", actions=actions)

    def refresh() -> None:
        table.set_empty(_NONE)
        table.show([_row(item) for item in state.items], more=state.cursor is not None)

    async def more() -> None:
        await state.more()
        refresh()

    async def act(_: str, note_id: str) -> None:
        await state.delete(note_id)
        refresh()
        say("Note deleted.")

    table.on_action(act).on_more(more)
    refresh()


def _row(note: Note) -> Row:
    return Row(id=str(note.id), icon="edit", cells={"text": note.text, "saved": note.created_at.isoformat()})
