"""One's own account: who one is, and what protects it."""

from chatter_dashboard.components.layout import div, page_head
from chatter_dashboard.pages.account.company_accounts import company_accounts
from chatter_dashboard.pages.account.devices import devices_card
from chatter_dashboard.pages.account.password import password_card
from chatter_dashboard.pages.account.profile import profile_card
from chatter_dashboard.pages.account.second_factors import second_factors
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["account"]


@page("Account", width="narrow")
async def account(visitor: Visitor) -> None:
    """Each card saves by itself."""
    page_head("Account")
    with div("lx-stack"):
        profile_card(visitor)
        password_card(visitor)
        await second_factors(visitor)
        await company_accounts(visitor)
        await devices_card(visitor)
