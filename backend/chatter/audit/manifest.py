"""The audit domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.controllers import AuditController, event_filter
from chatter.audit.models import AuditAnchor, AuditEvent, AuditSeal, AuditSealHead, AuditSink
from chatter.audit.periodic import PERIODIC, start_sealer
from chatter.audit.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, AuditPermission
from chatter.audit.repository import AuditRepository
from chatter.audit.sink_controllers import SinkController
from chatter.audit.sinks import SinkService
from chatter.kit.db.database import Database
from chatter.kit.domain import Domain
from chatter.kit.principal import Principal
from chatter.kit.sealed_columns import SealedColumn
from chatter.kit.services import Services

__all__ = ["domain"]


def _log(database: Database, principal: Principal) -> AuditRepository:
    return AuditRepository(database, principal.tenant_id)


def _sinks(session: AsyncSession, services: Services) -> SinkService:
    return SinkService(session, policy=services.http.policy, secrets=services.secrets)


domain = Domain(
    name="audit",
    controllers=(AuditController, SinkController),
    sealed=(SealedColumn(AuditSink.header_sealed),),
    tables=(AuditEvent, AuditSeal, AuditSealHead, AuditAnchor, AuditSink),
    permissions=AuditPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    periodic=PERIODIC,
    on_startup=(start_sealer,),
    dependencies={
        "audit_log": Provide(_log, sync_to_thread=False),
        "sinks": Provide(_sinks, sync_to_thread=False),
        "wanted": Provide(event_filter, sync_to_thread=False),
    },
)
