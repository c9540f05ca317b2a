"""Whom a provider has named, and that a name is forgotten."""

from uuid import UUID

from chatter.sso.schemas import ExternalIdentity
from chatter_dashboard.components.layout import card, card_head
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Row, Table
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["known_card"]

_COLUMNS = [
    Column(key="name", label="Person", kind="name"),
    Column(key="since", label="Since", kind="time", hide="sm"),
    Column(key="used", label="Last used", kind="time"),
]
_UNLINK = Action(
    id="unlink",
    label="Unlink",
    icon="trash",
    danger=True,
    confirm=Confirm(
        title="Forget what it calls {name}?",
        body="The sessions that it vouched for end. The next time, it must vouch for the address again.",
    ),
)
_NOBODY = Empty(icon="user", title="Nobody yet", text="Whoever comes in by it is listed here.")


async def known_card(visitor: Visitor, provider_id: UUID) -> None:
    """Who came last first."""
    with card(""):
        card_head("People it knows")
        actions = [_UNLINK] if visitor.may("sso:external_identity:delete") else []
        table = Table(_COLUMNS, caption="People it knows", actions=actions, empty=_NOBODY)

    async def show() -> None:
        table.show([_row(one) for one in await visitor.api.sso.known_to(provider_id)])

    async def unlink(_: str, identity_id: str) -> None:
        await visitor.api.sso.unlink(provider_id, UUID(identity_id))
        await show()
        say("The provider's name for them was forgotten.")

    table.on_action(unlink)
    await show()


def _row(identity: ExternalIdentity) -> Row:
    return Row(
        id=str(identity.id),
        icon="user",
        note=identity.subject,
        cells={
            "name": identity.user_name,
            "since": identity.created_at.isoformat(),
            "used": identity.last_used_at.isoformat(),
        },
    )
