"""One service account: its keys, what it may do, and its end."""

from uuid import UUID

from nicegui import ui

from chatter.tenancy.schemas import BelongingsCount
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, page_head, text
from chatter_dashboard.pages.members.offboarding import belongings_fields
from chatter_dashboard.pages.service_accounts.keys import keys_card
from chatter_dashboard.pages.service_accounts.state import AccountState, role_field
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["service_account"]


@page("Service account")
async def service_account(visitor: Visitor, account_id: str) -> None:
    """Whoever may change it renames it, gives it another role, suspends and deletes it."""
    state = AccountState(visitor, UUID(account_id))
    async with loading():
        await state.load()
    page_head(state.account.name, lead=_lead(state), back=("Service accounts", "/service-accounts"))
    keys_card(visitor, state)
    if visitor.may("identity:service_account:update"):
        _about(state)
        _standing(state)
    if visitor.may("identity:service_account:delete"):
        _danger(visitor, state)


def _lead(state: AccountState) -> str:
    account = state.account
    by = f", made by {account.created_by_name}" if account.created_by_name else ""
    return f"{'Suspended. ' if account.suspended_at else ''}Acts as {account.role_name}{by}"


def _about(state: AccountState) -> None:
    account = state.account

    async def save(values: Values) -> None:
        await state.save(values)
        ui.navigate.reload()

    with card():
        card_head("About")
        fields = [
            Field(name="name", label="Name", value=account.name, max_length=60),
            Field(name="description", label="What it is for", value=account.description, max_length=300, optional=True),
            role_field(state.roles, value=account.role, label=account.role_name),
        ]
        Form(fields, submit_label="Save", on_submit=save)


def _standing(state: AccountState) -> None:
    suspended = state.account.suspended_at is not None

    async def switch() -> None:
        message = await state.switch()
        ui.navigate.reload()
        say(message)

    with card():
        card_head("Suspended" if suspended else "Suspend")
        meaning = "None of its keys works." if suspended else "None of its keys works until you reactivate it."
        text("p", meaning).classes("lx-card-text")
        button("Reactivate" if suspended else "Suspend", switch, icon_name="play" if suspended else "pause")


def _danger(visitor: Visitor, state: AccountState) -> None:
    async def delete(values: Values) -> None:
        await state.delete(values)
        ui.navigate.to("/service-accounts")

    dialog = Dialog(
        f"Delete {state.account.name}?", text="Its keys stop to work, and its grants end, at once. What it owns:"
    )
    with dialog:
        fields = belongings_fields(visitor, state.belongings, state.heirs)
        Form(fields, submit_label="Delete service account", on_submit=delete)
    with card():
        card_head("Delete this service account")
        text("p", _owned(state)).classes("lx-card-text")
        button("Delete service account", dialog.open, icon_name="trash")


def _owned(state: AccountState) -> str:
    """A sentence on what it owns."""
    owned = [_counted(one) for one in state.belongings if one.count]
    if not owned:
        return "It owns nothing."
    return f"It owns {' and '.join(owned)}. You decide whether a person takes them over or they are deleted too."


def _counted(one: BelongingsCount) -> str:
    kind = one.kind.replace("_", " ")
    return f"1 {kind.removesuffix('s')}" if one.count == 1 else f"{one.count} {kind}"
