"""Adding a member."""

from collections.abc import Awaitable, Callable

from chatter.identity.schemas import MemberAdded
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, div, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.members.state import ROLE_HINTS, as_role, role_options
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["add_member_dialog"]


def add_member_dialog(visitor: Visitor, *, on_added: Callable[[], Awaitable[None]]) -> Dialog:
    """The dialog; a first password is shown once, after the member was added."""
    dialog = Dialog("Add a member")

    async def submit(values: Values) -> None:
        added = await visitor.api.identity.add_member(
            email=values["email"].strip(), name=values["name"].strip(), role=as_role(values["role"])
        )
        await on_added()
        if added.initial_password is None:
            dialog.close()
            say(f"{added.member.name} was added.")
        else:
            _show_password(dialog, added)

    with dialog:
        Form(_fields(), submit_label="Add member", on_submit=submit)
    return dialog


def _fields() -> list[Field]:
    roles = [
        Option(value=option.value, label=f"{option.label}: {ROLE_HINTS[option.value]}") for option in role_options()
    ]
    return [
        Field(name="name", label="Name", max_length=100),
        Field(name="email", label="Email", kind="email", max_length=254),
        Field(name="role", label="Role", kind="select", options=tuple(roles), value="member"),
    ]


def _show_password(dialog: Dialog, added: MemberAdded) -> None:
    dialog.clear()
    with dialog, div("lx-stack"):
        text("p", f"{added.member.name} can sign in with this first password. It is shown only now.").classes(
            "lx-muted"
        )
        secret = text("code", added.initial_password or "").classes("lx-secret")
        secret.props["data-testid"] = "initial-password"
        with div("lx-dialog-foot"):
            button("Done", dialog.close, primary=True)
