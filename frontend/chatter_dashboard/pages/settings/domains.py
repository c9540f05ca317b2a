"""Mail domains: name one, publish its record, verify it."""

from collections.abc import Awaitable, Callable

from chatter.tenancy.schemas import MailDomain
from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, icon, text
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["domains"]

Refresh = Callable[[], Awaitable[None]]


async def domains(visitor: Visitor) -> None:
    """A line for each domain; what is not proven shows the record to publish."""

    async def refresh() -> None:
        show(await visitor.api.tenancy.domains())

    async def add(values: Values) -> None:
        await visitor.api.tenancy.add_domain(values["name"].strip())
        form.set_fields([field])
        await refresh()

    def show(items: list[MailDomain]) -> None:
        rows.clear()
        with rows:
            for item in items:
                _line(visitor, item, refresh)

    with card():
        card_head("Mail domains")
        text("p", "A text record at your name server shows that a domain is yours.").classes("lx-card-text")
        rows = div("lx-stack")
        if visitor.may("tenancy:domain:create"):
            field = Field(name="name", label="Domain", example="acme.com", max_length=253, replace=True)
            form = Form([field], submit_label="Add domain", on_submit=add, inline=True)
    show(await visitor.api.tenancy.domains())


def _line(visitor: Visitor, item: MailDomain, refresh: Refresh) -> None:
    async def verify() -> None:
        await visitor.api.tenancy.verify_domain(item.id)
        await refresh()
        say(f"{item.name} is verified.")

    async def remove() -> None:
        await visitor.api.tenancy.remove_domain(item.id)
        await refresh()

    with div("lx-rowline lx-rowline-bare lx-domain"):
        with div("lx-rowline-main"):
            text("strong", item.name)
            if item.verified_at is None:
                text("p", f"Publish a TXT record at {item.record_name} with this value:").classes("lx-muted")
                text("code", item.record_value, classes="lx-secret")
            else:
                with text("p", "").classes("lx-muted"):
                    icon("check")
                    text("span", f"Verified on {item.verified_at:%d %B %Y}")
        if item.verified_at is None and visitor.may("tenancy:domain:create"):
            button("Verify", verify)
        if visitor.may("tenancy:domain:delete"):
            button("Remove", remove)
