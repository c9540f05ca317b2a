"""The tool that looks for more: a search of the documents, with the rights of whoever asked."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from chatter.documents.facade import DocumentEmbedder, FoundPassage, retrieve
from chatter.documents.permissions import DocumentPermission
from chatter.kit.identifiers import new_id
from chatter.kit.services import Services
from chatter.tools.ports import CallContext
from chatter.usage.facade import Ledger, recording

__all__ = ["SearchDocuments"]

_LIMIT = 5
_PASSAGE_CHARS = 1200


class _Arguments(msgspec.Struct, forbid_unknown_fields=True):
    query: Annotated[str, Meta(min_length=1, max_length=500, description="What to look for, in a sentence or words.")]


class SearchDocuments:
    """Reads only, so it may be repeated."""

    name = "search_documents"
    label = "Search documents"
    description = "Search the organization's documents for more passages than those given."
    parameters: type[msgspec.Struct] = _Arguments
    permission: StrEnum = DocumentPermission.SEARCH
    effect = False
    idempotent = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def call(self, arguments: _Arguments, context: CallContext) -> str:
        ledger = Ledger(purpose="query", origin=new_id(), user_id=context.user_id, run_id=context.run_id)
        async with recording(self._services.database, context.tenant_id, ledger):
            found = await retrieve(
                self._services.database,
                self._services.part(DocumentEmbedder).embedder,
                tenant_id=context.tenant_id,
                user_id=context.user_id,
                question=arguments.query,
                limit=_LIMIT,
                ledger=ledger,
            )
        return "\n\n".join(_block(passage) for passage in found.passages) or "Nothing was found."


def _block(passage: FoundPassage) -> str:
    return f"{passage.text[:_PASSAGE_CHARS].strip()}\n(from {passage.document_name}, page {passage.page})"
