"""Teams: named groups of members."""

from collections.abc import Awaitable, Callable

from chatter.tenancy.schemas import Team
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, page_head
from chatter_dashboard.components.table import Column, Empty, Row, Table
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["teams"]

_COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="members", label="Members", kind="number"),
    Column(key="created", label="Created", kind="time", hide="sm"),
]
_EMPTY = Empty(icon="team", title="No teams yet", text="A team is a named group of members, to share things with.")


@page("Teams")
async def teams(visitor: Visitor) -> None:
    """Every team, by name; one click opens it."""
    head = page_head("Teams", lead=f"Groups of people in {visitor.me.organization.name}")

    async def refresh() -> None:
        table.show([_row(team) for team in await visitor.api.tenancy.teams()])

    if visitor.may("tenancy:team:create"):
        with head:
            button("New team", _dialog(visitor, on_created=refresh).open, icon_name="plus", primary=True)
    async with loading():
        found = await visitor.api.tenancy.teams()
    with card(""):
        table = Table(_COLUMNS, caption="Teams", empty=_EMPTY)
    table.show([_row(team) for team in found])


def _dialog(visitor: Visitor, *, on_created: Callable[[], Awaitable[None]]) -> Dialog:
    dialog = Dialog("New team")
    field = Field(name="name", label="Name", max_length=100, replace=True)

    async def submit(values: Values) -> None:
        team = await visitor.api.tenancy.create_team(values["name"].strip())
        await on_created()
        dialog.close()
        form.set_fields([field])
        say(f"{team.name} was created.")

    with dialog:
        form = Form([field], submit_label="Create team", on_submit=submit)
    return dialog


def _row(team: Team) -> Row:
    return Row(
        id=str(team.id),
        icon="team",
        href=f"/teams/{team.id}",
        cells={"name": team.name, "members": team.member_count, "created": team.created_at.isoformat()},
    )
