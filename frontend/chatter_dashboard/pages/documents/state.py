"""What the documents page knows: the list, its filter, and whether something is still being read."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chatter.documents.schemas import Collection, Document, MovedDocument
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
        self._collections = visitor.api.collections
        self._visitor = visitor
        self.items: list[Document] = []
        self.cursor: str | None = None
        self.state = ""
        self.query = ""
        self.collections: list[Collection] = []
        self.collection: Collection | None = None
        self._shown = 50

    @property
    def under_way(self) -> bool:
        """Whether a visible document is still being read."""
        return any(is_under_way(document) for document in self.items)

    @property
    def filtered(self) -> bool:
        """Whether documents may exist that are not listed."""
        return bool(self.state or self.query)

    @property
    def _collection_id(self) -> UUID | None:
        return self.collection.id if self.collection else None

    @property
    def may_administer(self) -> bool:
        """Whether what others share may be moved and shared as well."""
        return self._visitor.may("documents:document:administer")

    @property
    def open_collections(self) -> list[Collection]:
        """Those that documents may be put into."""
        return [one for one in self.collections if self.may_administer or one.access in ("edit", "manage")]

    async def enter(self, collection: str) -> None:
        """Fetch the collections and go into the one named by an id; stay outside of one that is not there."""
        if self._visitor.may("documents:collection:read"):
            self.collections = await self._collections.all()
        self.collection = next((one for one in self.collections if str(one.id) == collection), None)

    def movable(self, document: Document) -> bool:
        """Whether there is somewhere to move it, and it may be moved."""
        somewhere = bool(self.open_collections) or document.collection_id is not None
        managed = document.access == "manage" or self.may_administer
        return somewhere and managed and self._visitor.may("documents:document:update")

    async def move(self, document_ids: Sequence[str], *, into: str) -> list[MovedDocument]:
        """Put documents into the collection of an id, or (empty) into none; answers where each was."""
        ids = [UUID(document_id) for document_id in document_ids]
        moved = await self._collections.move(ids, into=UUID(into) if into else None)
        await self.load()
        return moved

    async def move_back(self, moved: Sequence[MovedDocument]) -> None:
        """Undo a move."""
        for place in {one.was_in for one in moved}:
            ids = [one.document_id for one in moved if one.was_in == place]
            await self._collections.move(ids, into=place)
        await self.load()

    def named(self, document_ids: Sequence[str]) -> str:
        """One by its name, several by their number."""
        return self._find(document_ids[0]).name if len(document_ids) == 1 else f"{len(document_ids)} documents"

    async def load(self) -> None:
        """Fetch the list anew, as far as it was shown."""
        page = await self._api.page(
            state=self.state, query=self.query, collection_id=self._collection_id, limit=self._shown
        )
        self.items, self.cursor = page.items, page.next_cursor

    async def more(self) -> None:
        """Fetch the next part."""
        page = await self._api.page(
            state=self.state, query=self.query, collection_id=self._collection_id, cursor=self.cursor
        )
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


def document_row(
    document: Document, *, may_delete: bool, may_retry: bool, movable: bool, collections: Mapping[UUID | None, str]
) -> Row:
    """A document as a line of the list."""
    actions = ["download"]
    if movable:
        actions.append("move")
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
            "collection": collections.get(document.collection_id),
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
