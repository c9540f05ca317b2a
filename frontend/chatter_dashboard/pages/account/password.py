"""Changing one's password."""

from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import card, card_head, text
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["password_card"]


def password_card(visitor: Visitor) -> None:
    """The present one, and a new one."""

    async def save(values: Values) -> None:
        await visitor.api.identity.change_password(current=values["current"], new=values["new"])
        say("Your password was changed. Your other sessions were ended.")
        form.set_fields(_fields())

    with card():
        card_head("Password")
        text("p", "Changing it ends your sessions on other devices.").classes("lx-card-text")
        form = Form(_fields(), submit_label="Change password", on_submit=save)


def _fields() -> list[Field]:
    return [
        Field(name="current", label="Current password", kind="password", autocomplete="current-password", replace=True),
        Field(
            name="new",
            label="New password",
            kind="password",
            autocomplete="new-password",
            hint="At least 10 characters, and none that many people use.",
            min_length=10,
            max_length=200,
            replace=True,
        ),
    ]
