"""The runs domain, as the registry sees it."""

from litestar.di import Provide

from chatter.kit.domain import Domain, Periodic
from chatter.kit.services import Services
from chatter.runs.controllers import RunController
from chatter.runs.facade import GraphLibrary, RunEngine
from chatter.runs.listeners import LISTENERS
from chatter.runs.models import Checkpoint, CheckpointBlob, CheckpointWrite, Run, RunPart, RunRetention
from chatter.runs.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, RunPermission
from chatter.runs.retention import DAILY_SECONDS, keep_log
from chatter.runs.retention_controllers import RetentionController
from chatter.runs.service import RunService

__all__ = ["domain"]


async def _start(services: Services) -> None:
    services.add(GraphLibrary(services))
    engine = RunEngine(services)
    services.add(engine)
    engine.start()


async def _stop(services: Services) -> None:
    await services.part(RunEngine).stop()


def _runs(services: Services) -> RunService:
    return RunService(services.part(RunEngine))


domain = Domain(
    name="runs",
    controllers=(RunController, RetentionController),
    tables=(Run, RunPart, RunRetention, Checkpoint, CheckpointBlob, CheckpointWrite),
    permissions=RunPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    listeners=LISTENERS,
    periodic=(Periodic(name="runs.log", seconds=DAILY_SECONDS, step=keep_log),),
    dependencies={"runs": Provide(_runs, sync_to_thread=False)},
    on_startup=(_start,),
    on_shutdown=(_stop,),
)
