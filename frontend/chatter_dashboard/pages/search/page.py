"""Search: the passages that answers would be made from, without asking a model."""

from urllib.parse import urlencode

from nicegui import ui

from chatter_dashboard.components.form import Field, Form, Values
from chatter_dashboard.components.hits import Hits
from chatter_dashboard.components.layout import page_head
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["search"]


@page("Search", width="narrow")
async def search(visitor: Visitor, q: str = "") -> None:
    """`?q=` searches at once."""
    page_head("Search", lead="Find passages in your documents")

    async def find(query: str) -> None:
        hits.wait()
        try:
            found = await visitor.api.documents.search(query)
        except BaseException:
            hits.reset()
            raise
        hits.show(found, query=query)

    async def submit(values: Values) -> None:
        query = values["query"].strip()
        ui.navigate.history.replace("/search?" + urlencode({"q": query}))
        await find(query)

    field = Field(name="query", label="Search your documents", kind="search", value=q, max_length=2000)
    Form([field], submit_label="Search", on_submit=submit, inline=True).classes("lx-search-form")
    hits = Hits()
    if q:
        await find(q)
