"""One's own name and address."""

from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, text
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["profile_card"]


def profile_card(visitor: Visitor) -> None:
    """The name, and whether the address is confirmed."""

    async def save(values: Values) -> None:
        profile = await visitor.api.identity.rename_me(values["name"].strip())
        say(f"Your name is now {profile.name}.")

    with card():
        card_head("Your profile")
        text("p", f"You sign in as {visitor.me.user.email}. Your role is {visitor.me.role}.").classes("lx-card-text")
        if visitor.me.email_proof == "open":
            _unproven(visitor)
        field = Field(name="name", label="Name", value=visitor.me.user.name, max_length=100, autocomplete="name")
        Form([field], submit_label="Save", on_submit=save, inline=True)


def _unproven(visitor: Visitor) -> None:
    async def send() -> None:
        await visitor.api.identity.request_email_proof()
        say(f"A link is on its way to {visitor.me.user.email}.")

    with div("lx-rowline lx-rowline-bare"):
        with div("lx-rowline-main"):
            text("strong", "Your address is not confirmed")
            text("p", "Confirm it to join organizations that let people of its domain in.").classes("lx-muted")
        button("Send me a link", send)
