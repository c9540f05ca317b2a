"""One team: its name and its members."""

from uuid import UUID

from nicegui import ui

from chatter.tenancy.schemas import Member
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, page_head, text
from chatter_dashboard.components.table import Action, Column, Empty, Row, Table
from chatter_dashboard.pages.teams.state import TeamState
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["team"]

_COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="role", label="Role", kind="text", hide="sm"),
]
_REMOVE = Action(id="remove", label="Take out", icon="close")
_EMPTY = Empty(icon="members", title="Nobody yet", text="Put members of the organization into this team.")


@page("Team")
async def team(visitor: Visitor, team_id: str) -> None:
    """Who is in it; whoever may change it puts members in, takes them out, renames and deletes it."""
    state = TeamState(visitor, UUID(team_id))
    async with loading():
        await state.load()
    changeable = visitor.may("tenancy:team:update")
    page_head(state.team.name, back=("Teams", "/teams"))

    def show() -> None:
        table.show([_row(member) for member in state.team.members])
        if changeable:
            adding.set_fields([_choice(state)])

    async def add(values: Values) -> None:
        name = await state.add(values["user_id"])
        show()
        say(f"{name} is in the team.")

    async def act(_: str, user_id: str) -> None:
        name = await state.remove(user_id)
        show()
        say(f"{name} is no longer in the team.")

    with div("lx-stack"):
        with card(""):
            table = Table(_COLUMNS, caption="Members", actions=[_REMOVE] if changeable else [], empty=_EMPTY)
        if changeable:
            with card():
                card_head("Add a member")
                adding = Form([_choice(state)], submit_label="Add", on_submit=add, inline=True)
            _name(state)
        if visitor.may("tenancy:team:delete"):
            _danger(state)
    table.on_action(act)
    show()


def _choice(state: TeamState) -> Field:
    options = tuple(state.outside)
    return Field(
        name="user_id",
        label="Member",
        kind="select",
        options=options,
        value=options[0].value if options else "",
        hint="" if options else "Everybody is in this team.",
        replace=True,
    )


def _name(state: TeamState) -> None:
    async def save(values: Values) -> None:
        await state.rename(values["name"].strip())
        ui.navigate.reload()

    with card():
        card_head("Name")
        field = Field(name="name", label="Name", value=state.team.name, max_length=100)
        Form([field], submit_label="Save", on_submit=save, inline=True)


def _danger(state: TeamState) -> None:
    async def delete(_: Values) -> None:
        await state.delete()
        ui.navigate.to("/teams")

    dialog = Dialog(f"Delete {state.team.name}?", text="Its members stay in the organization.")
    with dialog:
        Form([], submit_label="Delete team", on_submit=delete)
    with card():
        card_head("Delete this team")
        text("p", "Its members stay in the organization.").classes("lx-card-text")
        button("Delete team", dialog.open, icon_name="trash")


def _row(member: Member) -> Row:
    return Row(
        id=str(member.user_id),
        icon="service" if member.kind == "service" else "",
        initial=member.name[:1].upper(),
        note=member.email or "Service account",
        cells={"name": member.name, "role": member.role_name},
    )
