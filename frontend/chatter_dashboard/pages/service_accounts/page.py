"""Service accounts: what acts in the organisation without a person."""

from nicegui import ui

from chatter.identity.schemas import ServiceAccount
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, page_head
from chatter_dashboard.components.table import Column, Empty, Row, State, Table
from chatter_dashboard.pages.service_accounts.state import AccountsState, role_field
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["service_accounts"]

_COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="role", label="Role", hide="sm"),
    Column(key="state", label="State", kind="state", hide="sm"),
    Column(key="keys", label="Keys", kind="number"),
    Column(key="used", label="Last used", kind="time", hide="md"),
]
_EMPTY = Empty(
    icon="service",
    title="No service accounts yet",
    text="A service account lets a program upload and ask with a key of its own, in a role that you choose.",
)


@page("Service accounts")
async def service_accounts(visitor: Visitor) -> None:
    """Every one of them, by name; one click opens it."""
    state = AccountsState(visitor)
    head = page_head("Service accounts", lead="Programs that act with a key, not with a person's sign-in")
    async with loading():
        await state.load()
    if visitor.may("identity:service_account:create"):
        with head:
            button("New service account", _dialog(state).open, icon_name="plus", primary=True)
    with card(""):
        table = Table(_COLUMNS, caption="Service accounts", empty=_EMPTY)
    table.show([_row(account) for account in state.items])


def _dialog(state: AccountsState) -> Dialog:
    dialog = Dialog("New service account", text="It can't sign in. You make its keys on its page.")

    async def submit(values: Values) -> None:
        account = await state.create(values)
        ui.navigate.to(f"/service-accounts/{account.id}")

    with dialog:
        fields = [
            Field(name="name", label="Name", max_length=60, example="Nightly import"),
            Field(name="description", label="What it is for", max_length=300, optional=True),
            role_field(state.roles, value="member"),
        ]
        Form(fields, submit_label="Make service account", on_submit=submit)
    return dialog


def _row(account: ServiceAccount) -> Row:
    return Row(
        id=str(account.id),
        icon="service",
        href=f"/service-accounts/{account.id}",
        note=account.description,
        cells={
            "name": account.name,
            "role": account.role_name,
            "state": State(text="Suspended", tone="warn") if account.suspended_at else State(text="Active", tone="ok"),
            "keys": account.keys,
            "used": account.last_used_at.isoformat() if account.last_used_at else None,
        },
    )
