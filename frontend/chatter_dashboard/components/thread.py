"""A conversation."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
from nicegui.element import Element

from chatter.kit.schema import Schema
from chatter_dashboard.components.bundle import BUNDLE

__all__ = ["CollectionChoice", "ModelChoice", "Thread", "ToolChoice"]


class ModelChoice(Schema, frozen=True, kw_only=True):
    """A model that may answer; `small` ones are labelled as such."""

    id: UUID
    label: str
    small: bool = False


class CollectionChoice(Schema, frozen=True, kw_only=True):
    """A collection that may be asked."""

    id: UUID
    name: str


class ToolChoice(Schema, frozen=True, kw_only=True):
    """A tool that the model may be let use."""

    name: str
    label: str


class Thread(Element, component="lx_thread.js", esm=BUNDLE):
    """Loads, asks and follows by itself, over the API: no token passes through this element."""

    def __init__(
        self,
        conversation_id: UUID | None,
        *,
        models: list[ModelChoice],
        default_model: UUID | None,
        collections: list[CollectionChoice],
        tools: list[ToolChoice],
        has_documents: bool,
        can_manage_documents: bool,
        on_receipt: Callable[[UUID, UUID], Awaitable[None]],
        on_compare: Callable[[UUID, UUID], Awaitable[None]],
        on_share: Callable[[UUID, str], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__()
        self._props["conversationId"] = str(conversation_id) if conversation_id else ""
        self._props["models"] = msgspec.to_builtins(models)
        self._props["defaultModel"] = str(default_model) if default_model else ""
        self._props["collections"] = msgspec.to_builtins(collections)
        self._props["tools"] = msgspec.to_builtins(tools)
        self._props["hasDocuments"] = has_documents
        self._props["canManageDocuments"] = can_manage_documents
        self._props["canShare"] = on_share is not None
        self.on("receipt", lambda event: on_receipt(UUID(str(event.args["id"])), UUID(str(event.args["message"]))))
        self.on("compare", lambda event: on_compare(UUID(str(event.args["run"])), UUID(str(event.args["other"]))))
        if on_share is not None:
            self.on("share", lambda event: on_share(UUID(str(event.args["id"])), str(event.args["title"])))

    def show_path(self) -> None:
        """Read the shown path anew: another answer stands in it."""
        self.run_method("showPath")
