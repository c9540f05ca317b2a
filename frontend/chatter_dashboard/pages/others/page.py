"""Other people's conversations, where the organisation lets administrators read them."""

from chatter.chat.schemas import OthersConversation
from chatter_dashboard.components.form import Form, Values
from chatter_dashboard.components.layout import card, page_head
from chatter_dashboard.components.table import Column, Empty, Row, Table
from chatter_dashboard.pages.others.state import OthersState
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["others"]

_COLUMNS = [
    Column(key="title", label="Title", kind="name"),
    Column(key="owner", label="Whose"),
    Column(key="updated", label="Last message", kind="time", hide="sm"),
]
_NONE = Empty(icon="chat", title="Nobody else has a conversation", text="What others begin shows up here.")
_NO_MATCH = Empty(icon="search", title="No conversation matches", text="Choose anybody, or a longer time.")


@page("Conversations of others", width="narrow")
async def others(visitor: Visitor) -> None:
    """The last used first."""
    page_head(
        "Conversations of others",
        lead="That you saw these titles is in the audit log, and shown to the people whose conversations they are.",
        back=("Conversations", "/conversations"),
    )
    state = OthersState(visitor)
    async with loading():
        await state.start()

    async def narrow(values: Values) -> None:
        state.narrow(values)
        await state.load()
        refresh()

    async def more() -> None:
        await state.more()
        refresh()

    def refresh() -> None:
        table.set_empty(_NO_MATCH if state.narrowed else _NONE)
        table.show([_row(item) for item in state.items], more=state.cursor is not None)

    with card():
        Form(state.fields(), submit_label="Show", inline=True, on_submit=narrow)
    with card("lx-below"):
        table = Table(_COLUMNS, caption="Conversations of others")
    table.on_more(more)
    refresh()


def _row(conversation: OthersConversation) -> Row:
    title = conversation.title or "New chat"
    return Row(
        id=str(conversation.id),
        href=f"/chat/{conversation.id}",
        initial=title[:1].upper(),
        cells={
            "title": title,
            "owner": conversation.owner_name or "somebody who has left",
            "updated": conversation.updated_at.isoformat(),
        },
    )
