"""What an organisation's closing means for its runs: they stop, and what they have written stays."""

from uuid import UUID

import structlog
from redis.exceptions import RedisError

from chatter.kit.events import Event, Listener
from chatter.kit.services import Services
from chatter.runs.repository import RunRepository
from chatter.runs.wire import RunWire
from chatter.tenancy.events import OrganizationDeletionRequested, OrganizationSuspended

__all__ = ["LISTENERS"]

log = structlog.get_logger()


async def _stop_runs(services: Services, tenant_id: UUID, _: Event) -> None:
    wire = RunWire(services.redis)
    for run_id in await RunRepository(services.database).ask_all_to_stop(tenant_id):
        try:
            await wire.ask_to_cancel(run_id)
        except (RedisError, OSError) as error:  # the heartbeat of the process that has it finds the request
            log.warning("cancel_not_published", run_id=str(run_id), error=type(error).__name__)


LISTENERS = (
    Listener(event=OrganizationSuspended, handle=_stop_runs),
    Listener(event=OrganizationDeletionRequested, handle=_stop_runs),
)
