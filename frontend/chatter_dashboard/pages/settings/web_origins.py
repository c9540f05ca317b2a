"""Web origins: whose pages may call the API from a browser."""

from collections.abc import Awaitable, Callable

from chatter.tenancy.schemas import WebOrigin
from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, text
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["web_origins"]

Refresh = Callable[[], Awaitable[None]]


async def web_origins(visitor: Visitor) -> None:
    """A line for each origin."""

    async def refresh() -> None:
        show(await visitor.api.tenancy.web_origins())

    async def add(values: Values) -> None:
        added = await visitor.api.tenancy.add_web_origin(values["origin"].strip())
        form.set_fields([field])
        await refresh()
        say(f"Pages of {added.origin} may call the API.")

    def show(items: list[WebOrigin]) -> None:
        rows.clear()
        with rows:
            for item in items:
                _line(visitor, item, refresh)
            if not items:
                text("p", "No other site may call the API from a browser.", classes="lx-muted")

    with card():
        card_head("Web origins")
        text(
            "p",
            "Pages of these sites may call the API of this organization with a key or an app's token. "
            "Nobody's sign-in to this site is ever sent along.",
        ).classes("lx-card-text")
        rows = div("lx-stack")
        if visitor.may("tenancy:web_origin:create"):
            field = Field(
                name="origin", label="Origin", example="https://app.example.com", max_length=300, replace=True
            )
            form = Form([field], submit_label="Add origin", on_submit=add, inline=True)
    show(await visitor.api.tenancy.web_origins())


def _line(visitor: Visitor, item: WebOrigin, refresh: Refresh) -> None:
    async def remove() -> None:
        await visitor.api.tenancy.remove_web_origin(item.id)
        await refresh()
        say(f"Pages of {item.origin} may call the API no more.")

    with div("lx-rowline lx-rowline-bare"):
        with div("lx-rowline-main"):
            text("strong", item.origin)
            text("p", f"Since {item.created_at:%d %B %Y}").classes("lx-muted")
        if visitor.may("tenancy:web_origin:delete"):
            button("Remove", remove).props["aria-label"] = f"Remove {item.origin}"
