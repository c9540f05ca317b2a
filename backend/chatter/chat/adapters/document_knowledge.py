"""The documents domain as a turn's knowledge: its search, and its gate as the judge."""

from collections.abc import Sequence
from uuid import UUID

from chatter.chat.ports import Evidence, Findings
from chatter.chat.schemas import PassageFound
from chatter.documents.facade import DocumentEmbedder, FoundPassage, judge, retrieve
from chatter.kit.services import Services
from chatter.usage.facade import Ledger

__all__ = ["DocumentKnowledge"]

_LIMIT = 8


class DocumentKnowledge:
    """Whatever document is ready is found, however badly it fits: nothing found means nothing to search."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._embedder = services.part(DocumentEmbedder).embedder

    async def find(
        self, tenant_id: UUID, *, user_id: UUID, query: str, collection_ids: Sequence[UUID] | None, ledger: Ledger
    ) -> Findings:
        """Search the passages that the person may see and judge them."""
        found = await retrieve(
            self._database,
            self._embedder,
            tenant_id=tenant_id,
            user_id=user_id,
            question=query,
            limit=_LIMIT,
            collection_ids=collection_ids,
            ledger=ledger,
        )
        if not found.passages:
            return Findings([], Evidence.NO_DOCUMENTS if collection_ids is None else Evidence.NOTHING_CHOSEN)
        passages = [_passage(passage, n=n) for n, passage in enumerate(found.passages, start=1)]
        return Findings(passages, Evidence.ENOUGH if judge(found).strong else Evidence.WEAK)


def _passage(found: FoundPassage, *, n: int) -> PassageFound:
    return PassageFound(
        n=n,
        chunk_id=found.chunk_id,
        document_id=found.document_id,
        document_name=found.document_name,
        page=found.page,
        text=found.text,
        score=found.score,
    )
