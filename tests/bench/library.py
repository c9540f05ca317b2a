"""Organisations with many passages, put straight into the tables; they share a partition, as the unlucky ones do."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chatter.documents.file_types import FileType
from chatter.kit.identifiers import new_id
from tests.bench.corpus import Passage, Writer
from tests.bench.organization import Organization, sign_up
from tests.upstream.vectors import embed

__all__ = ["Library", "fill", "neighbours"]

_PASSAGE_WORDS = 110
_A_DOCUMENT = 12
_LOADERS = 2
_A_ROUND = 600
_PARTITION = """
select n from generate_series(0, 15) n where satisfies_hash_partition('embedding_384'::regclass, 16, n, $1::uuid)
"""
_DOCUMENTS = """
insert into document (tenant_id, id, name, state, stage, page_count, chunk_count, created_by)
select $1, d.id, 'document ' || d.id || '.txt', 'ready', 'ready', 1, 12, $1 from unnest($2::uuid[]) d (id)
"""
_VERSIONS = """
insert into document_version (tenant_id, id, document_id, number, file_type, size_bytes, sha256, storage_key)
select $1, d.id, d.id, 1, $3, 10000, sha256(d.id::text::bytea), d.id::text from unnest($2::uuid[]) d (id)
"""
_VECTORS = """
insert into embedding_384 (tenant_id, chunk_id, model, embedding)
select $1, v.chunk_id, $2, v.vector::halfvec(384) from vectors v
"""
_CHUNK_COLUMNS = (
    *("tenant_id", "id", "document_id", "version_id", "ordinal", "page", "start_offset", "end_offset"),
    *("context", "text", "content_hash"),
)


@dataclass(frozen=True, kw_only=True)
class Library:
    """An organisation, what its passages are about, and the name under which their vectors are stored."""

    organization: Organization
    model: str
    topics: list[int]
    writer: Writer

    def questions(self, count: int) -> list[str]:
        """Ask about what is there."""
        step = max(1, len(self.topics) // count)
        return [self.writer.question(self.topics[n * step % len(self.topics)]) for n in range(count)]


async def neighbours(port: int, *, admin_url: str, count: int) -> list[Organization]:
    """Sign organisations up until `count` of them share a partition."""
    admin = await asyncpg.connect(admin_url)
    found: defaultdict[int, list[Organization]] = defaultdict(list)
    try:
        while True:
            organization = await sign_up(port, name="Neighbour")
            partition = await admin.fetchval(_PARTITION, organization.tenant_id)
            found[partition].append(organization)
            if len(found[partition]) == count:
                return found[partition]
    finally:
        await admin.close()


async def fill(organization: Organization, *, admin_url: str, model: str, passages: int) -> Library:
    """Write passages and vectors through the live indexes, as ingestion does."""
    writer = Writer(seed=passages, topics=max(20, passages // 100))
    written = [writer.passage(words=_PASSAGE_WORDS) for _ in range(passages)]
    shares = [written[n::_LOADERS] for n in range(_LOADERS)]
    await asyncio.gather(*(_load(organization, share, admin_url=admin_url, model=model) for share in shares))
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute("select refresh_search_statistics($1)", organization.tenant_id)
        await admin.execute("analyze document, chunk, embedding_384")
    finally:
        await admin.close()
    topics = [passage.topic for passage in written]
    return Library(organization=organization, model=model, topics=topics, writer=writer)


async def _load(organization: Organization, passages: Sequence[Passage], *, admin_url: str, model: str) -> None:
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute("create temporary table vectors (chunk_id uuid, vector real[])")
        for first in range(0, len(passages), _A_ROUND):
            await _insert(admin, organization.tenant_id, passages[first : first + _A_ROUND], model=model)
    finally:
        await admin.close()


async def _insert(admin: asyncpg.Connection, tenant_id: UUID, passages: Sequence[Passage], *, model: str) -> None:
    documents = [new_id() for _ in range(0, len(passages), _A_DOCUMENT)]
    chunks = [new_id() for _ in passages]
    rows = [
        _chunk(tenant_id, chunk, documents[n // _A_DOCUMENT], ordinal=n % _A_DOCUMENT, text=passage.text)
        for n, (chunk, passage) in enumerate(zip(chunks, passages, strict=True))
    ]
    vectors = [(chunk, embed(passage.text).tolist()) for chunk, passage in zip(chunks, passages, strict=True)]
    async with admin.transaction():
        await admin.execute(_DOCUMENTS, tenant_id, documents)
        await admin.execute(_VERSIONS, tenant_id, documents, FileType.TEXT.value)
        await admin.copy_records_to_table("chunk", records=rows, columns=_CHUNK_COLUMNS)
        await admin.copy_records_to_table("vectors", records=vectors)
        await admin.execute(_VECTORS, tenant_id, model)
        await admin.execute("truncate vectors")


def _chunk(tenant_id: UUID, chunk: UUID, document: UUID, *, ordinal: int, text: str) -> tuple[object, ...]:
    digest = hashlib.sha256(text.encode()).digest()
    return (tenant_id, chunk, document, document, ordinal, 1, 0, len(text), "", text, digest)
