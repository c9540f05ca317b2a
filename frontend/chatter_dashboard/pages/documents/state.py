"""What the documents page knows: the list, its filter, and whether something is still being read."""

from uuid import UUID

from chatter.documents.schemas import Document
from chatter_dashboard.components.table import Progress, Row, State
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ACCEPTED", "KINDS", "DocumentsState", "document_row", "document_state", "is_under_way"]

ACCEPTED = ".pdf,.docx,.pptx,.xlsx,.html,.htm,.md,.markdown,.txt,.text,.csv,.tsv,.eml,.epub"
KINDS = "PDF, Word, PowerPoint, Excel, HTML, Markdown, text, CSV, e-mail, EPUB"

_STAGES = {
    "stored": "Waiting",
    "extracting": "Reading",
    "chunking": "Splitting",
    "embedding": "Indexing",
}
_ICONS = {"xlsx": "sheet", "csv": "sheet", "pptx": "slides", "eml": "mail", "html": "code", "epub": "book"}
_UNDER_WAY = frozenset({"queued", "processing"})


class DocumentsState:
    """The visible part of the list. Changes made elsewhere arrive with the next `load`."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.documents
        self.items: list[Document] = []
        self.cursor: str | None = None
        self.state = ""
        self.query = ""
        self._shown = 50

    @property
    def under_way(self) -> bool:
        """Whether a visible document is still being read."""
        return any(is_under_way(document) for document in self.items)

    @property
    def filtered(self) -> bool:
        """Whether documents may exist that are not listed."""
        return bool(self.state or self.query)

    async def load(self) -> None:
        """Fetch the list anew, as far as it was shown."""
        page = await self._api.page(state=self.state, query=self.query, limit=self._shown)
        self.items, self.cursor = page.items, page.next_cursor

    async def more(self) -> None:
        """Fetch the next part."""
        page = await self._api.page(state=self.state, query=self.query, cursor=self.cursor)
        self.items, self.cursor = [*self.items, *page.items], page.next_cursor
        self._shown = min(len(self.items), 100)

    async def delete(self, document_id: str) -> str:
        """Delete; answers the name."""
        document = self._find(document_id)
        await self._api.delete(document.id)
        self.items = [other for other in self.items if other.id != document.id]
        return document.name

    async def retry(self, document_id: str) -> None:
        """Have a failed document read again."""
        await self._api.retry(UUID(document_id))
        await self.load()

    def _find(self, document_id: str) -> Document:
        return next(document for document in self.items if str(document.id) == document_id)


def is_under_way(document: Document) -> bool:
    """Whether it is still being read."""
    return document.state in _UNDER_WAY


def document_row(document: Document, *, may_delete: bool, may_retry: bool) -> Row:
    """A document as a line of the list."""
    actions = ["download"]
    if may_retry and document.state == "failed":
        actions.append("retry")
    if may_delete:
        actions.append("delete")
    return Row(
        id=str(document.id),
        href=f"/documents/{document.id}",
        icon=_ICONS.get(document.file_type, "document"),
        note=_note(document),
        note_bad=document.state == "failed",
        cells={
            "name": document.name,
            "state": document_state(document),
            "pages": document.page_count or None,
            "size": document.size_bytes,
            "added": document.created_at.isoformat(),
        },
        actions=actions,
    )


def document_state(document: Document) -> State:
    """The state in a word, with a bar while the document is being read."""
    if document.state == "ready":
        return State(text="Ready", tone="warn" if document.warnings else "ok")
    if document.state == "failed":
        return State(text="Failed", tone="bad")
    progress = Progress(done=document.done, total=document.total) if document.total else None
    return State(text=_STAGES.get(document.stage, "Waiting"), tone="accent", progress=progress)


def _note(document: Document) -> str:
    if document.error is not None:
        return " ".join(part for part in (document.error.detail, document.error.remedy) if part)
    if document.warnings:
        return document.warnings[0]
    return "Only for those it is shared with" if document.visibility == "restricted" else ""
