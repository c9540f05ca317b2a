"""One identity provider: what to register there, what is believed of it, its test, its switch and its end."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import ui

from chatter_dashboard.components.form import Dialog, Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, page_head, text
from chatter_dashboard.components.secret import Secret
from chatter_dashboard.components.table import Action, Column, Empty, Option, Row, Table
from chatter_dashboard.pages.sso.enforcement import YES_NO
from chatter_dashboard.pages.sso.guides import guides_card
from chatter_dashboard.pages.sso.known import known_card
from chatter_dashboard.pages.sso.state import ALGORITHMS, PROOF, ProviderState, basics
from chatter_dashboard.pages.sso.testing import test_card
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["identity_provider"]

_MAPPINGS = [
    Column(key="group", label="Group there", kind="name"),
    Column(key="role", label="Role here"),
    Column(key="team", label="Team here", hide="sm"),
]
_UNMAP = Action(id="unmap", label="Remove", icon="trash")
_NO_MAPPINGS = Empty(icon="team", title="No groups yet", text="Everybody gets the default role, and no team.")


@page("Identity provider", width="narrow")
async def identity_provider(visitor: Visitor, provider_id: str) -> None:
    """From top to bottom: the order in which one sets it up."""
    state = ProviderState(visitor, UUID(provider_id))
    async with loading():
        await state.load()
    standing = "On" if state.provider.enabled else "Off"
    tested = "tested" if state.provider.tested_at else "not tested yet"
    page_head(state.provider.name, lead=f"{standing}, {tested}", back=("Single sign-on", "/sso"))
    with div("lx-stack"):
        _addresses(state)
        guides_card()
        if visitor.may("sso:identity_provider:update"):
            _card("Provider", basics(state.provider), state.save_basics)
            _card("What is believed", _claims(state), state.save_claims)
            _card("Who may come", _people(state), state.save_people)
            _groups(state)
            test_card(state)
            _switch(state)
        await known_card(visitor, state.provider.id)
        if visitor.may("sso:identity_provider:delete"):
            _danger(state)


def _card(title: str, fields: list[Field], save: Callable[[Values], Awaitable[None]]) -> None:
    """A form that saves by itself."""

    async def submit(values: Values) -> None:
        await save(values)
        ui.navigate.reload()

    with card():
        card_head(title)
        Form([*fields, PROOF], submit_label="Save", on_submit=submit)


def _addresses(state: ProviderState) -> None:
    provider = state.provider
    with card():
        card_head("To register there")
        with div("lx-stack"):
            for label, address in (
                ("Redirect URI", provider.redirect_uri),
                ("Back-channel logout URI", provider.backchannel_logout_uri),
                ("Redirect URI after logout", provider.post_logout_redirect_uri),
                ("Start page of your people", provider.sign_in_url),
            ):
                with div(""):
                    text("p", label).classes("lx-muted")
                    Secret(address, label=label)


def _claims(state: ProviderState) -> list[Field]:
    provider = state.provider
    algorithms = tuple(Option(value=one, label=one) for one in ALGORITHMS)
    return [
        Field(
            name="signing_algorithm",
            label="Signed with",
            kind="select",
            options=algorithms,
            value=provider.signing_algorithm,
            hint="No other algorithm is accepted.",
        ),
        Field(name="scopes", label="Scopes", value=" ".join(provider.scopes), hint="With spaces between them."),
        Field(name="email_claim", label="Claim of the address", value=provider.email_claim, max_length=100),
        Field(
            name="verified_claim",
            label="Claim that it is verified",
            value=provider.verified_claim,
            max_length=100,
            hint="Must be true, or nobody new is let in. For Entra ID: xms_edov.",
        ),
        Field(name="name_claim", label="Claim of the name", value=provider.name_claim, max_length=100),
        Field(name="groups_claim", label="Claim of the groups", value=provider.groups_claim, max_length=100),
    ]


def _people(state: ProviderState) -> list[Field]:
    provider = state.provider
    roles = tuple(Option(value=role, label=role.capitalize()) for role in ("viewer", "member", "editor"))
    domains = [
        Field(
            name=f"domain {name}",
            label=f"People of {name} sign in here",
            kind="select",
            options=YES_NO,
            value="yes" if name in provider.domains else "no",
        )
        for name in state.domains
    ]
    hint = "" if domains else "Verify a mail domain in the settings first: only its people can come."
    return [
        *domains,
        Field(
            name="just_in_time",
            label="Newcomers become members by signing in",
            kind="select",
            options=YES_NO,
            value="yes" if provider.just_in_time else "no",
            hint=hint,
        ),
        Field(
            name="default_role", label="Role of newcomers", kind="select", options=roles, value=provider.default_role
        ),
    ]


def _groups(state: ProviderState) -> None:
    roles = {role.key: role.name for role in state.roles}
    teams = {str(team.id): team.name for team in state.teams}

    def show() -> None:
        table.show(
            [
                Row(
                    id=str(at),
                    icon="team",
                    cells={
                        "group": one.group,
                        "role": roles.get(one.role or "", one.role) or "none",
                        "team": teams.get(str(one.team_id), "none"),
                    },
                )
                for at, one in enumerate(state.provider.mappings)
            ]
        )

    async def add(values: Values) -> None:
        await state.map_group(values)
        show()
        say("People of the group get it at their next sign-in.")

    async def remove(_: str, at: str) -> None:
        await state.unmap(int(at))
        show()

    with card():
        card_head("Groups")
        text("p", "The first group with a role decides. Never an owner's: that is given by hand.").classes(
            "lx-card-text"
        )
        table = Table(_MAPPINGS, caption="Groups", actions=[_UNMAP], empty=_NO_MAPPINGS)
        fields = [
            Field(name="group", label="Group there", max_length=200, example="legal", replace=True),
            Field(name="role", label="Role here", kind="select", options=tuple(state.role_options()), optional=True),
            Field(name="team_id", label="Team here", kind="select", options=tuple(state.team_options()), optional=True),
        ]
        Form([*fields, PROOF], submit_label="Map group", on_submit=add)
    table.on_action(remove)
    show()


def _switch(state: ProviderState) -> None:
    is_on = state.provider.enabled
    meaning = (
        "People of its domains are sent to it. Switching it off ends their sessions."
        if is_on
        else "Nobody is sent to it before you switch it on, which a test that passed must precede."
    )

    async def switch(values: Values) -> None:
        await state.switch(values)
        ui.navigate.reload()

    with card():
        card_head("On" if is_on else "Off")
        text("p", meaning).classes("lx-card-text")
        Form([PROOF], submit_label="Switch off" if is_on else "Switch on", on_submit=switch)


def _danger(state: ProviderState) -> None:
    async def delete(values: Values) -> None:
        await state.delete(values)
        ui.navigate.to("/sso")

    dialog = Dialog(
        f"Delete {state.provider.name}?", text="The sessions that it vouched for end. Its people stay members."
    )
    with dialog:
        Form([PROOF], submit_label="Delete provider", on_submit=delete)
    with card():
        card_head("Delete this provider")
        button("Delete provider", dialog.open, icon_name="trash")
