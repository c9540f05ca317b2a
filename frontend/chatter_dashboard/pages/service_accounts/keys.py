"""The keys of a service account: a list, and a dialog that shows a new one once."""

from chatter.identity.schemas import ApiKeyCreate
from chatter_dashboard.components.layout import button, card, card_head
from chatter_dashboard.components.table import Empty, Table
from chatter_dashboard.pages.keys.dialog import NewKey
from chatter_dashboard.pages.keys.rows import COLUMNS, REVOKE, key_row
from chatter_dashboard.pages.service_accounts.state import AccountState
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["keys_card"]

_EMPTY = Empty(icon="key", title="No keys yet", text="Nothing can act as this account before you make a key.")


def keys_card(visitor: Visitor, state: AccountState) -> None:
    """The keys, those that do not work any more too."""
    with card(""):
        head = card_head("Keys")
        actions = [REVOKE] if visitor.may("identity:api_key:delete") else []
        table = Table(COLUMNS, caption="Keys", actions=actions, empty=_EMPTY)

    def show() -> None:
        table.show([key_row(key) for key in state.keys])

    async def act(_: str, key_id: str) -> None:
        name = await state.revoke(key_id)
        show()
        say(f"{name} was revoked.")

    async def make(data: ApiKeyCreate) -> str:
        secret = await state.create_key(data)
        show()
        return secret

    if visitor.may("identity:api_key:create"):
        dialog = NewKey(visitor, make, holder="the account")
        with head:
            button("New key", dialog.open, icon_name="plus")
    table.on_action(act)
    show()
