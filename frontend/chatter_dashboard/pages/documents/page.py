"""Documents: drop files, watch them being read, find one again."""

from chatter_dashboard.components.layout import div, page_head
from chatter_dashboard.components.uploader import Uploader
from chatter_dashboard.pages.documents.collections import collection_chips, collection_head, new_collection
from chatter_dashboard.pages.documents.list import DocumentList
from chatter_dashboard.pages.documents.state import ACCEPTED, KINDS, DocumentsState
from chatter_dashboard.shell.pages import loading, page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["documents"]


@page("Documents")
async def documents(visitor: Visitor, collection: str = "") -> None:
    """All of them, or those of `?collection=`."""
    head = page_head("Documents", lead="What answers are made from")
    state = DocumentsState(visitor)
    await state.enter(collection)
    with head:
        new_collection(visitor)

    async def reload() -> None:
        await listed.reload()

    async def move(collection_id: str, document_ids: list[str]) -> None:
        await listed.move(collection_id, document_ids)

    with div("lx-stack"):
        collection_chips(state, on_drop=move)
        collection_head(visitor, state)
        if visitor.may("documents:document:create"):
            inside = state.collection if state.collection in state.open_collections else None
            Uploader(reload, accept=ACCEPTED, kinds=KINDS, collection=str(inside.id) if inside else "")
        async with loading():
            await state.load()
        listed = DocumentList(visitor, state)
