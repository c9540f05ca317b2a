"""Invitations: send, send again, withdraw."""

from chatter_dashboard.components.filter import Filter
from chatter_dashboard.components.layout import button, card, page_head
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Option, Table
from chatter_dashboard.pages.invitations.dialogs import invite_dialog
from chatter_dashboard.pages.invitations.state import InvitationsState, invitation_row
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.polling import polling
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["invitations"]

_COLUMNS = [
    Column(key="email", label="Address", kind="name"),
    Column(key="role", label="Role", hide="sm"),
    Column(key="state", label="State", kind="state"),
    Column(key="expires", label="Valid until", hide="md"),
]
_RESEND = Action(id="resend", label="Send again", icon="retry")
_REVOKE = Action(
    id="revoke",
    label="Withdraw",
    icon="trash",
    danger=True,
    confirm=Confirm(title="Withdraw the invitation of {name}?", body="The link in the mail stops to work."),
)
_EMPTY = Empty(
    icon="invitation", title="No invitations yet", text="Invite somebody by mail: they set a password of their own."
)

_NO_MATCH = Empty(icon="search", title="No invitation matches", text="Change the filter, or clear it.")
_STATES = [
    Option(value="", label="All states"),
    Option(value="pending", label="Open"),
    Option(value="accepted", label="Accepted"),
    Option(value="revoked", label="Withdrawn"),
    Option(value="expired", label="Expired"),
]


@page("Invitations")
async def invitations(visitor: Visitor) -> None:
    """The newest first."""
    state = InvitationsState(visitor)
    head = page_head("Invitations", lead="A link by mail, for one address, for seven days")
    async with loading():
        await state.load()
        await state.load_choices()

    async def refresh() -> None:
        await state.load()
        show()
        timer.active = state.sending

    if visitor.may("tenancy:invitation:create"):
        with head:
            dialog = invite_dialog(visitor, state.teams, state.roles, on_invited=refresh)
            button("Invite people", dialog.open, icon_name="plus", primary=True)

    async def narrow(query: str, choice: str) -> None:
        await state.narrow(query, choice)
        table.set_empty(_NO_MATCH if query or choice else _EMPTY)
        show()
        timer.active = state.sending

    async def more() -> None:
        await state.more()
        show()

    with card(""):
        Filter("Find by address", on_change=narrow, options=_STATES, options_label="State")
        actions = [_RESEND] if visitor.may("tenancy:invitation:create") else []
        actions += [_REVOKE] if visitor.may("tenancy:invitation:delete") else []
        table = Table(_COLUMNS, caption="Invitations", actions=actions, empty=_EMPTY)

    def show() -> None:
        table.show([invitation_row(item) for item in state.items], more=state.cursor is not None)

    async def act(action: str, invitation_id: str) -> None:
        message = await state.act(action, invitation_id)
        await refresh()
        say(message)

    table.on_action(act).on_more(more)
    timer = polling(refresh, active=state.sending)
    show()
