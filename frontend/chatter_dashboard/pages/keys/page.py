"""Keys: one's own, and for administrators those of everybody."""

from chatter.identity.schemas import ApiKeyCreate
from chatter_dashboard.components.layout import button, card, card_head, div, page_head
from chatter_dashboard.components.table import Empty, Table
from chatter_dashboard.pages.keys.dialog import NewKey
from chatter_dashboard.pages.keys.rows import COLUMNS, REVOKE, key_row
from chatter_dashboard.pages.keys.state import KeysState
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["keys"]

_NO_OWN = Empty(icon="key", title="You have no keys", text="A key lets a program act as you, as far as you let it.")
_NONE = Empty(icon="key", title="No keys in this organization", text="Nobody has made one yet.")


@page("Keys")
async def keys(visitor: Visitor) -> None:
    """The newest first, those that do not work any more too."""
    state = KeysState(visitor)
    head = page_head("Keys", lead="What programs come with in place of a sign-in")
    async with loading():
        await state.load()
    with div("lx-stack"):
        own = _own(state)
        everybody = _everybody(state) if state.sees_all else None

    def show() -> None:
        own.show([key_row(key) for key in state.own])
        if everybody is not None:
            rows = [key_row(key, with_holder=True) for key in state.all]
            everybody.show(rows, more=state.cursor is not None)

    async def revoke_own(_: str, key_id: str) -> None:
        await state.revoke_own(key_id)
        show()
        say("The key was revoked.")

    async def revoke(_: str, key_id: str) -> None:
        await state.revoke(key_id)
        show()
        say("The key was revoked.")

    async def more() -> None:
        await state.more()
        show()

    async def make(data: ApiKeyCreate) -> str:
        secret = await state.create(data)
        show()
        return secret

    own.on_action(revoke_own)
    if everybody is not None:
        everybody.on_action(revoke).on_more(more)
    if visitor.may("identity:own_key:create"):
        dialog = NewKey(visitor, make, holder="I", days="90")
        with head:
            button("New key", dialog.open, icon_name="plus", primary=True)
    show()


def _own(state: KeysState) -> Table:
    with card(""):
        if state.sees_all:
            card_head("Yours")
        return Table(COLUMNS, caption="Your keys", actions=[REVOKE], empty=_NO_OWN)


def _everybody(state: KeysState) -> Table:
    with card(""):
        card_head("Of everybody")
        return Table(COLUMNS, caption="Everybody's keys", actions=[REVOKE] if state.may_revoke else [], empty=_NONE)
