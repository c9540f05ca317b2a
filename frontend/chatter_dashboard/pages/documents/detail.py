"""One document: its facts, its text page by page, its passages."""

from uuid import UUID

from nicegui import ui

from chatter.documents.schemas import Document
from chatter_dashboard.components.layout import card, div, icon, page_head, text
from chatter_dashboard.components.reader import DownloadButton, Reader
from chatter_dashboard.pages.documents.state import document_state
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["document"]


@page("Document", width="narrow")
async def document(visitor: Visitor, document_id: str, chunk: str = "") -> None:
    """With `?chunk=` the text opens on that passage and marks it."""
    found = await visitor.api.documents.one(_id(document_id))
    ui.page_title(f"{found.name} · Chatter")
    with page_head(found.name, back=("Documents", "/documents")):
        DownloadButton("Download", path=f"/documents/{found.id}/content", name=found.name)
    with div("lx-stack"):
        with card(""):
            _facts(found)
        _problems(found)
        Reader(found.id, chunk_id=chunk, pages=found.page_count)


def _id(value: str) -> UUID:
    """An address that holds no id is answered like an id that never existed."""
    try:
        return UUID(value)
    except ValueError:
        return UUID(int=0)


def _facts(found: Document) -> None:
    facts = {
        "State": document_state(found).text,
        "Pages": f"{found.page_count:,}" if found.page_count else "none",
        "Passages": f"{found.chunk_count:,}" if found.chunk_count else "none",
        "Size": f"{found.size_bytes / 1_000_000:.1f} MB"
        if found.size_bytes >= 1_000_000
        else f"{found.size_bytes / 1000:,.1f} kB",
        "Added": f"{found.created_at:%b} {found.created_at.day}, {found.created_at.year}",
    }
    with ui.element("dl").classes("lx-facts"):
        for name, value in facts.items():
            with div("lx-fact"):
                text("dt", name)
                text("dd", value)


def _problems(found: Document) -> None:
    if found.error is not None:
        with div("lx-error"):
            icon("error")
            with div("lx-contents"), div(""):
                text("strong", found.error.detail)
                if found.error.remedy:
                    text("p", found.error.remedy)
    for warning in found.warnings:
        with div("lx-banner"):
            icon("warning")
            text("span", warning)
