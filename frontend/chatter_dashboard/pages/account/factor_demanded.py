"""What stands in place of every page until the person has added the second factor that the organisation asks for."""

from chatter_dashboard.components.layout import button, card, div, icon, page_head, text
from chatter_dashboard.components.passkey import UsePasskey
from chatter_dashboard.pages.account.second_factors import second_factors
from chatter_dashboard.shell.departure import start_anew
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["factor_demanded"]

_MEANINGS = {
    "second_factor": "opens for people who sign in with a second factor. Add one, or sign in again with the one that "
    "you have.",
    "passkey": "opens for people who sign in with a passkey. Add one, or sign in again with the one that you have.",
}


async def _entered() -> None:
    start_anew()


@page("Second factor", width="narrow")
async def factor_demanded(visitor: Visitor) -> None:
    """Says why, and lets the person add one; the organisation opens with it."""
    name, lacks = visitor.me.organization.name, visitor.me.lacks or "second_factor"
    page_head(name)
    with card(), div("lx-rowline lx-rowline-bare"):
        icon("shield")
        with div("lx-rowline-main"):
            text("strong", "One more thing before you go on")
            text("p", f"{name} {_MEANINGS[lacks]}", classes="lx-muted")
        if (await visitor.api.factors.own()).passkeys:
            UsePasskey(_entered, label="Use my passkey")
    gate = div("lx-contents")

    async def changed() -> None:
        if (await visitor.api.identity.me()).lacks is None:
            gate.clear()
            with gate, card("lx-card-pad lx-card-below"), div("lx-rowline lx-rowline-bare"):
                with div("lx-rowline-main"):
                    text("strong", f"{name} is open")
                    text("p", "Keep your recovery codes first, if you were shown some.", classes="lx-muted")
                button("Go on", start_anew, primary=True)

    with div("lx-stack lx-below"):
        await second_factors(visitor, on_changed=changed)
