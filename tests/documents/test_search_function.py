"""The search function, asked directly: one organisation, exact or by index, best first."""

from uuid import UUID, uuid4

import asyncpg
import numpy as np
import pytest
from numpy.typing import NDArray
from pgvector import HalfVector

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id

SEARCH = "select * from search_chunks($1, $2, $3, 'model', $4)"
EXACT_UP_TO = 5000


class Shelf:
    """One organisation's passages."""

    def __init__(self, admin: asyncpg.Connection, database: Database) -> None:
        self.tenant_id, self.reader_id = uuid4(), uuid4()
        self._admin = admin
        self._database = database

    async def fill(self, texts: list[str], vectors: NDArray[np.float32]) -> list[UUID]:
        document_id, version_id, ids = new_id(), new_id(), [new_id() for _ in texts]
        tenant = self.tenant_id
        await self._admin.execute("insert into organization (tenant_id, name) values ($1, 'Shelf')", tenant)
        await self._admin.execute(
            "insert into document (tenant_id, id, name, state, stage, chunk_count, created_by) "
            "values ($1, $2, 'Book', 'ready', 'ready', $3, $1)",
            *(tenant, document_id, len(texts)),
        )
        await self._admin.execute(
            "insert into document_version (tenant_id, id, document_id, number, file_type, size_bytes, sha256, "
            "storage_key) values ($1, $2, $3, 1, 'txt', 1, '\\x00', 'k')",
            *(tenant, version_id, document_id),
        )
        await self._admin.execute(
            "insert into chunk (tenant_id, id, document_id, version_id, ordinal, page, start_offset, end_offset, "
            "context, text, content_hash) select $1, u.id, $2, $3, 1, 1, 0, 1, 'Book', u.text, '\\x00' "
            "from unnest($4::uuid[], $5::text[]) u (id, text)",
            *(tenant, document_id, version_id, ids, texts),
        )
        async with self._database.connection(tenant) as connection:
            await connection.execute(
                "insert into embedding_384 (tenant_id, chunk_id, model, embedding) "
                "select $1, u.id, 'model', u.e from unnest($2::uuid[], $3::halfvec[]) u (id, e)",
                *(tenant, ids, list(map(HalfVector, vectors))),
            )
            await connection.execute("select refresh_search_statistics($1)", tenant)
        return ids

    async def search(self, question: str, vector: NDArray[np.float32], *, limit: int = 10) -> list[asyncpg.Record]:
        async with self._database.connection(self.tenant_id) as connection:
            found: list[asyncpg.Record] = await connection.fetch(
                SEARCH, self.reader_id, question, HalfVector(vector), limit
            )
        return found


@pytest.fixture
def shelf(admin: asyncpg.Connection, database: Database) -> Shelf:
    return Shelf(admin, database)


def vectors(count: int, *, seed: int = 7) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)
    normed: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return normed


async def test_without_a_bound_organisation_the_function_refuses(database: Database) -> None:
    async with database.hot.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no tenant"):
            await connection.fetch(SEARCH, uuid4(), "anything", HalfVector(vectors(1)[0]), 5)


async def test_only_passages_of_the_bound_organisation_are_found(admin: asyncpg.Connection, database: Database) -> None:
    ours, theirs = Shelf(admin, database), Shelf(admin, database)
    rows = vectors(3)
    await ours.fill(["apples are red", "pears are green"], rows[:2])
    await theirs.fill(["apples are sour"], rows[2:])
    found = await ours.search("sour apples", rows[2])
    assert {row["content"] for row in found} == {"apples are red", "pears are green"}


async def test_a_rare_word_outweighs_a_frequent_one(shelf: Shelf) -> None:
    texts = [f"the invoice of month {n}" for n in range(40)] + ["the quokka", "invoice invoice invoice"]
    await shelf.fill(texts, vectors(len(texts)))
    found = await shelf.search("invoice for the quokka", vectors(1, seed=99)[0])
    best = max(found, key=lambda row: row["lexical"])
    assert (best["content"], best["matched"]) == ("the quokka", ["quokka"])
    weights = dict(zip(found[0]["question_terms"], found[0]["question_weights"], strict=True))
    assert weights["quokka"] > 3 * weights["invoic"]


@pytest.mark.parametrize(
    "question", ["it's 50% \\ 'quoted' & | ! ( ) :* <->", "?", "the of and", "ISO-27001", "x" * 2000, "Grüße 漢字"]
)
async def test_any_text_is_a_question(shelf: Shelf, question: str) -> None:
    await shelf.fill(["ISO 27001 certificate", "nothing"], vectors(2))
    assert len(await shelf.search(question, vectors(1)[0])) == 2


@pytest.mark.parametrize("count", [EXACT_UP_TO - 500, EXACT_UP_TO + 500])
async def test_the_nearest_are_found_on_both_sides_of_the_exact_limit(shelf: Shelf, count: int) -> None:
    centres = vectors(50)
    rows = centres[np.arange(count) % 50] + 0.6 * vectors(count, seed=8)
    ids = await shelf.fill(["word"] * count, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    hits = 0
    for number in range(10):
        asked = centres[number] + 0.4 * vectors(1, seed=100 + number)[0]
        nearest = {ids[n] for n in np.argsort(-(rows / np.linalg.norm(rows, axis=1, keepdims=True)) @ asked)[:10]}
        found = await shelf.search("unrelated", asked.astype(np.float32))
        hits += len(nearest & {row["chunk_id"] for row in found})
    assert hits / 100 >= 0.95
