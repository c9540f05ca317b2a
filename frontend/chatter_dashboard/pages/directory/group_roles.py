"""Which of the directory's groups stand for which roles."""

from functools import partial
from uuid import UUID

from chatter.scim.schemas import ScimGroupRole
from chatter_dashboard.api.problems import ApiProblem
from chatter_dashboard.components.layout import card, card_head, div, text
from chatter_dashboard.components.table import Action, Choice, Column, Empty, Option, Row, Table
from chatter_dashboard.pages.directory.state import DirectoryState
from chatter_dashboard.shell.confirming import Confirming
from chatter_dashboard.shell.notices import say, tell
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["group_roles_card"]

_NONE = "none"
_COLUMNS = [
    Column(key="name", label="Group", kind="name"),
    Column(key="role", label="Role", kind="choice"),
    Column(key="members", label="Users", kind="number", hide="sm"),
]
_FIRST = Action(id="first", label="Decide first", icon="send")
_EMPTY = Empty(icon="team", title="No groups yet", text="Groups that your directory pushes are listed here.")


def group_roles_card(visitor: Visitor, state: DirectoryState) -> None:
    """In the order in which they decide, then those that stand for none."""
    changeable = visitor.may("scim:group_role:update")
    with card(""):
        card_head("Groups and roles")
        text(
            "p",
            "The first group that holds somebody and has a role decides it; whoever leaves the last of them gets the "
            "token's. Never an owner's: that is given by hand.",
        ).classes("lx-card-text")
        table = Table(_COLUMNS, caption="Groups and roles", actions=[_FIRST] if changeable else [], empty=_EMPTY)
    confirming = Confirming(visitor, inside=div("lx-contents"))

    def show() -> None:
        table.show([_row(group, state, changeable=changeable) for group in state.groups])

    async def save(group_id: UUID, role: str | None) -> None:
        try:
            await state.give_group(group_id, role)
            say("Whoever is in the group has its role now." if role else "The group stands for no role any more.")
        finally:
            show()

    async def choose(group_id: str, role: str) -> None:
        try:
            await confirming.run(partial(save, UUID(group_id), None if role == _NONE else role))
        except ApiProblem as error:
            tell(error.problem)

    async def lead(_: str, group_id: str) -> None:
        await confirming.run(partial(put_first, UUID(group_id)))

    async def put_first(group_id: UUID) -> None:
        await state.put_first(group_id)
        show()
        say("This group decides before all others.")

    table.on_choose(choose).on_action(lead)
    show()


def _row(group: ScimGroupRole, state: DirectoryState, *, changeable: bool) -> Row:
    options = [Option(value=_NONE, label="No role"), *(Option(value=one.key, label=one.name) for one in state.roles)]
    value = group.role or _NONE
    label = next((option.label for option in options if option.value == value), value)
    known = any(option.value == value for option in options)
    return Row(
        id=str(group.group_id),
        icon="team",
        cells={
            "name": group.group_name,
            "role": Choice(value=value, label=label, options=options if changeable and known else None),
            "members": group.members,
        },
        actions=["first"] if group.role is not None and group is not state.groups[0] else [],
    )
