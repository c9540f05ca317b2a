"""Steps that are hard to undo: leaving, handing the ownership over, deleting the organisation."""

from uuid import UUID

from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.departure import start_anew
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["danger_zone"]

_PASSWORD = Field(name="password", label="Your password", kind="password", autocomplete="current-password")


async def danger_zone(visitor: Visitor) -> None:
    """What this person may do, one line each; a dialog asks before anything happens."""
    heirs = await _heirs(visitor) if visitor.may("tenancy:ownership:update") else []
    with card():
        card_head("Danger zone")
        with div("lx-stack"):
            if heirs:
                _step(
                    "Transfer ownership",
                    "Another member becomes the owner at once, and you an admin.",
                    _transfer_dialog(visitor, heirs),
                )
            _step("Leave", "You lose access at once. What you added stays.", _leave_dialog(visitor))
            if visitor.may("tenancy:organization:delete"):
                _step(
                    "Delete organization",
                    "Everything in it is deleted for good after 30 days; until then an owner can restore it.",
                    _delete_dialog(visitor),
                )


def _step(label: str, meaning: str, dialog: Dialog) -> None:
    with div("lx-rowline lx-rowline-bare"):
        with div("lx-rowline-main"):
            text("strong", label)
            text("p", meaning).classes("lx-muted")
        button(f"{label}…", dialog.open)


async def _heirs(visitor: Visitor) -> list[Option]:
    members = await visitor.api.identity.members()
    return [
        Option(value=str(member.user_id), label=f"{member.name}, {member.email}")
        for member in members
        if member.user_id != visitor.me.user.id and member.suspended_at is None
    ]


def _transfer_dialog(visitor: Visitor, heirs: list[Option]) -> Dialog:
    async def submit(values: Values) -> None:
        await visitor.api.identity.confirm(values["password"])
        await visitor.api.tenancy.transfer_ownership(UUID(values["user_id"]))
        start_anew()

    dialog = Dialog("Transfer ownership", text="It takes effect at once. Only the new owner can give it back.")
    choice = Field(name="user_id", label="New owner", kind="select", options=tuple(heirs), value=heirs[0].value)
    with dialog:
        Form([choice, _PASSWORD], submit_label="Transfer ownership", on_submit=submit)
    return dialog


def _leave_dialog(visitor: Visitor) -> Dialog:
    async def submit(_: Values) -> None:
        await visitor.api.tenancy.leave()
        start_anew()

    dialog = Dialog(f"Leave {visitor.me.organization.name}?", text="To come back, somebody has to let you in again.")
    with dialog:
        Form([], submit_label="Leave", on_submit=submit)
    return dialog


def _delete_dialog(visitor: Visitor) -> Dialog:
    async def submit(values: Values) -> None:
        await visitor.api.identity.confirm(values["password"])
        await visitor.api.tenancy.request_deletion(name=values["name"])
        start_anew()

    name = visitor.me.organization.name
    dialog = Dialog("Delete organization", text="Members lose access at once. An owner can restore it for 30 days.")
    typed = Field(name="name", label="Name of the organization", hint=f"Type {name}", max_length=100)
    with dialog:
        Form([typed, _PASSWORD], submit_label="Delete organization", on_submit=submit)
    return dialog
