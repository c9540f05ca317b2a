"""The list of documents, and what is done with those in it."""

from uuid import UUID

from chatter_dashboard.components.filter import Filter
from chatter_dashboard.components.layout import card, div
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Option, Table
from chatter_dashboard.pages.documents.moving import Mover
from chatter_dashboard.pages.documents.state import DocumentsState, document_row
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.polling import polling
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["DocumentList"]

_COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="state", label="State", kind="state"),
    Column(key="collection", label="Collection", kind="chip", hide="md"),
    Column(key="pages", label="Pages", kind="number", hide="md"),
    Column(key="size", label="Size", kind="size", hide="md"),
    Column(key="added", label="Added", kind="time", hide="sm"),
]
_MOVE = Action(id="move", label="Move to…", icon="move")
_ACTIONS = [
    _MOVE,
    Action(id="retry", label="Try again", icon="retry"),
    Action(id="download", label="Download", icon="download", download="/documents/{id}/content"),
    Action(
        id="delete",
        label="Delete",
        icon="trash",
        danger=True,
        confirm=Confirm(
            title="Delete {name}?",
            body="Its text and passages are deleted for good. Answers that cite it keep their text.",
        ),
    ),
]
_STATES = [
    Option(value="", label="All states"),
    Option(value="ready", label="Ready"),
    Option(value="queued", label="Waiting"),
    Option(value="processing", label="Being read"),
    Option(value="failed", label="Failed"),
]
_NONE = Empty(icon="document", title="No documents yet", text="Add the first ones, then ask about them.")
_NONE_INSIDE = Empty(icon="folder", title="Nothing in it yet", text="Add files above, or move documents here.")
_NO_MATCH = Empty(icon="search", title="No document matches", text="Change the filter, or clear it.")


class DocumentList:
    """While something is being read, it is fetched anew every second."""

    def __init__(self, visitor: Visitor, state: DocumentsState) -> None:
        self._visitor = visitor
        self._state = state
        undoing = div("lx-contents")
        with card(""):
            Filter("Find by name", on_change=self._narrow, options=_STATES, options_label="State")
            self._table = Table(_columns(state), caption="Documents", actions=_ACTIONS, empty=_NONE, bulk=_MOVE)
        self._table.on_action(self._act).on_bulk(self._pick).on_more(self._more)
        self._mover = Mover(state, undoing=undoing, on_moved=self._refresh)
        self._timer = polling(self.reload)
        self._refresh()

    async def reload(self) -> None:
        """Fetch the list anew and show it."""
        await self._state.load()
        self._refresh()

    async def move(self, collection_id: str, document_ids: list[str]) -> None:
        """Put documents into a collection."""
        await self._mover.move(document_ids, into=collection_id)

    async def _narrow(self, query: str, choice: str) -> None:
        self._state.query, self._state.state = query, choice
        await self.reload()

    async def _more(self) -> None:
        await self._state.more()
        self._refresh()

    async def _pick(self, document_ids: list[str]) -> None:
        self._mover.open(document_ids)

    async def _act(self, action: str, document_id: str) -> None:
        if action == "move":
            self._mover.open([document_id])
        elif action == "retry":
            await self._state.retry(document_id)
        else:
            say(f"{await self._state.delete(document_id)} was deleted.")
        self._refresh()

    def _refresh(self) -> None:
        state, may = self._state, self._visitor.may
        self._table.set_empty(_NO_MATCH if state.filtered else _NONE_INSIDE if state.collection else _NONE)
        may_delete, may_retry = may("documents:document:delete"), may("documents:document:create")
        names: dict[UUID | None, str] = {one.id: one.name for one in state.collections}
        rows = [
            document_row(
                item, may_delete=may_delete, may_retry=may_retry, movable=state.movable(item), collections=names
            )
            for item in state.items
        ]
        self._table.show(rows, more=state.cursor is not None)
        self._timer.active = state.under_way


def _columns(state: DocumentsState) -> list[Column]:
    """Where a document is kept is shown where there is a choice."""
    shown = state.collections and state.collection is None
    return [column for column in _COLUMNS if shown or column.key != "collection"]
