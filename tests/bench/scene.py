"""The stand with a web process, a worker and an organisation that has documents: where all sections measure."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from chatter.llm.presets import EMBEDDING_MODEL_NAME
from tests.bench.library import Library, fill
from tests.bench.organization import Organization, sign_up
from tests.bench.provider import Load
from tests.bench.stand import Program, Stand
from tests.bench.turns import Chat

__all__ = ["LOADS", "ONE", "Scene"]

LOADS = (Load(streams=20), Load(streams=100))
ONE = Load(streams=1, tokens=10, rate=200)
"""A short turn, for what a turn costs beside its tokens."""
_PASSAGES = 600


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What every section needs."""

    stand: Stand
    web: Program
    worker: Program
    chat: Chat
    library: Library

    @classmethod
    @asynccontextmanager
    async def open(cls, stand: Stand) -> AsyncIterator["Scene"]:
        """Start web and worker, sign an organisation up, give it a provider and passages."""
        async with AsyncExitStack() as stack:
            web = stack.enter_context(stand.web())
            worker = stack.enter_context(stand.worker())
            organization = await sign_up(web.port, name="Bench")
            library = await fill(
                organization, admin_url=stand.urls.admin, model=EMBEDDING_MODEL_NAME, passages=_PASSAGES
            )
            names = [load.model for load in (*LOADS, ONE)]
            async with organization.connect() as connection:
                models = await organization.add_models(connection, upstream=stand.upstream.port, names=names)
            processes = {"web": web.pid, "worker": worker.pid, **stand.servers()}
            chat = Chat(organization=organization, models=models, question=library.questions(1)[0], processes=processes)
            yield cls(stand=stand, web=web, worker=worker, chat=chat, library=library)

    @property
    def organization(self) -> Organization:
        return self.chat.organization

    @property
    def processes(self) -> dict[str, int]:
        return self.chat.processes

    def on(self, web: Program) -> "Scene":
        """The same scene seen through another web process."""
        organization = replace(self.organization, port=web.port)
        processes = self.processes | {"web": web.pid}
        return replace(
            self,
            web=web,
            chat=replace(self.chat, organization=organization, processes=processes),
            library=replace(self.library, organization=organization),
        )
