"""What stands in place of every page while the organisation is suspended or being deleted."""

from chatter_dashboard.components.layout import button, card, div, icon, page_head, text
from chatter_dashboard.shell.departure import start_anew
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["closed"]


@page("Closed", width="narrow")
async def closed(visitor: Visitor) -> None:
    """Why, and what can be done: an owner can restore what is being deleted."""
    organization = await visitor.api.tenancy.organization()
    page_head(organization.name)
    with card(""), div("lx-empty"):
        icon("pause" if organization.state == "suspended" else "trash")
        if organization.state == "suspended":
            text("h2", "This organization is suspended")
            text("p", "The operator of this server has suspended it. Ask them, or switch to another organization.")
            return
        text("h2", "This organization is being deleted")
        text("p", f"On {organization.purge_after:%d %B %Y} everything in it is deleted for good.")
        if visitor.may("tenancy:organization:delete"):
            button("Restore it", lambda: _restore(visitor), primary=True)
        else:
            text("p", "Until then an owner can restore it.")


async def _restore(visitor: Visitor) -> None:
    await visitor.api.tenancy.restore()
    start_anew()
