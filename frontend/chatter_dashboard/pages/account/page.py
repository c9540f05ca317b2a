"""One's own account: what protects it."""

from chatter_dashboard.components.layout import div, page_head
from chatter_dashboard.pages.account.devices import devices_card
from chatter_dashboard.pages.account.password import password_card
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["account"]


@page("Account")
async def account(visitor: Visitor) -> None:
    """Each card saves by itself."""
    page_head("Account", lead=f"You sign in as {visitor.me.user.email}")
    with div("lx-stack"):
        password_card(visitor)
        await devices_card(visitor)
