"""Who may use a model: everyone, or chosen roles and teams."""

from uuid import UUID

from chatter.llm.schemas import Audience, Model
from chatter.rbac.schemas import Role
from chatter.tenancy.schemas import Team
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.models.board import Board
from chatter_dashboard.shell.notices import say

__all__ = ["choose_audience"]

_WORDS = "Others do not see it among the models, and it stands in for nobody who may not use it. It holds at once."
_WHO = (Option(value="everyone", label="Everyone"), Option(value="chosen", label="Only chosen roles and teams"))
_NO_YES = (Option(value="", label="no"), Option(value="yes", label="yes"))


async def choose_audience(board: Board, model: Model) -> None:
    """Show who may use it, and change it."""
    state = board.state
    audience, roles, teams = await state.audience(model.id)
    board.dialogs.clear()
    with board.dialogs:
        dialog = Dialog(f"Who may use {model.label}", text=_WORDS)

    async def submit(values: Values) -> None:
        chosen = _chosen(values, roles=roles, teams=teams)
        await state.api.set_audience(model.id, chosen)
        dialog.close()
        await board.refresh()
        say(f"{model.label} is for everyone." if chosen.everyone else f"{model.label} is for whom you chose.")

    who = Field(
        name="who", label="Who", kind="select", options=_WHO, value="everyone" if audience.everyone else "chosen"
    )
    fields = [
        who,
        *(_yes_or_no(role.key, f"Role {role.name}", on=role.key in audience.roles) for role in roles),
        *(_yes_or_no(str(team.id), f"Team {team.name}", on=team.id in audience.team_ids) for team in teams),
    ]
    with dialog:
        Form(fields, submit_label="Save", on_submit=submit)
    dialog.open()


def _yes_or_no(name: str, label: str, *, on: bool) -> Field:
    return Field(name=name, label=label, kind="select", options=_NO_YES, value="yes" if on else "", optional=True)


def _chosen(values: Values, *, roles: list[Role], teams: list[Team]) -> Audience:
    if values["who"] == "everyone":
        return Audience(everyone=True)
    team_ids: tuple[UUID, ...] = tuple(team.id for team in teams if values.get(str(team.id)))
    return Audience(everyone=False, roles=tuple(role.key for role in roles if values.get(role.key)), team_ids=team_ids)
