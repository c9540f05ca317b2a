"""`/audit`: the log, its chain, its exports and its tail."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from chatter.audit.errors import AuditEventNotFound
from chatter.audit.events import EventsExported
from chatter.audit.exports import exported
from chatter.audit.facade import record
from chatter.audit.filters import EventFilter
from chatter.audit.permissions import AuditAction, AuditPermission
from chatter.audit.repository import AuditRepository
from chatter.audit.schemas import AuditEvent, AuditHead, ExportFormat, ExportRecord
from chatter.audit.tail import tail
from chatter.kit.errors import Invalid
from chatter.kit.events import emit
from chatter.kit.pagination import Cursor, moment
from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.kit.schema import Page
from chatter.kit.services import Services
from chatter.kit.standing import Standing
from chatter.kit.streaming import event_stream

__all__ = ["AuditController", "event_filter"]

_READ = route(permission=AuditPermission.EVENT_READ)
_LONGEST_POSITION = 18
Actor = Annotated[UUID | None, QueryParameter(description="Only what this person or service did.")]
Action = Annotated[
    str, QueryParameter(max_length=100, description="The beginning of an action's name, such as `tenancy:`.")
]
Target = Annotated[UUID | None, QueryParameter(description="Only what was done to this.")]
Since = Annotated[datetime | None, QueryParameter(description="From this moment on.")]
Until = Annotated[datetime | None, QueryParameter(description="Before this moment.")]
RequestId = Annotated[str, QueryParameter(max_length=64, description="Only what this request did.")]
Words = Annotated[
    str, QueryParameter(name="query", max_length=200, description="Words anywhere in the row; `-word` leaves out.")
]
LastEventId = Annotated[
    str | None,
    HeaderParameter(name="Last-Event-ID", description="The place of the last row you have; leave it out for new ones."),
]


def event_filter(
    *,
    actor: Actor = None,
    action: Action = "",
    target: Target = None,
    since: Since = None,
    until: Until = None,
    request_id: RequestId = "",
    words: Words = "",
) -> EventFilter:
    """The conditions of a list or an export, from the query."""
    return EventFilter(
        actor=actor,
        action=action,
        target=target,
        since=moment(since),
        until=moment(until),
        request=request_id,
        text=words,
    )


class AuditController(Controller):
    """Read by owners, administrators and auditors."""

    path = "/audit"
    tags = ("Audit",)

    @get("/events", operation_id="ListAuditEvents", summary="What was done, newest first", opt=_READ)
    async def index(
        self,
        audit_log: AuditRepository,
        wanted: EventFilter,
        cursor: str | None = None,
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    ) -> Page[AuditEvent]:
        found = await audit_log.find(wanted, after=Cursor.decode(cursor), limit=limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        return Page(items=found[:limit], next_cursor=Cursor(last.at, last.id).encode() if last else None)

    @get(
        "/events/{event_id:uuid}",
        operation_id="GetAuditEvent",
        summary="One row, with what it changed",
        opt=_READ,
    )
    async def show(self, event_id: UUID, audit_log: AuditRepository) -> AuditEvent:
        found = await audit_log.find(EventFilter(event=event_id), after=None, limit=1)
        if not found:
            raise AuditEventNotFound
        return found[0]

    @get("/head", operation_id="GetAuditHead", summary="The state of the chain", opt=_READ)
    async def head(self, audit_log: AuditRepository) -> AuditHead:
        return await audit_log.head()

    @get(
        "/export",
        operation_id="ExportAuditEvents",
        summary="The log as a file; the export leaves a row itself",
        opt=route(permission=AuditPermission.EVENT_READ, audit=AuditAction.EXPORTED),
        media_type="application/octet-stream",
    )
    async def export(
        self,
        *,
        principal: Principal,
        services: Services,
        audit_log: AuditRepository,
        wanted: EventFilter,
        form: Annotated[ExportFormat, QueryParameter(name="format")] = "jsonl",
    ) -> Stream:
        async with services.database.unit(principal.tenant_id) as session:
            await record(session, principal, AuditAction.EXPORTED, target=None, after=ExportRecord(format=form))
            emit(session, EventsExported(format=form))
        name = f"audit-{services.clock.now():%Y-%m-%d}.{'ocsf.jsonl' if form == 'ocsf' else form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Stream(exported(audit_log, wanted, form=form), headers=headers)

    @get(
        "/tail",
        operation_id="TailAuditEvents",
        summary="New rows as they are sealed",
        description=(
            "Server-sent events in the order of the chain, numbered by their place in it. The stream ends after a "
            "minute; come back with the last number, and nothing is lost or told twice. When the reader's right ends "
            "before, a last event named `problem` says why."
        ),
        opt=_READ,
        media_type="text/event-stream",
    )
    async def follow(self, audit_log: AuditRepository, standing: Standing, last_event_id: LastEventId = None) -> Stream:
        after = await audit_log.last_position() if last_event_id is None else _position(last_event_id)
        return event_stream(tail(audit_log, after=after), standing)


def _position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_POSITION:
        raise Invalid("Last-Event-ID is the place of a row.", remedy="Leave it out to read new rows only.")
    return int(text)
