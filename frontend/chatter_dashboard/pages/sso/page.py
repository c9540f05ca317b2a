"""Single sign-on: the providers, and whether they alone open the organisation."""

from nicegui import ui

from chatter.sso.schemas import IdentityProvider
from chatter_dashboard.components.form import Dialog, Form, Values
from chatter_dashboard.components.layout import button, card, page_head
from chatter_dashboard.components.table import Column, Empty, Row, State, Table
from chatter_dashboard.pages.sso.enforcement import enforcement_card
from chatter_dashboard.pages.sso.state import PROOF, ProvidersState, basics
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["identity_providers"]

_COLUMNS = [
    Column(key="name", label="Name", kind="name"),
    Column(key="domains", label="Domains", hide="sm"),
    Column(key="tested", label="Tested", kind="time", hide="md"),
    Column(key="state", label="State", kind="state"),
]
_EMPTY = Empty(
    icon="key",
    title="No identity provider yet",
    text="People can sign in with the account that they have at your company: Entra ID, Okta, Google, Keycloak …",
)


@page("Single sign-on")
async def identity_providers(visitor: Visitor) -> None:
    """Every provider, by name; one click opens it."""
    state = ProvidersState(visitor)
    head = page_head("Single sign-on", lead="People sign in with the account that they have at your company")
    async with loading():
        await state.load()
    changeable = visitor.may("sso:identity_provider:update")
    if visitor.may("sso:identity_provider:create"):
        with head:
            button("New provider", _dialog(state).open, icon_name="plus", primary=True)
    with card(""):
        table = Table(_COLUMNS, caption="Identity providers", empty=_EMPTY)
    table.show([_row(provider) for provider in state.items])
    if changeable and (state.items or state.enforcement.required):
        enforcement_card(state)


def _dialog(state: ProvidersState) -> Dialog:
    dialog = Dialog(
        "New provider", text="Its page then says what to register at the provider. Nobody can use it before a test."
    )

    async def submit(values: Values) -> None:
        provider = await state.create(values)
        ui.navigate.to(f"/sso/{provider.id}")

    with dialog:
        Form([*basics(), PROOF], submit_label="Add provider", on_submit=submit)
    return dialog


def _row(provider: IdentityProvider) -> Row:
    state = State(text="On", tone="ok") if provider.enabled else State(text="Off", tone="plain")
    return Row(
        id=str(provider.id),
        icon="key",
        href=f"/sso/{provider.id}",
        note=provider.issuer,
        cells={
            "name": provider.name,
            "domains": ", ".join(provider.domains) or "none yet",
            "tested": provider.tested_at.isoformat() if provider.tested_at else None,
            "state": state,
        },
    )
