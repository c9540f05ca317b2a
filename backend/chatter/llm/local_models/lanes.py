"""Who is embedded next: a question never waits for a book.

Small requests have a thread of their own. Large ones are cut into batches of a few texts, which take turns with the
batches of other large requests and run at a lower operating-system priority.
"""

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np
from numpy.typing import NDArray

from chatter.llm.local_models.embedding import EmbeddingModel, TokenisedText

__all__ = ["Embedded", "EmbeddingLanes"]

SMALL_REQUEST_TOKENS = 256
BATCH_TOKENS = 512
_BACKGROUND_NICENESS = 10


class Embedded:
    """The vectors of one request and what they cost."""

    __slots__ = ("tokens", "vectors")

    def __init__(self, *, vectors: NDArray[np.float32], tokens: int) -> None:
        self.vectors = vectors
        self.tokens = tokens


class EmbeddingLanes:
    """Shares one model between requests; close() ends its threads."""

    def __init__(self, model: EmbeddingModel, *, threads: int) -> None:
        self._model = model
        self._threads = threads
        self._quick = ThreadPoolExecutor(1, "embed-quick")
        self._bulk = ThreadPoolExecutor(threads, "embed-bulk", initializer=_lower_priority)
        self._free = _Turns(threads)

    async def embed(self, texts: list[str]) -> Embedded:
        """Embed the texts in the order given."""
        loop = asyncio.get_running_loop()
        tokenised = await loop.run_in_executor(self._quick, self._model.tokenise, texts)
        tokens = sum(len(text.tokens) for text in tokenised)
        if tokens <= SMALL_REQUEST_TOKENS:
            return Embedded(
                vectors=await loop.run_in_executor(self._quick, self._model.embed, tokenised), tokens=tokens
            )
        return Embedded(vectors=await self._embed_in_turns(tokenised), tokens=tokens)

    async def _embed_in_turns(self, texts: list[TokenisedText]) -> NDArray[np.float32]:
        loop = asyncio.get_running_loop()
        result: NDArray[np.float32] | None = None
        waiting = enumerate(_batches(texts))

        async def work() -> None:
            nonlocal result
            for number, batch in waiting:
                async with self._free.turn(number):
                    vectors = await loop.run_in_executor(self._bulk, self._model.embed, batch)
                if result is None:
                    result = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
                result[[text.position for text in batch]] = vectors

        async with asyncio.TaskGroup() as group:
            for _ in range(self._threads):
                group.create_task(work())
        if result is None:
            raise ValueError("a request without texts has no vectors")
        return result

    def close(self) -> None:
        """Let the running batches end and drop the rest."""
        self._quick.shutdown(cancel_futures=True)
        self._bulk.shutdown(cancel_futures=True)


class _Turns:
    """A semaphore whose queue is ordered: of two waiting requests the one that has had fewer batches goes first."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: asyncio.PriorityQueue[tuple[int, int, asyncio.Future[None]]] = asyncio.PriorityQueue()
        self._arrivals = count()

    def turn(self, served: int) -> "_Turn":
        return _Turn(self, served)

    async def acquire(self, served: int) -> None:
        if self._free > 0:
            self._free -= 1
            return
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((served, next(self._arrivals), ready))
        try:
            await ready
        except asyncio.CancelledError:
            if ready.done() and not ready.cancelled():
                self.release()
            raise

    def release(self) -> None:
        while not self._waiting.empty():
            _, _, ready = self._waiting.get_nowait()
            if not ready.done():
                ready.set_result(None)
                return
        self._free += 1


class _Turn:
    def __init__(self, turns: _Turns, served: int) -> None:
        self._turns = turns
        self._served = served

    async def __aenter__(self) -> None:
        await self._turns.acquire(self._served)

    async def __aexit__(self, *_: object) -> None:
        self._turns.release()


def _batches(texts: list[TokenisedText]) -> list[list[TokenisedText]]:
    """Texts of like length together, so that little is padded; each batch at most BATCH_TOKENS with its padding."""
    batches: list[list[TokenisedText]] = []
    for text in sorted(texts, key=lambda text: len(text.tokens)):
        width = len(text.tokens)
        if batches and (len(batches[-1]) + 1) * width <= BATCH_TOKENS:
            batches[-1].append(text)
        else:
            batches.append([text])
    return batches


def _lower_priority() -> None:
    """On Linux niceness belongs to a thread; elsewhere to the whole process, so there it is left alone."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BACKGROUND_NICENESS)
