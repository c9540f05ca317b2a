"""Invitations: send, send again, withdraw."""

from chatter_dashboard.components.layout import button, card, page_head
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Table
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


@page("Invitations")
async def invitations(visitor: Visitor) -> None:
    """The newest first."""
    state = InvitationsState(visitor)
    head = page_head("Invitations", lead="A link by mail, for one address, for seven days")
    async with loading():
        await state.load()

    async def refresh() -> None:
        await state.load()
        show()
        timer.active = state.sending

    if visitor.may("tenancy:invitation:create"):
        with head:
            dialog = invite_dialog(visitor, state.teams, on_invited=refresh)
            button("Invite people", dialog.open, icon_name="plus", primary=True)
    with card(""):
        actions = [_RESEND] if visitor.may("tenancy:invitation:create") else []
        actions += [_REVOKE] if visitor.may("tenancy:invitation:delete") else []
        table = Table(_COLUMNS, caption="Invitations", actions=actions, empty=_EMPTY)

    def show() -> None:
        table.show([invitation_row(item) for item in state.items])

    async def act(action: str, invitation_id: str) -> None:
        message = await state.act(action, invitation_id)
        await refresh()
        say(message)

    table.on_action(act)
    timer = polling(refresh, active=state.sending)
    show()
