"""The apps that members let act for them, for whoever may take them back."""

from uuid import UUID

from chatter.oauth.schemas import MemberApp
from chatter_dashboard.components.layout import card, page_head
from chatter_dashboard.components.table import Empty, Row, Table
from chatter_dashboard.pages.apps.page import COLUMNS, REVOKE, app_row
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["member_apps"]

_EMPTY = Empty(
    icon="plug",
    title="No app acts for anybody here",
    text="What members let act for them, such as “chatter login”, is listed here.",
)


@page("Members' apps")
async def member_apps(visitor: Visitor) -> None:
    """The newest first."""
    page_head("Members' apps", lead="What members let act for them in this organization, as far as they let it")
    async with loading():
        found = await visitor.api.apps.of_members()
    with card(""):
        actions = [REVOKE] if visitor.may("oauth:grant:delete") else []
        table = Table(COLUMNS, caption="Members' apps", actions=actions, empty=_EMPTY)

    async def revoke(_: str, app_id: str) -> None:
        await visitor.api.apps.revoke_any(UUID(app_id))
        table.show([_row(app) for app in await visitor.api.apps.of_members()])
        say("The app acts for them no more.")

    table.on_action(revoke)
    table.show([_row(app) for app in found])


def _row(app: MemberApp) -> Row:
    return app_row(app, note=f"{app.user_name}, {'of this server' if app.trusted else 'calls itself so'}")
