"""Inviting somebody."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from chatter.rbac.schemas import Role
from chatter.tenancy.schemas import Team
from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.members.state import ROLE_HINTS
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["invite_dialog"]


def invite_dialog(
    visitor: Visitor, teams: Sequence[Team], roles: Sequence[Role], *, on_invited: Callable[[], Awaitable[None]]
) -> Dialog:
    """Address, role, and a team if there is one."""
    dialog = Dialog("Invite somebody", text="They get a link by mail, which works once, for seven days.")

    async def submit(values: Values) -> None:
        team_id = values.get("team", "")
        invited = await visitor.api.tenancy.invite(
            email=values["email"].strip(),
            role=values["role"],
            team_ids=[UUID(team_id)] if team_id else [],
        )
        await on_invited()
        dialog.close()
        form.set_fields(_fields(teams, roles))
        say(f"An invitation is on its way to {invited.email}.")

    with dialog:
        form = Form(_fields(teams, roles), submit_label="Send invitation", on_submit=submit)
    return dialog


def _fields(teams: Sequence[Team], roles: Sequence[Role]) -> list[Field]:
    options = [
        Option(value=role.key, label=": ".join(filter(None, (role.name, ROLE_HINTS.get(role.key, role.description)))))
        for role in roles
    ]
    fields = [
        Field(name="email", label="Email", kind="email", max_length=254, replace=True),
        Field(name="role", label="Role", kind="select", options=tuple(options), value="member"),
    ]
    if teams:
        choices = (Option(value="", label="None"), *(Option(value=str(team.id), label=team.name) for team in teams))
        fields.append(Field(name="team", label="Team", kind="select", options=choices, optional=True))
    return fields
