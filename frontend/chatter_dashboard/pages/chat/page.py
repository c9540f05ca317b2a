"""Asking: a new or an existing conversation."""

from uuid import UUID

from chatter_dashboard.components.thread import Thread
from chatter_dashboard.pages.access.share import ShareDialog
from chatter_dashboard.pages.chat.branch import BranchDialog
from chatter_dashboard.pages.chat.comparison import ComparisonDialog
from chatter_dashboard.pages.chat.receipt import ReceiptDialog
from chatter_dashboard.pages.chat.state import load_chat
from chatter_dashboard.shell.pages import page
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["chat", "conversation"]


@page("Chat", width="full")
async def chat(visitor: Visitor) -> None:
    """A new conversation; it gets its address with its first question."""
    await _thread(visitor, conversation_id=None)


@page("Chat", width="full")
async def conversation(visitor: Visitor, conversation_id: str) -> None:
    """An existing conversation; the element itself says when it is gone."""
    try:
        wanted = UUID(conversation_id)
    except ValueError:
        wanted = UUID(int=0)
    await _thread(visitor, conversation_id=wanted)


async def _thread(visitor: Visitor, *, conversation_id: UUID | None) -> None:
    state = await load_chat(visitor)
    dialog = ShareDialog(visitor, "conversation") if visitor.may("rbac:grant:manage") else None
    branch, comparison = BranchDialog(visitor), ComparisonDialog(visitor)
    receipt = ReceiptDialog(visitor, on_branch=branch.open if visitor.may("chat:turn:create") else None)
    thread = Thread(
        conversation_id,
        models=state.models,
        default_model=state.default_model,
        collections=state.collections,
        tools=state.tools,
        has_documents=state.has_documents,
        can_manage_documents=visitor.may("documents:document:create"),
        on_receipt=receipt.open,
        on_compare=comparison.open,
        on_share=dialog.open if dialog else None,
    )

    def branched() -> None:
        receipt.close()
        thread.show_path()

    branch.offer(state.models, on_branched=branched)
