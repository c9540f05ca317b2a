"""Roles: a matrix of who holds what; the built-in ones are fixed, the organisation's own can be changed."""

from chatter.rbac.schemas import Role
from chatter_dashboard.components.form import Dialog
from chatter_dashboard.components.layout import button, card, div, page_head
from chatter_dashboard.components.matrix import Matrix
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Row, Table
from chatter_dashboard.pages.roles.dialogs import new_role_dialog, open_rename
from chatter_dashboard.pages.roles.state import RolesState
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["roles"]

_COLUMNS = [
    Column(key="name", label="Your roles", kind="name"),
    Column(key="members", label="Members", kind="number"),
    Column(key="permissions", label="Permissions", kind="number", hide="sm"),
]
_ACTIONS = [
    Action(id="rename", label="Rename", icon="edit"),
    Action(
        id="delete",
        label="Delete",
        icon="trash",
        danger=True,
        confirm=Confirm(title="Delete {name}?", body="A role that a member still has can't be deleted."),
    ),
]
_NONE = Empty(
    icon="shield",
    title="No roles of your own yet",
    text="Make one when the built-in roles give too much or too little.",
)


@page("Roles")
async def roles(visitor: Visitor) -> None:
    """A change holds for everybody with the role at once."""
    state = RolesState(visitor)
    may_change = visitor.may("rbac:role:manage")

    def refresh() -> None:
        table.show([_row(role) for role in state.own])
        matrix.show(state.columns(), state.groups())

    async def toggle(key: str, permission: str, on: bool) -> None:
        try:
            await state.set(key, permission, on=on)
        finally:
            refresh()

    async def act(action: str, role_id: str) -> None:
        if action == "rename":
            open_rename(rename, state.find(role_id), state, refresh=refresh)
            return
        say(f"The role {await state.delete(role_id)} was deleted.")
        refresh()

    with page_head("Roles", lead="Who may do what in this organization"):
        if may_change:
            button("New role", new_role_dialog(state, refresh=refresh), icon_name="plus", primary=True)
    async with loading():
        await state.load()
    with div("lx-stack"):
        with card(""):
            table = Table(_COLUMNS, caption="Your roles", actions=_ACTIONS if may_change else [], empty=_NONE)
            table.on_action(act)
        with card(""):
            matrix = Matrix(caption="Permissions by role", on_toggle=toggle)
        rename = Dialog("Rename")
    refresh()


def _row(role: Role) -> Row:
    return Row(
        id=str(role.id),
        icon="shield",
        note=role.description,
        cells={"name": role.name, "members": role.members, "permissions": len(role.permissions)},
    )
