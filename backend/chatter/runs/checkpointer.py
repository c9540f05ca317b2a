"""LangGraph checkpoints in our own tables, under row-level security: a thread is a run of one tenant.

`langgraph-checkpoint-postgres` has no tenant column, makes its tables outside our migrations, and is psycopg only.

Saves are written behind: a graph's steps follow each other within milliseconds, so what they save within `_WINDOW` goes
to Postgres in one round trip, and a database that is away for a moment does not break the step. `settle` waits until
all is stored, and `take` leaves the newest to be stored with something else; whoever runs a graph calls one of them at
the end, and a crash before that repeats at most the last step.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from inspect import signature
from typing import Any
from uuid import UUID

import msgspec
import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    PendingWrite,
    get_checkpoint_id,
    get_checkpoint_metadata,
)

from chatter.kit.db.database import Database
from chatter.runs.checkpoint_batch import CheckpointBatch
from chatter.runs.errors import LeaseLost
from chatter.runs.publisher import DATABASE_AWAY

__all__ = ["FENCE", "FRESH", "PostgresSaver", "TenantMissing"]

# LangGraph copies what is plain in `configurable` into the metadata of every step, but for names like these.
FENCE = "__fence"
"""The fence of the lease under which a run's graph writes."""
FRESH = "__fresh"
"""True for a run that has no checkpoint yet: nothing is looked up."""

_WINDOW = 0.25
"""Seconds: the steps before the model speaks are over by then, and are cheaper to repeat than to store one by one."""
_GIVE_UP_AFTER = 60.0
_EMPTY = "empty"
_STORE = f"select {CheckpointBatch.call(first=4)}"

log = structlog.get_logger()


class TenantMissing(LookupError):
    """A graph was run without naming the tenant in `configurable`: nothing is read or written."""


class _Thread(msgspec.Struct, frozen=True):
    """Where a graph's checkpoints live. A null fence belongs to no lease (reading, tests)."""

    tenant_id: UUID
    run_id: UUID
    fence: int | None


class PostgresSaver(BaseCheckpointSaver[str]):
    """Needs `tenant_id` and `thread_id` (the run) in `configurable`; with FENCE, writes only while it holds."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._hot = database.hot
        self._batches: dict[_Thread, CheckpointBatch] = {}
        self._writers: dict[_Thread, asyncio.Task[None]] = {}
        self._timers: dict[_Thread, asyncio.TimerHandle] = {}
        self._broken: dict[_Thread, Exception] = {}
        """Threads of which something could not be stored, until they are closed: nothing that follows it is stored."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Load the named checkpoint of the thread, or its newest."""
        thread, ns = _thread(config), _ns(config)
        if config["configurable"].get(FRESH):
            return None
        await self._flush(thread)
        return await self._load(thread, ns=ns, checkpoint_id=get_checkpoint_id(config))

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # the base class's word
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield the thread's checkpoints, newest first."""
        if config is None:
            raise TenantMissing("tenant_id")
        thread = _thread(config)
        await self._flush(thread)
        ids = await self._hot.fetch(
            "select * from checkpoint_ids($1, $2, $3, $4, $5, $6, $7)",
            *(thread.tenant_id, thread.run_id, config["configurable"].get("checkpoint_ns"), get_checkpoint_id(config)),
            *(get_checkpoint_id(before) if before else None, msgspec.json.encode(filter or {}).decode(), limit),
        )
        for ns, checkpoint_id in ids:
            found = await self._load(thread, ns=ns, checkpoint_id=checkpoint_id)
            if found is not None:
                yield found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Take a checkpoint; values of channels are stored once a version."""
        thread, ns = _thread(config), _ns(config)
        batch = self._batch(thread)
        values = checkpoint["channel_values"]
        for channel, version in new_versions.items():
            kind, body = self.serde.dumps_typed(values[channel]) if channel in values else (_EMPTY, b"")
            batch.blob(ns, channel=channel, version=str(version), kind=kind, body=body)
        kind, body = self.serde.dumps_typed({**checkpoint, "channel_values": {}})
        batch.checkpoint(
            ns,
            checkpoint_id=checkpoint["id"],
            parent_id=get_checkpoint_id(config),
            kind=kind,
            body=body,
            versions=msgspec.json.encode(checkpoint["channel_versions"]).decode(),
            metadata=msgspec.json.encode(get_checkpoint_metadata(config, metadata)).decode(),
        )
        return _config(thread, ns=ns, checkpoint_id=checkpoint["id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Take what one task wrote."""
        batch = self._batch(_thread(config))
        for index, (channel, value) in enumerate(writes):
            kind, body = self.serde.dumps_typed(value)
            batch.write(
                _ns(config),
                checkpoint_id=config["configurable"]["checkpoint_id"],
                task_id=task_id,
                index=WRITES_IDX_MAP.get(channel, index),
                task_path=task_path,
                channel=channel,
                kind=kind,
                body=body,
            )

    async def adelete_thread(self, thread_id: str) -> None:
        """Not offered: a run's checkpoints go with the run."""
        raise NotImplementedError

    def get_next_version(self, current: str | None, channel: None) -> str:  # noqa: ARG002  # of the base class
        """Versions sort as text; the random part tells branches of a thread apart."""
        last = 0 if current is None else int(current.partition(".")[0])
        return f"{last + 1:032}.{random.getrandbits(53):016}"

    async def settle(self, config: RunnableConfig) -> None:
        """Wait until everything the thread has saved is stored; raises LeaseLost when its fence has moved."""
        thread = _thread(config)
        await self._flush(thread)
        if error := self._broken.get(thread):
            raise error

    async def take(self, config: RunnableConfig) -> CheckpointBatch | None:
        """Return what is not stored yet, for whoever stores it together with what comes after the graph's end.

        Raises LeaseLost when the fence had moved before.
        """
        thread = _thread(config)
        while (writer := self._writers.get(thread)) is not None:
            await asyncio.wait({writer})
        if isinstance(error := self._broken.get(thread), LeaseLost):
            raise error
        if batch := self._taken(thread):
            batch.drop_done()
        return batch

    async def close(self, config: RunnableConfig) -> None:
        """Wait until everything is stored, or has failed, and forget the thread; raises LeaseLost.

        What was stored before a failure is a whole run up to there, so an answer that is complete stays complete.
        """
        thread = _thread(config)
        while thread in self._writers or thread in self._batches:
            await asyncio.wait({self._writers.get(thread) or self._write(thread)})
        if isinstance(error := self._broken.pop(thread, None), LeaseLost):
            raise error

    async def _flush(self, thread: _Thread) -> None:
        while thread in self._writers or thread in self._batches:
            await asyncio.shield(self._writers.get(thread) or self._write(thread))

    def _batch(self, thread: _Thread) -> CheckpointBatch:
        """Return the batch that is being filled; it is written a window after it was begun."""
        if thread in self._broken:
            return CheckpointBatch()
        batch = self._batches.get(thread)
        if batch is None:
            batch = self._batches[thread] = CheckpointBatch()
            if thread not in self._writers:
                self._wait(thread)
        return batch

    def _wait(self, thread: _Thread) -> None:
        self._timers[thread] = asyncio.get_running_loop().call_later(_WINDOW, self._write, thread)

    def _taken(self, thread: _Thread) -> CheckpointBatch | None:
        if timer := self._timers.pop(thread, None):
            timer.cancel()
        return self._batches.pop(thread, None)

    def _write(self, thread: _Thread) -> asyncio.Task[None]:
        """Begin to store the batch of a thread that has no writer."""
        batch = self._taken(thread)
        if batch is None:
            raise LookupError(thread)
        writer = self._writers[thread] = asyncio.create_task(self._write_behind(thread, batch=batch))
        writer.add_done_callback(_retrieve)
        return writer

    async def _write_behind(self, thread: _Thread, *, batch: CheckpointBatch) -> None:
        try:
            await self._store(thread, batch=batch)
        except Exception as error:
            self._batches.pop(thread, None)
            self._broken[thread] = error
            raise
        finally:
            del self._writers[thread]
        if thread in self._batches:
            self._wait(thread)

    async def _store(self, thread: _Thread, *, batch: CheckpointBatch) -> None:
        """Store a batch, with back-off while the database is away."""
        give_up, delay = asyncio.get_running_loop().time() + _GIVE_UP_AFTER, 0.1
        while True:
            try:
                kept = await self._hot.fetchval(_STORE, thread.tenant_id, thread.run_id, thread.fence, *batch.columns())
                break
            except DATABASE_AWAY as error:
                log.warning("checkpoint_not_saved", run_id=str(thread.run_id), error=type(error).__name__)
                if asyncio.get_running_loop().time() > give_up:
                    raise
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)
        if not kept:
            raise LeaseLost("Another process has this run.")

    async def _load(self, thread: _Thread, *, ns: str, checkpoint_id: str | None) -> CheckpointTuple | None:
        row = await self._hot.fetchrow(
            "select * from checkpoint_load($1, $2, $3, $4)", thread.tenant_id, thread.run_id, ns, checkpoint_id
        )
        if row is None:
            return None
        checkpoint: Checkpoint = self.serde.loads_typed((row["type"], row["body"]))
        blobs = zip(row["b_channel"] or (), row["b_type"] or (), row["b_body"] or (), strict=True)
        values = {channel: self.serde.loads_typed((kind, body)) for channel, kind, body in blobs if kind != _EMPTY}
        writes = zip(row["w_task"] or (), row["w_channel"] or (), row["w_type"] or (), row["w_body"] or (), strict=True)
        pending: list[PendingWrite] = [
            (task, channel, self.serde.loads_typed((kind, body))) for task, channel, kind, body in writes
        ]
        parent = row["parent_id"]
        return CheckpointTuple(
            config=_config(thread, ns=ns, checkpoint_id=row["checkpoint_id"]),
            checkpoint={**checkpoint, "channel_values": values},
            metadata=msgspec.json.decode(row["metadata"]),
            parent_config=_config(thread, ns=ns, checkpoint_id=parent) if parent else None,
            pending_writes=pending,
        )


# LangGraph reads it for each run; without this, inspect works it out anew.
setattr(PostgresSaver.aput_writes, "__signature__", signature(PostgresSaver.aput_writes))  # noqa: B010  # for mypy


def _thread(config: RunnableConfig) -> _Thread:
    configurable = config["configurable"]
    if (tenant_id := configurable.get("tenant_id")) is None:
        raise TenantMissing("tenant_id")
    tenant = tenant_id if isinstance(tenant_id, UUID) else UUID(tenant_id)
    return _Thread(tenant, _run(configurable["thread_id"]), configurable.get(FENCE))


@lru_cache(maxsize=1024)
def _run(thread_id: str) -> UUID:
    """The run that a thread is of: LangGraph names it at each save."""
    return UUID(thread_id)


def _ns(config: RunnableConfig) -> str:
    ns: str = config["configurable"].get("checkpoint_ns", "")
    return ns


def _config(thread: _Thread, *, ns: str, checkpoint_id: str) -> RunnableConfig:
    return {
        "configurable": {
            "tenant_id": thread.tenant_id,
            "thread_id": str(thread.run_id),
            FENCE: thread.fence,
            "checkpoint_ns": ns,
            "checkpoint_id": checkpoint_id,
        }
    }


def _retrieve(writer: asyncio.Task[None]) -> None:
    """Look at a writer's error, which `settle` raises too when somebody waits for it."""
    if not writer.cancelled() and (error := writer.exception()) is not None:
        log.warning("checkpoint_writer_stopped", error=type(error).__name__)
