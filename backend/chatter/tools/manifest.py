"""The tools domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.domain import Domain, Periodic
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer
from chatter.tenancy.ports import BelongingsRegistry
from chatter.tools.belongings import NoteBelongings
from chatter.tools.controllers import DecisionController, NoteController, ToolController
from chatter.tools.listeners import LISTENERS
from chatter.tools.models import Note, ToolCall
from chatter.tools.notes import Notes
from chatter.tools.payloads import DAILY_SECONDS, sweep_payloads
from chatter.tools.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, ToolPermission
from chatter.tools.save_note import SaveNote
from chatter.tools.search_documents import SearchDocuments
from chatter.tools.toolbox import Toolbox

__all__ = ["domain"]


async def _start(services: Services) -> None:
    toolbox = Toolbox(services.database, services.part(Authorizer), store=services.store)
    toolbox.add(SearchDocuments(services))
    toolbox.add(SaveNote(services))
    services.add(toolbox)
    services.part(BelongingsRegistry).add(NoteBelongings())


def _toolbox(services: Services) -> Toolbox:
    return services.part(Toolbox)


def _notes(session: AsyncSession, principal: Principal) -> Notes:
    return Notes(session, principal)


domain = Domain(
    name="tools",
    controllers=(ToolController, DecisionController, NoteController),
    tables=(ToolCall, Note),
    permissions=ToolPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    dependencies={
        "toolbox": Provide(_toolbox, sync_to_thread=False),
        "notes": Provide(_notes, sync_to_thread=False),
    },
    listeners=LISTENERS,
    periodic=(Periodic(name="tools.payloads", seconds=DAILY_SECONDS, step=sweep_payloads),),
    on_startup=(_start,),
)
