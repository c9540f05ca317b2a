"""`/audit/sink`: where the log is sent."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post, put

from chatter.audit.events import SinkTested
from chatter.audit.facade import record
from chatter.audit.permissions import AuditAction, AuditPermission
from chatter.audit.schemas import Sink, SinkSet, SinkStatus, SinkTest
from chatter.audit.sink_transport import post as send
from chatter.audit.sink_transport import target_of
from chatter.audit.sinks import SinkService
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.kit.services import Services

__all__ = ["SinkController", "TestLine"]


class TestLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a destination gets when it is tried; it is no row of the log."""

    type: Annotated[str, msgspec.Meta(description="Always `chatter.audit.test`.")] = "chatter.audit.test"
    organization: str


class SinkController(Controller):
    """Set by owners and administrators, seen by auditors."""

    path = "/audit/sink"
    tags = ("Audit",)

    @get(
        operation_id="GetAuditSink",
        summary="Where the log is sent, and how far that is",
        opt=route(permission=AuditPermission.SINK_READ),
    )
    async def show(self, sinks: SinkService) -> SinkStatus:
        return await sinks.status()

    @put(
        operation_id="SetAuditSink",
        summary="Send the log to an address",
        opt=route(permission=AuditPermission.SINK_UPDATE, audit=AuditAction.SINK_SET),
    )
    async def set(self, principal: Principal, sinks: SinkService, data: SinkSet) -> Sink:
        return await sinks.set(principal, data)

    @delete(
        operation_id="RemoveAuditSink",
        summary="Send the log nowhere any more",
        opt=route(permission=AuditPermission.SINK_UPDATE, audit=AuditAction.SINK_REMOVED),
    )
    async def remove(self, principal: Principal, sinks: SinkService) -> None:
        await sinks.remove(principal)

    @post(
        "/pause",
        status_code=200,
        operation_id="PauseAuditSink",
        summary="Keep rows back until it is resumed",
        opt=route(permission=AuditPermission.SINK_UPDATE, audit=AuditAction.SINK_PAUSED),
    )
    async def pause(self, principal: Principal, sinks: SinkService) -> Sink:
        return await sinks.switch(principal, "paused")

    @post(
        "/resume",
        status_code=200,
        operation_id="ResumeAuditSink",
        summary="Go on where it was paused, at once",
        opt=route(permission=AuditPermission.SINK_UPDATE, audit=AuditAction.SINK_RESUMED),
    )
    async def resume(self, principal: Principal, sinks: SinkService) -> Sink:
        return await sinks.switch(principal, "active")

    @post(
        "/test",
        status_code=200,
        operation_id="TestAuditSink",
        summary="Send one line that is no row",
        opt=route(permission=AuditPermission.SINK_UPDATE, audit=AuditAction.SINK_TESTED),
    )
    async def test(self, principal: Principal, services: Services) -> SinkTest:
        async with services.database.unit(principal.tenant_id) as session:
            row = await SinkService(session, policy=services.http.policy, secrets=services.secrets).row()
        target = target_of(row, tenant_id=principal.tenant_id, secrets=services.secrets)
        line = msgspec.json.encode(TestLine(organization=str(principal.tenant_id))) + b"\n"
        failure = await send(services.http, target, line)
        result = SinkTest(passed=failure is None, detail=failure or "It took the line.")
        async with services.database.unit(principal.tenant_id) as session:
            await record(session, principal, AuditAction.SINK_TESTED, target=None, after=result)
            emit(session, SinkTested(passed=result.passed))
        return result
