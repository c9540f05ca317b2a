"""Mail domains: name one, publish its record, verify it."""

from collections.abc import Awaitable, Callable

from chatter.tenancy.schemas import AutoJoinRole, MailDomain
from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import button, card, card_head, div, icon, text
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.notices import say
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["domains"]

_JOIN: tuple[AutoJoinRole, ...] = ("viewer", "member", "editor")
_INVITED = "invited"
_ROLES: dict[str, AutoJoinRole | None] = {_INVITED: None, **{role: role for role in _JOIN}}

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
        text(
            "p",
            "A text record at your name server shows that a domain is yours. People of it can then join by themselves.",
        ).classes("lx-card-text")
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
        if item.verified_at is not None and visitor.may("tenancy:domain:update"):
            _auto_join(visitor, item)
        if visitor.may("tenancy:domain:delete"):
            button("Remove", remove)


def _auto_join(visitor: Visitor, item: MailDomain) -> None:
    async def save(values: Values) -> None:
        changed = await visitor.api.tenancy.set_auto_join(item.id, role=_ROLES[values["role"]])
        way = f"as {changed.auto_join_role}" if changed.auto_join_role else "only when invited"
        say(f"People of {item.name} join {way}.")

    options = (
        Option(value=_INVITED, label="only when invited"),
        *(Option(value=role, label=f"as {role}") for role in _JOIN),
    )
    field = Field(
        name="role",
        label=f"People of {item.name} join",
        kind="select",
        options=options,
        value=item.auto_join_role or _INVITED,
    )
    Form([field], submit_label="Save", on_submit=save, inline=True)
