"""What the chat page needs to know before somebody asks."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from chatter.llm.schemas import ModelList
from chatter_dashboard.components.thread import CollectionChoice, ModelChoice
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ChatState", "load_chat"]


@dataclass(frozen=True, kw_only=True)
class ChatState:
    """The models and collections to choose from, and whether there is anything to ask about."""

    models: list[ModelChoice]
    default_model: UUID | None
    collections: list[CollectionChoice]
    has_documents: bool


async def load_chat(visitor: Visitor) -> ChatState:
    """Ask for the models, the collections, and for one document that is ready."""
    models, ready, collections = await asyncio.gather(
        visitor.api.llm.models(), _has_documents(visitor), _collections(visitor)
    )
    return ChatState(
        models=_choices(models),
        default_model=models.default_model_id,
        collections=collections,
        has_documents=ready,
    )


async def _collections(visitor: Visitor) -> list[CollectionChoice]:
    if not visitor.may("documents:collection:read"):
        return []
    return [CollectionChoice(id=one.id, name=one.name) for one in await visitor.api.collections.all()]


async def _has_documents(visitor: Visitor) -> bool:
    return bool((await visitor.api.documents.page(limit=1)).items)


def _choices(models: ModelList) -> list[ModelChoice]:
    return [
        ModelChoice(id=model.id, label=model.label, small=model.small)
        for model in models.items
        if model.enabled and model.kind == "chat"
    ]
