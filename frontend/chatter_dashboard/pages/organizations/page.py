"""A further organisation, which the person will own."""

from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.layout import card, page_head, text
from chatter_dashboard.shell.departure import act_in
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["new_organization"]


@page("New organization", width="narrow")
async def new_organization(visitor: Visitor) -> None:
    """One field; the tab acts in the new organisation afterwards."""
    page_head("New organization", lead="With documents, members and settings of its own")

    async def create(values: Values) -> None:
        created = await visitor.api.tenancy.create_organization(values["name"].strip())
        act_in(created.id)

    with card():
        if visitor.me.may_create_organizations:
            field = Field(name="name", label="Name", max_length=100)
            Form([field], submit_label="Create organization", on_submit=create)
        else:
            text("p", "On this server only the operator creates organizations.").classes("lx-muted")
