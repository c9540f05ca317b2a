"""A document's text."""

from uuid import UUID

from nicegui.element import Element

from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["Reader"]


class Reader(Element, component="lx_reader.js", esm=BUNDLE):
    """Pages through a document's text over the API; opens on a passage when one is named."""

    def __init__(self, document_id: UUID, *, chunk_id: str, pages: int) -> None:
        super().__init__()
        self._props.update(documentId=str(document_id), chunkId=chunk_id, pages=pages)
