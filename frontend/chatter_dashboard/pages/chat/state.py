"""What the chat page needs to know before somebody asks."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from chatter.llm.schemas import ModelList
from chatter_dashboard.components.thread import CollectionChoice, ModelChoice, ToolChoice
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ChatState", "load_chat"]


@dataclass(frozen=True, kw_only=True)
class ChatState:
    """The models, collections and tools to choose from, and whether there is anything to ask about."""

    models: list[ModelChoice]
    default_model: UUID | None
    collections: list[CollectionChoice]
    tools: list[ToolChoice]
    has_documents: bool


async def load_chat(visitor: Visitor) -> ChatState:
    """Ask for the models, the collections, the tools, and for one document that is ready."""
    models, ready, collections, tools = await asyncio.gather(
        visitor.api.llm.models(), _has_documents(visitor), _collections(visitor), _tools(visitor)
    )
    return ChatState(
        models=_choices(models),
        default_model=models.default_model_id,
        collections=collections,
        tools=tools,
        has_documents=ready,
    )


async def _collections(visitor: Visitor) -> list[CollectionChoice]:
    if not visitor.may("documents:collection:read"):
        return []
    return [CollectionChoice(id=one.id, name=one.name) for one in await visitor.api.collections.all()]


async def _tools(visitor: Visitor) -> list[ToolChoice]:
    """Those that the person may let a model use: others would be refused with the question."""
    if not visitor.may("tools:tool:read"):
        return []
    tools = await visitor.api.tools.all()
    return [ToolChoice(name=tool.name, label=tool.label) for tool in tools if visitor.may(tool.permission)]


async def _has_documents(visitor: Visitor) -> bool:
    return bool((await visitor.api.documents.page(limit=1)).items)


def _choices(models: ModelList) -> list[ModelChoice]:
    return [
        ModelChoice(id=model.id, label=model.label, small=model.small)
        for model in models.items
        if model.enabled and model.kind == "chat"
    ]
