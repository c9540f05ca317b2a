"""Support access: let the server's operator in, see who came, show them out."""

from chatter_dashboard.components.layout import button, card, page_head
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Table
from chatter_dashboard.pages.support.dialogs import grant_dialog
from chatter_dashboard.pages.support.state import SupportState, grant_row
from chatter_dashboard.shell.notices import say, support_changed
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["support"]

_COLUMNS = [
    Column(key="reason", label="What for", kind="name"),
    Column(key="role", label="Role", hide="sm"),
    Column(key="state", label="State", kind="state"),
    Column(key="until", label="Until", hide="md"),
    Column(key="by", label="Granted by", hide="md"),
]
_REVOKE = Action(
    id="revoke",
    label="Revoke",
    icon="leave",
    danger=True,
    confirm=Confirm(title="Revoke the operator's access?", body="They are out at once, in every tab."),
)
_EMPTY = Empty(
    icon="shield",
    title="The operator has no access",
    text="Whoever runs this server can not come in here, unless you let them in for a time.",
)


@page("Support access")
async def support(visitor: Visitor) -> None:
    """The newest first, those that are over too."""
    state = SupportState(visitor)
    may_manage = visitor.may("tenancy:support:manage")
    head = page_head("Support access", lead="When the operator of this server may come in, and when they did")
    async with loading():
        await state.load()

    async def refresh() -> None:
        await state.load()
        show()

    if may_manage:
        with head:
            dialog = grant_dialog(state, on_granted=refresh)
            button("Let the operator in", dialog.open, icon_name="plus", primary=True)
    with card(""):
        table = Table(_COLUMNS, caption="Support access", actions=[_REVOKE] if may_manage else [], empty=_EMPTY)

    def show() -> None:
        table.show([grant_row(item) for item in state.items])

    async def act(_: str, grant_id: str) -> None:
        await state.revoke(grant_id)
        await refresh()
        support_changed()
        say("The operator is out.")

    table.on_action(act)
    show()
