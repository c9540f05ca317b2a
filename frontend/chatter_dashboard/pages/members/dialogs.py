"""Adding a member."""

from collections.abc import Awaitable, Callable

from chatter.identity.schemas import MemberAdded
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, div, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.members.state import ROLE_HINTS, MembersState
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["add_member_dialog"]


def add_member_dialog(visitor: Visitor, state: MembersState, *, on_added: Callable[[], Awaitable[None]]) -> Dialog:
    """The dialog; a first password is shown once, after the member was added."""
    dialog = Dialog("Add a member")

    async def submit(values: Values) -> None:
        added = await visitor.api.identity.add_member(
            email=values["email"].strip(), name=values["name"].strip(), role=values["role"]
        )
        await on_added()
        if added.initial_password is None:
            dialog.close()
            say(f"{added.member.name} was added.")
        else:
            _show_password(dialog, added)

    with dialog:
        Form(_fields(state), submit_label="Add member", on_submit=submit)
    return dialog


def _fields(state: MembersState) -> list[Field]:
    roles = [
        Option(value=role.key, label=": ".join(filter(None, (role.name, ROLE_HINTS.get(role.key, role.description)))))
        for role in state.roles
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
