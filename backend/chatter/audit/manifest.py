"""The audit domain, as the registry sees it."""

from litestar.di import Provide

from chatter.audit.controllers import AuditController, event_filter
from chatter.audit.models import AuditAnchor, AuditEvent, AuditSeal, AuditSink
from chatter.audit.periodic import PERIODIC, start_sealer
from chatter.audit.permissions import ROLE_PERMISSIONS, AuditPermission
from chatter.audit.repository import AuditRepository
from chatter.kit.db.database import Database
from chatter.kit.domain import Domain
from chatter.kit.principal import Principal

__all__ = ["domain"]


def _log(database: Database, principal: Principal) -> AuditRepository:
    return AuditRepository(database, principal.tenant_id)


domain = Domain(
    name="audit",
    controllers=(AuditController,),
    tables=(AuditEvent, AuditSeal, AuditAnchor, AuditSink),
    permissions=AuditPermission,
    role_permissions=ROLE_PERMISSIONS,
    periodic=PERIODIC,
    on_startup=(start_sealer,),
    dependencies={
        "audit_log": Provide(_log, sync_to_thread=False),
        "wanted": Provide(event_filter, sync_to_thread=False),
    },
)
