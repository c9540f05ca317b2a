"""What other domains may ask of runs."""

import asyncio
import gc
import importlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.services import Services
from chatter.runs.checkpoint_batch import CheckpointBatch
from chatter.runs.engine import RunEngine
from chatter.runs.frames import texts
from chatter.runs.log import LiveLog
from chatter.runs.models import Run
from chatter.runs.permissions import RunPermission
from chatter.runs.ports import ActiveRun, Ending, RunKind, RunWork, Told
from chatter.runs.publisher import DATABASE_AWAY
from chatter.runs.repository import LEASE_SECONDS, Closing, Grant, LapsedRun
from chatter.runs.service import RunService
from chatter.runs.steps import Moment, Step, StepGraph

__all__ = [
    "DATABASE_AWAY",
    "LEASE_SECONDS",
    "ActiveRun",
    "CheckpointBatch",
    "Closing",
    "Ending",
    "Grant",
    "GraphLibrary",
    "LapsedRun",
    "LiveLog",
    "Moment",
    "RunEngine",
    "RunKind",
    "RunPermission",
    "RunService",
    "RunWork",
    "Step",
    "StepGraph",
    "Told",
    "forget",
    "texts",
]


async def forget(session: AsyncSession, *, run_ids: Sequence[UUID]) -> None:
    """Delete runs with their events and checkpoints, in the transaction of whatever they worked for."""
    await session.execute(delete(Run).where(Run.id.in_(run_ids)))


class GraphLibrary:
    """LangGraph, loaded once a process in a thread of its own: whoever needs a graph before that waits for it."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._loading: asyncio.Task[None] | None = None

    def warm(self) -> None:
        """Begin to load; called once the socket listens, and by whoever comes first."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(_load))

    async def graph(self, state: type, *, steps: Sequence[Step[Any]]) -> StepGraph[Any]:
        """Compile a graph; its owner keeps it."""
        self.warm()
        if self._loading is not None:
            await asyncio.shield(self._loading)
        module = importlib.import_module("chatter.runs.graph")
        saver = importlib.import_module("chatter.runs.checkpointer").PostgresSaver(self._database)
        made: StepGraph[Any] = module.LangGraphSteps(state, steps=steps, saver=saver)
        return made


def _load() -> None:
    # Start-up: importing LangGraph costs 4 s of CPU, so it happens in the background once the process listens.
    importlib.import_module("chatter.runs.graph")
    # What was imported never becomes garbage; looking through it took each full collection 0.2 s of a stopped loop.
    gc.freeze()
