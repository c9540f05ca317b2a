"""Mails that were kept on the server because it sends none."""

from chatter.tenancy.schemas import KeptMail
from chatter_dashboard.components.layout import card, card_head, div, icon, page_head, text
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["mails"]


@page("Mails", width="narrow")
async def mails(visitor: Visitor) -> None:
    """The newest first; their links are meant for whom they are addressed to."""
    page_head("Mails", lead="This server has no mail server, so its mails are kept here. Hand them on yourself.")
    async with loading():
        kept = await visitor.api.tenancy.mails()
    if not kept:
        _empty()
    with div("lx-stack"):
        for mail in kept:
            _mail(mail)


def _mail(mail: KeptMail) -> None:
    with card():
        card_head(mail.subject)
        text("p", f"To {mail.to} · {mail.at:%d %B %Y, %H:%M} UTC").classes("lx-card-text")
        text("pre", mail.text, classes="lx-mail").props["tabindex"] = "0"


def _empty() -> None:
    with card(""), div("lx-empty"):
        icon("mail")
        text("h2", "No mails yet")
        text("p", "Invitations that you send appear here.")
