"""The apps that a person lets act for them."""

from uuid import UUID

from chatter.oauth.schemas import App
from chatter_dashboard.components.layout import card, link_button, page_head
from chatter_dashboard.components.table import Action, Column, Confirm, Empty, Row, Table
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["COLUMNS", "REVOKE", "app_row", "apps"]

COLUMNS = [
    Column(key="name", label="App", kind="name"),
    Column(key="scope", label="May do", hide="sm"),
    Column(key="places", label="Connected in", hide="md"),
    Column(key="used", label="Last token", kind="time", hide="sm"),
]
REVOKE = Action(
    id="revoke",
    label="Take back",
    icon="trash",
    danger=True,
    confirm=Confirm(title="Take it back from {name}?", body="It is refused at once, wherever it is connected."),
)
_EMPTY = Empty(
    icon="key",
    title="No app acts for you",
    text="An app that supports it, or “chatter login”, asks you first and is listed here then.",
)


@page("Apps")
async def apps(visitor: Visitor) -> None:
    """The newest first, in this organisation."""
    with page_head("Apps", lead="What you let act for you here, as far as you let it"):
        link_button("Connect a device", "/device", icon_name="plus")
    async with loading():
        found = await visitor.api.apps.all()
    with card(""):
        table = Table(COLUMNS, caption="Apps", actions=[REVOKE], empty=_EMPTY)

    async def revoke(_: str, app_id: str) -> None:
        await visitor.api.apps.revoke(UUID(app_id))
        table.show([app_row(app, note=_note(app)) for app in await visitor.api.apps.all()])
        say("The app acts for you no more.")

    table.on_action(revoke)
    table.show([app_row(app, note=_note(app)) for app in found])


def _note(app: App) -> str:
    return "of this server" if app.trusted else "calls itself so"


def app_row(app: App, *, note: str) -> Row:
    """One app, what it may do, and where."""
    return Row(
        id=str(app.id),
        icon="key",
        note=note,
        cells={
            "name": app.name,
            "scope": _scope(app),
            "places": "1 place" if app.connections == 1 else f"{app.connections} places",
            "used": app.last_used_at.isoformat() if app.last_used_at else None,
        },
    )


def _scope(app: App) -> str:
    if app.scopes is None:
        return "All that you may"
    return "1 permission" if len(app.scopes) == 1 else f"{len(app.scopes)} permissions"
