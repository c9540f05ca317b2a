"""Documents: drop files, watch them being read, find one again."""

from chatter_dashboard.components.filter import Filter
from chatter_dashboard.components.layout import card, div, page_head
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Option, Table
from chatter_dashboard.components.uploader import Uploader
from chatter_dashboard.pages.documents.state import ACCEPTED, KINDS, DocumentsState, document_row
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.polling import polling
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["documents"]

_COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="state", label="State", kind="state"),
    Column(key="pages", label="Pages", kind="number", hide="md"),
    Column(key="size", label="Size", kind="size", hide="md"),
    Column(key="added", label="Added", kind="time", hide="sm"),
]
_ACTIONS = [
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
_NO_MATCH = Empty(icon="search", title="No document matches", text="Change the filter, or clear it.")


@page("Documents")
async def documents(visitor: Visitor) -> None:
    """The list; while something is being read, it is fetched anew every second."""
    page_head("Documents", lead="What answers are made from")
    state = DocumentsState(visitor)

    async def reload() -> None:
        await state.load()
        refresh()

    async def narrow(query: str, choice: str) -> None:
        state.query, state.state = query, choice
        await reload()

    with div("lx-stack"):
        if visitor.may("documents:document:create"):
            Uploader(reload, accept=ACCEPTED, kinds=KINDS)
        async with loading():
            await state.load()
        with card(""):
            Filter("Find by name", on_change=narrow, options=_STATES, options_label="State")
            table = Table(_COLUMNS, caption="Documents", actions=_ACTIONS, empty=_NONE)

    def refresh() -> None:
        table.set_empty(_NO_MATCH if state.filtered else _NONE)
        may_delete, may_retry = visitor.may("documents:document:delete"), visitor.may("documents:document:create")
        rows = [document_row(item, may_delete=may_delete, may_retry=may_retry) for item in state.items]
        table.show(rows, more=state.cursor is not None)
        timer.active = state.under_way

    async def more() -> None:
        await state.more()
        refresh()

    async def act(action: str, document_id: str) -> None:
        if action == "retry":
            await state.retry(document_id)
        else:
            say(f"{await state.delete(document_id)} was deleted.")
        refresh()

    timer = polling(reload)
    table.on_action(act).on_more(more)
    refresh()
