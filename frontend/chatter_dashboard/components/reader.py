"""A document's text."""

from uuid import UUID

from nicegui.element import Element

from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["DownloadButton", "Reader"]


class Reader(Element, component="lx_reader.js", esm=BUNDLE):
    """Pages through a document's text over the API; opens on a passage when one is named."""

    def __init__(self, document_id: UUID, *, chunk_id: str, pages: int) -> None:
        super().__init__()
        self._props.update(documentId=str(document_id), chunkId=chunk_id, pages=pages)


class DownloadButton(Element, component="lx_download_button.js", esm=BUNDLE):
    """Fetches a file of the API and hands it to the browser."""

    def __init__(self, label: str, *, path: str, name: str) -> None:
        super().__init__()
        self._props.update(label=label, path=path, name=name)

    def point_at(self, path: str) -> None:
        """Fetch another file from now on."""
        self._props["path"] = path
        self.update()
