"""A worker that dies in the middle of a document costs nothing but the time to notice."""

import os
import signal
import sys
from asyncio import subprocess, wait_for
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from chatter.kit.job_runner import JobRunner
from chatter.kit.settings import Settings
from tests.documents.conftest import Librarian, work_off
from tests.documents.embeddings import EmbeddingServer

PARAGRAPHS = [
    f"Part {n}. The archive box number {n} stands in room {n * 7}, shelf {n * 3}, and holds the letters of year {n}. "
    * 6
    for n in range(200)
]
BOOK = "\n\n".join(PARAGRAPHS).encode()


@asynccontextmanager
async def worker_process(settings: Settings) -> AsyncIterator[subprocess.Process]:
    """A real worker; killed at the end if it still lives."""
    environment = {
        **os.environ,
        "CHATTER_DATA_DIR": str(settings.data_dir),
        "CHATTER_SECRET_KEY": settings.secret_key,
        "CHATTER_LOCAL_MODELS_URL": settings.local_models_url or "",
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
    }
    process = await subprocess.create_subprocess_exec(sys.executable, "-m", "chatter.worker", env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.timeout(120)
async def test_after_kill_9_no_passage_with_a_vector_is_embedded_again(
    librarian: Librarian,
    worker: JobRunner,
    reading: Settings,
    embeddings: EmbeddingServer,
    admin: asyncpg.Connection,
) -> None:
    await work_off(worker)  # what other tests left would be taken first
    embeddings.hold_after(4)  # two batches of 64 passages, in requests of 32
    document_id = await librarian.add("archive.txt", BOOK)
    async with worker_process(reading) as process:
        await wait_for(embeddings.waiting.wait(), 60)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    embeddings.release()

    halfway = await librarian.document(document_id)
    assert (halfway["state"], halfway["stage"], halfway["done"]) == ("processing", "embedding", 128)
    total = halfway["total"]
    assert total > 192
    kept = await texts_with_vector(admin, document_id)
    assert len(kept) == 128

    await lapse(admin, document_id)
    await worker.sweep()
    await work_off(worker)
    ready = await librarian.document(document_id)
    assert (ready["state"], ready["done"]) == ("ready", total)
    assert len(await texts_with_vector(admin, document_id)) == total
    assert {embeddings.texts[text] for text in kept} == {1}
    unanswered = [text for text, times in embeddings.texts.items() if times > 1]
    assert len(unanswered) <= 64


async def test_an_embedder_that_is_away_is_waited_for(
    librarian: Librarian, worker: JobRunner, embeddings: EmbeddingServer, admin: asyncpg.Connection
) -> None:
    await work_off(worker)
    document_id = await librarian.add("note.md", b"Short note.")
    embeddings.failing = True
    await work_off(worker)
    assert (await librarian.document(document_id))["state"] == "processing"
    embeddings.failing = False
    await admin.execute("update job set run_after = now() where subject = $1", UUID(document_id))
    await work_off(worker)
    assert (await librarian.document(document_id))["state"] == "ready"


async def texts_with_vector(admin: asyncpg.Connection, document_id: str) -> list[str]:
    rows = await admin.fetch(
        "select c.context || e'\\n' || c.text as text from chunk c "
        "join embedding_384 e on e.tenant_id = c.tenant_id and e.chunk_id = c.id where c.document_id = $1",
        UUID(document_id),
    )
    return [row["text"] for row in rows]


async def lapse(admin: asyncpg.Connection, document_id: str) -> None:
    """Let the heartbeat of the document's job be old, as it would be a while later."""
    await admin.execute(
        "update job set heartbeat_at = now() - interval '1 hour' where subject = $1 and state = 'running'",
        UUID(document_id),
    )
