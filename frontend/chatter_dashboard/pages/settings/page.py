"""Settings: the organisation, and how the pages look."""

from nicegui import ui

from chatter.rbac.schemas import Policy
from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.hits import ThemePicker
from chatter_dashboard.components.layout import card, card_head, div, page_head, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.settings.danger import danger_zone
from chatter_dashboard.pages.settings.domains import domains
from chatter_dashboard.pages.settings.factor_policy import factor_policy
from chatter_dashboard.pages.settings.lifetimes import lifetimes_card
from chatter_dashboard.pages.settings.run_retention import run_retention
from chatter_dashboard.pages.settings.web_origins import web_origins
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["settings"]


@page("Settings", width="narrow")
async def settings(visitor: Visitor) -> None:
    """Each card saves by itself."""
    page_head("Settings")
    with div("lx-stack"):
        _organization(visitor)
        await _privacy(visitor)
        if visitor.may("runs:retention:read"):
            await run_retention(visitor)
        _appearance()
        if visitor.may("identity:second_factor:read"):
            await factor_policy(visitor)
        if visitor.may("identity:sign_in_policy:update"):
            await lifetimes_card(visitor)
        if visitor.may("tenancy:domain:read"):
            await domains(visitor)
        if visitor.may("tenancy:web_origin:read"):
            await web_origins(visitor)
        if visitor.me.support is None:
            await danger_zone(visitor)


def _organization(visitor: Visitor) -> None:
    async def save(values: Values) -> None:
        await visitor.api.identity.rename_organization(values["name"].strip())
        # The name stands in the frame around every page, which is built once per tab.
        ui.navigate.reload()

    with card():
        card_head("Organization")
        if visitor.may("tenancy:organization:update"):
            field = Field(name="name", label="Name", value=visitor.me.organization.name, max_length=100)
            Form([field], submit_label="Save", on_submit=save, inline=True)
        else:
            text("p", f"{visitor.me.organization.name}. Your role is {visitor.me.role}.").classes("lx-muted")


async def _privacy(visitor: Visitor) -> None:
    async def save(values: Values) -> None:
        allowed = values["reading"] == "yes"
        await visitor.api.access.set_policy(Policy(admins_read_conversations=allowed))
        say("Administrators can read conversations now." if allowed else "Conversations are private again.")

    policy = await visitor.api.access.policy()
    with card():
        card_head("Privacy")
        if visitor.may("rbac:policy:update"):
            text("p", "Each such read is audited, and shown to whose conversation it is.").classes("lx-card-text")
            options = (Option(value="no", label="No"), Option(value="yes", label="Yes, and each look is noted"))
            field = Field(
                name="reading",
                label="May administrators read others' conversations?",
                kind="select",
                options=options,
                value="yes" if policy.admins_read_conversations else "no",
            )
            Form([field], submit_label="Save", on_submit=save, inline=True)
        elif policy.admins_read_conversations:
            text(
                "p",
                "Administrators can read your conversations. You see in a conversation who did.",
                classes="lx-muted",
            )
        else:
            text("p", "Your conversations are yours alone, until you share one.", classes="lx-muted")


def _appearance() -> None:
    with card():
        card_head("Appearance")
        text("p", "Kept in this browser.").classes("lx-card-text")
        ThemePicker()
