"""All conversations: find one again, delete what is no longer wanted."""

from chatter.chat.schemas import Conversation
from chatter.rbac.schemas import SharedThing
from chatter_dashboard.components.filter import Filter
from chatter_dashboard.components.layout import card, link_button, page_head
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Row, Table
from chatter_dashboard.pages.conversations.state import ConversationsState
from chatter_dashboard.shell.notices import conversations_changed, say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["conversation_row", "conversations"]

_COLUMNS = [
    Column(key="title", label="Title", kind="name"),
    Column(key="updated", label="Last message", kind="time"),
]
_SHARED_COLUMNS = [
    Column(key="title", label="Shared with you", kind="name"),
    Column(key="level", label="Access", kind="chip"),
    Column(key="shared", label="Shared", kind="time", hide="sm"),
]
_DELETE = Action(
    id="delete",
    label="Delete",
    icon="trash",
    danger=True,
    confirm=Confirm(
        title="Delete “{name}”?", body="Its questions and answers are deleted for good. Your documents stay."
    ),
)
_NONE = Empty(icon="chat", title="No conversations yet", text="Ask something.", action="New chat", href="/chat")
_NO_MATCH = Empty(icon="search", title="No conversation matches", text="Try other words.")


@page("Conversations", width="narrow")
async def conversations(visitor: Visitor) -> None:
    """Newest first."""
    state = ConversationsState(visitor)
    with page_head("Conversations"):
        if visitor.may("chat:conversation:read_any") and await state.titles_of_others_are_open():
            link_button("Of others", "/conversations/others", icon_name="shield")
        link_button("New chat", "/chat", icon_name="plus", primary=True)

    async def narrow(query: str, _: str) -> None:
        state.query = query
        await state.load()
        refresh()

    async with loading():
        await state.load()
        await state.load_shared()
    with card(""):
        Filter("Find by title", on_change=narrow)
        table = Table(_COLUMNS, caption="Conversations", actions=[_DELETE])

    def refresh() -> None:
        table.set_empty(_NO_MATCH if state.query else _NONE)
        table.show([conversation_row(item) for item in state.items], more=state.cursor is not None)

    async def more() -> None:
        await state.more()
        refresh()

    async def act(_: str, conversation_id: str) -> None:
        await state.delete(conversation_id)
        refresh()
        conversations_changed()
        say("Conversation deleted.")

    table.on_action(act).on_more(more)
    refresh()
    if state.shared:
        _shared(state.shared)


def _shared(things: list[SharedThing]) -> None:
    """What others have shared, below one's own."""
    with card("lx-below"):
        table = Table(_SHARED_COLUMNS, caption="Shared with you")
    table.show([_shared_row(thing) for thing in things])


def _shared_row(thing: SharedThing) -> Row:
    return Row(
        id=str(thing.resource_id),
        href=thing.href,
        icon="share",
        note=f"by {thing.granted_by_name}" if thing.granted_by_name else "",
        cells={"title": thing.name, "level": thing.level.capitalize(), "shared": thing.created_at.isoformat()},
    )


def conversation_row(conversation: Conversation) -> Row:
    """A conversation as a line."""
    title = conversation.title or "New chat"
    return Row(
        id=str(conversation.id),
        href=f"/chat/{conversation.id}",
        initial=title[:1].upper(),
        cells={"title": title, "updated": conversation.updated_at.isoformat()},
    )
