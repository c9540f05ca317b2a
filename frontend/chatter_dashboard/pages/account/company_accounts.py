"""The accounts at providers by which one comes in here."""

from functools import partial
from uuid import UUID

from chatter.sso.schemas import ExternalIdentity
from chatter_dashboard.components.layout import card, card_head, div, text
from chatter_dashboard.components.table import Action, Column, Confirm, Row, Table
from chatter_dashboard.shell.confirming import Confirming
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["company_accounts"]

_COLUMNS = [
    Column(key="name", label="Account", kind="name"),
    Column(key="since", label="Since", kind="time", hide="sm"),
    Column(key="used", label="Last used", kind="time"),
]
_REMOVE = Action(
    id="remove",
    label="Remove",
    icon="trash",
    danger=True,
    confirm=Confirm(
        title="Remove {name}?", body="The sessions that it vouched for end. Coming in by it links it again."
    ),
)


async def company_accounts(visitor: Visitor) -> None:
    """Nothing where no provider has named this person."""
    found = await visitor.api.sso.own_identities()
    if not found:
        return
    with card():
        card_head("Company accounts")
        text("p", f"Accounts by which you come in to {visitor.me.organization.name}.").classes("lx-card-text")
        table = Table(_COLUMNS, caption="Company accounts", actions=[_REMOVE])
    confirming = Confirming(visitor, inside=div("lx-contents"))

    async def remove(identity_id: UUID) -> None:
        await visitor.api.sso.unlink_own(identity_id)
        table.show([_row(one) for one in await visitor.api.sso.own_identities()])
        say("The account was removed.")

    async def act(_: str, identity_id: str) -> None:
        await confirming.run(partial(remove, UUID(identity_id)))

    table.on_action(act)
    table.show([_row(one) for one in found])


def _row(identity: ExternalIdentity) -> Row:
    return Row(
        id=str(identity.id),
        icon="key",
        note=identity.subject,
        cells={
            "name": identity.provider_name,
            "since": identity.created_at.isoformat(),
            "used": identity.last_used_at.isoformat(),
        },
    )
