"""One document: its facts, its text page by page, its passages."""

from uuid import UUID

from nicegui import ui

from chatter.documents.schemas import Document
from chatter_dashboard.components.layout import button, card, div, icon, page_head, text
from chatter_dashboard.components.reader import DownloadButton, Reader
from chatter_dashboard.pages.access.share import ShareDialog
from chatter_dashboard.pages.documents.state import document_state, is_under_way
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.polling import polling
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["document"]


@page("Document", width="narrow")
async def document(visitor: Visitor, document_id: str, chunk: str = "") -> None:
    """With `?chunk=` the text opens on that passage and marks it."""
    wanted = _id(document_id)
    found = await visitor.api.documents.one(wanted)
    ui.page_title(f"{found.name} · Chatter")

    async def share() -> None:
        await dialog.open(found.id, found.name)

    with page_head(found.name, back=("Documents", "/documents")):
        if visitor.may("rbac:grant:manage") and (
            found.access == "manage" or visitor.may("documents:document:administer")
        ):
            button("Share", share, icon_name="share")
        DownloadButton("Download", path=f"/documents/{found.id}/content", name=found.name)
    body = div("lx-stack")

    async def follow() -> None:
        """Until it has been read: show how far that has come."""
        now = await visitor.api.documents.one(wanted)
        timer.active = is_under_way(now)
        body.clear()
        with body:
            _show(now, chunk=chunk)

    dialog = ShareDialog(visitor, "document", on_changed=follow)
    timer = polling(follow, active=is_under_way(found))
    with body:
        _show(found, chunk=chunk)


def _show(found: Document, *, chunk: str) -> None:
    with card(""):
        _facts(found)
    _problems(found)
    if not is_under_way(found):
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
        "Size": _size(found.size_bytes),
        "Seen by": "everybody" if found.visibility == "organization" else "those it is shared with",
        "Added": f"{found.created_at:%b} {found.created_at.day}, {found.created_at.year}",
    }
    with ui.element("dl").classes("lx-facts"):
        for name, value in facts.items():
            with div("lx-fact"):
                text("dt", name)
                text("dd", value)


def _size(count: int) -> str:
    return f"{count / 1024**2:.1f} MB" if count >= 1024**2 else f"{count / 1024:,.0f} kB"


def _problems(found: Document) -> None:
    if found.error is not None:
        with div("lx-error"):
            icon("error")
            with div("lx-rowline-main"):
                text("strong", found.error.detail)
                if found.error.remedy:
                    text("p", found.error.remedy)
    for warning in found.warnings:
        with div("lx-banner"):
            icon("warning")
            text("span", warning)
