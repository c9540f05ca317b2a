"""The embedding model of our own local-models process."""

import asyncio
from collections.abc import Sequence
from typing import Literal

import numpy as np

from chatter.kit.settings import Settings
from chatter.llm.adapters.wires import Wires
from chatter.llm.errors import LocalModelsAway
from chatter.llm.ports import ChatTarget, EmbeddingCall, Vectors
from chatter.llm.presets import EMBEDDING_DIMENSION, EMBEDDING_MODEL_NAME

__all__ = ["LocalEmbedder", "built_in_target"]

_TEXTS_PER_REQUEST = 32
_SIMULTANEOUS = 4


class LocalEmbedder:
    """Sends large requests in parts, a few at a time; the order of the texts is kept."""

    def __init__(self, wire: Wires, settings: Settings) -> None:
        self._wire = wire
        self._settings = settings
        self._free = asyncio.Semaphore(_SIMULTANEOUS)

    @property
    def dimension(self) -> int:
        return EMBEDDING_DIMENSION

    @property
    def model_name(self) -> str:
        return EMBEDDING_MODEL_NAME

    async def embed(
        self, texts: Sequence[str], *, purpose: Literal["query", "passage"], calls: list[EmbeddingCall]
    ) -> Vectors:
        """One vector for each text. A query does not wait behind passages; this model needs no other distinction."""
        target = built_in_target(self._settings, model=EMBEDDING_MODEL_NAME)
        if not texts:
            return np.empty((0, EMBEDDING_DIMENSION), dtype=np.float16)
        if purpose == "query":
            return await self._wire.embed(target, texts, calls=calls)
        parts = [texts[start : start + _TEXTS_PER_REQUEST] for start in range(0, len(texts), _TEXTS_PER_REQUEST)]
        return np.concatenate(await self._embed_all(target, parts, calls=calls))

    async def _embed_all(
        self, target: ChatTarget, parts: list[Sequence[str]], *, calls: list[EmbeddingCall]
    ) -> list[Vectors]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._embed_part(target, part, calls=calls)) for part in parts]
        except ExceptionGroup as group_error:
            raise group_error.exceptions[0] from None  # one of ours, which callers can act on
        return [task.result() for task in tasks]

    async def _embed_part(self, target: ChatTarget, texts: Sequence[str], *, calls: list[EmbeddingCall]) -> Vectors:
        async with self._free:
            return await self._wire.embed(target, texts, calls=calls)


def built_in_target(settings: Settings, *, model: str) -> ChatTarget:
    """One of the models of the local-models process; raises LocalModelsAway when there is no such process."""
    if not settings.local_models_url:
        raise LocalModelsAway(
            "The built-in models are not running.",
            remedy="The operator can start them, or set CHATTER_LOCAL_MODELS_URL.",
        )
    return ChatTarget(
        base_url=settings.local_models_url.rstrip("/"),
        model=model,
        key=settings.local_models_key or None,
        provider="The built-in model",
        internal=True,
        built_in=True,
        prefill="plain",
    )
