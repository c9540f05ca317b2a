"""Making and renaming a role."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from chatter.rbac.schemas import Role
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.pages.roles.state import RolesState
from chatter_dashboard.shell.notices import say

__all__ = ["new_role_dialog", "open_rename"]

Refresh = Callable[[], None]


def new_role_dialog(state: RolesState, *, refresh: Refresh) -> Callable[[], Awaitable[None]]:
    """What opens the dialog for a new role."""
    dialog = Dialog("New role", text="It starts with what you choose, and is changed in the matrix.")

    async def submit(values: Values) -> None:
        made = await state.create(
            name=values["name"].strip(), description=values["description"].strip(), like=values["like"]
        )
        dialog.close()
        refresh()
        say(f"The role {made.name} was made.")

    async def open_it() -> None:
        dialog.clear()
        with dialog:
            like = Field(name="like", label="Start from", kind="select", options=tuple(state.patterns()), optional=True)
            Form([*_fields(name="", description=""), like], submit_label="Make role", on_submit=submit)
        dialog.open()

    return open_it


def open_rename(dialog: Dialog, role: Role, state: RolesState, *, refresh: Refresh) -> None:
    """Fill the dialog with the role's names and show it."""
    role_id = role.id or UUID(int=0)

    async def submit(values: Values) -> None:
        await state.rename(role_id, name=values["name"].strip(), description=values["description"].strip())
        dialog.close()
        refresh()

    dialog.clear()
    dialog.set_heading(f"Rename “{role.name}”")
    with dialog:
        Form(_fields(name=role.name, description=role.description), submit_label="Save", on_submit=submit)
    dialog.open()


def _fields(*, name: str, description: str) -> list[Field]:
    return [
        Field(name="name", label="Name", max_length=60, value=name),
        Field(name="description", label="Description", max_length=300, optional=True, value=description),
    ]
