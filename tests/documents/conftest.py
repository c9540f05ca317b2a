"""An API whose embeddings come from a fake, and a worker that runs its jobs."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chatter.api import build_api
from chatter.documents.manifest import domain
from chatter.kit.job_runner import JobRunner
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.registry import DOMAINS
from chatter.tenancy.manifest import domain as tenancy
from tests.documents.embeddings import EmbeddingServer, serve_embeddings
from tests.llm.apps import calling
from tests.people import Person, sign_up

MAX_UPLOAD = 2 * 2**20


@pytest_asyncio.fixture(scope="session")
async def embedding_server() -> AsyncIterator[EmbeddingServer]:
    async with serve_embeddings() as serving:
        yield serving


@pytest.fixture
def embeddings(embedding_server: EmbeddingServer) -> EmbeddingServer:
    """The fake, with nothing asked yet and answering everybody."""
    embedding_server.reset()
    return embedding_server


@pytest.fixture(scope="session")
def reading(settings: Settings, embedding_server: EmbeddingServer) -> Settings:
    """Settings of processes that embed by the fake."""
    return settings.model_copy(update={"local_models_url": embedding_server.url, "max_upload_bytes": MAX_UPLOAD})


@pytest_asyncio.fixture(scope="session")
async def reading_client(reading: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(build_api(reading)) as client:
        yield client


@pytest_asyncio.fixture
async def librarian(reading_client: httpx.AsyncClient, embeddings: EmbeddingServer) -> "Librarian":
    """The owner of a new organisation, with what it takes to add documents."""
    return Librarian(await sign_up(reading_client))


@pytest_asyncio.fixture(scope="session")
async def worker(reading: Settings) -> AsyncIterator[JobRunner]:
    """Runs jobs in this process."""
    async with Services.open(reading) as services:
        for start in (*tenancy.on_startup, *domain.on_startup):
            await start(services)
        try:
            yield JobRunner(services, [kind for domain in DOMAINS for kind in domain.jobs])
        finally:
            for stop in domain.on_shutdown:
                await stop(services)


async def work_off(worker: JobRunner) -> None:
    """Run every job that is due."""
    while await worker.take():
        pass


@dataclass(frozen=True)
class Librarian:
    """Somebody who adds documents."""

    person: Person

    async def upload(self, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
        """Send files in one request; returns what became of each."""
        answer = await self.post_files(files)
        assert answer.status_code == 201, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def post_files(self, files: Sequence[tuple[str, bytes]]) -> httpx.Response:
        return await self.person.post("/documents", files=[("files", file) for file in files])

    async def add(self, name: str, data: bytes) -> str:
        """Upload one file that is taken; returns the document's id."""
        (item,) = await self.upload((name, data))
        assert item["problem"] is None, item
        document_id: str = item["document"]["id"]
        return document_id

    async def document(self, document_id: str) -> dict[str, Any]:
        answer = await self.person.get(f"/documents/{document_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def search(self, query: str, **kwargs: Any) -> list[dict[str, Any]]:
        answer = await self.person.post("/search", json={"query": query, **kwargs})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items
