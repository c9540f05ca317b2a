"""The chat domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.adapters.document_knowledge import DocumentKnowledge
from chatter.chat.belongings import ConversationBelongings
from chatter.chat.branch_controllers import BranchController
from chatter.chat.branch_points import BranchPoints
from chatter.chat.branching import Branching
from chatter.chat.controllers import ConversationController
from chatter.chat.instructing import Instructing
from chatter.chat.models import (
    Citation,
    Conversation,
    ConversationCollection,
    Instruction,
    Message,
    MessagePart,
    MessagePassage,
    QueuedMessage,
    RunBranch,
)
from chatter.chat.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, ChatPermission
from chatter.chat.queue_controllers import InstructionController, QueueController
from chatter.chat.queueing import Queueing
from chatter.chat.repository import ChatRepository
from chatter.chat.resources import CONVERSATION
from chatter.chat.service import ChatService
from chatter.chat.timeline_controllers import ComparisonController, TimelineController
from chatter.chat.turn_work import TurnKind
from chatter.chat.turns import TurnService
from chatter.kit.domain import Domain
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer
from chatter.runs.facade import RunEngine, RunService
from chatter.tenancy.ports import BelongingsRegistry

__all__ = ["domain"]


async def _start(services: Services) -> None:
    turns = TurnService(services, knowledge=DocumentKnowledge(services))
    services.add(turns)
    services.part(BelongingsRegistry).add(ConversationBelongings())
    services.part(RunEngine).register(TurnKind(turns))


def _chat(services: Services, authorizer: Authorizer) -> ChatService:
    database = services.database
    return ChatService(ChatRepository(database), database=database, authorizer=authorizer)


def _turns(services: Services) -> TurnService:
    return services.part(TurnService)


def _queueing(session: AsyncSession, principal: Principal, runs: RunService) -> Queueing:
    return Queueing(session, principal, runs)


def _instructing(session: AsyncSession, principal: Principal, runs: RunService) -> Instructing:
    return Instructing(session, principal, runs)


def _branch_points(services: Services, runs: RunService) -> BranchPoints:
    return BranchPoints(services.database, services.part(TurnService), runs)


def _branching(services: Services, runs: RunService) -> Branching:
    return Branching(services.database, services.part(TurnService), runs)


domain = Domain(
    name="chat",
    controllers=(
        *(ConversationController, QueueController, InstructionController),
        *(TimelineController, BranchController, ComparisonController),
    ),
    tables=(
        *(Conversation, ConversationCollection, Message, MessagePart, MessagePassage, Citation),
        *(QueuedMessage, Instruction, RunBranch),
    ),
    resources=(CONVERSATION,),
    permissions=ChatPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    dependencies={
        "chat": Provide(_chat, sync_to_thread=False),
        "turns": Provide(_turns, sync_to_thread=False),
        "queueing": Provide(_queueing, sync_to_thread=False),
        "instructing": Provide(_instructing, sync_to_thread=False),
        "branch_points": Provide(_branch_points, sync_to_thread=False),
        "branching": Provide(_branching, sync_to_thread=False),
    },
    on_startup=(_start,),
)
