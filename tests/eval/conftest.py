"""The demo corpus, read with the real embedding model into an organisation of its own."""

import os
import sys
from asyncio import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest_asyncio

from chatter.api import build_api
from chatter.documents.demo_files import demo_files
from chatter.documents.facade import DocumentEmbedder, Retrieval, retrieve
from chatter.documents.manifest import domain
from chatter.kit.job_runner import JobRunner
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.registry import DOMAINS
from chatter.tenancy.manifest import domain as tenancy
from chatter.usage.facade import Ledger
from tests.llm.apps import calling
from tests.people import sign_up


@dataclass(frozen=True)
class Library:
    """An organisation that holds the demo corpus."""

    services: Services
    tenant_id: UUID
    user_id: UUID

    async def search(self, question: str) -> Retrieval:
        embedder = self.services.part(DocumentEmbedder).embedder
        return await retrieve(
            self.services.database,
            embedder,
            tenant_id=self.tenant_id,
            user_id=self.user_id,
            question=question,
            ledger=Ledger(purpose="query", origin=self.user_id),
        )


@pytest_asyncio.fixture(scope="session")
async def local_models() -> AsyncIterator[str]:
    """The address of a real local-models process."""
    process = await subprocess.create_subprocess_exec(
        *(sys.executable, "-m", "chatter.llm.local_models"), stdout=subprocess.PIPE, env={**os.environ}
    )
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            if line.startswith(b"READY "):
                yield line.split()[1].decode()
                break
    finally:
        process.terminate()
        await process.wait()


@pytest_asyncio.fixture(scope="session")
async def library(settings: Settings, local_models: str) -> AsyncIterator[Library]:
    reading = settings.model_copy(update={"local_models_url": local_models})
    async with calling(build_api(reading)) as client, Services.open(reading) as services:
        owner = await sign_up(client, organization="Tidewell")
        files = [("files", (file.name, file.read_bytes())) for file in demo_files()]
        assert (await owner.post("/documents", files=files)).status_code == 201
        for start in (*tenancy.on_startup, *domain.on_startup):
            await start(services)
        runner = JobRunner(services, [kind for each in DOMAINS for kind in each.jobs])
        while await runner.take():
            pass
        yield Library(services, owner.organization_id, owner.user_id)
        for stop in domain.on_shutdown:
            await stop(services)
