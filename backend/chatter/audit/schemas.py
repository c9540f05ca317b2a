"""The audit log, as the API shows it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from chatter.kit.schema import Schema

__all__ = [
    "ActorKind",
    "AuditChange",
    "AuditEvent",
    "AuditHead",
    "ChainBreak",
    "ChainReport",
    "ExportFormat",
    "ExportRecord",
    "OperatorReading",
    "Sink",
    "SinkRecord",
    "SinkSet",
    "SinkState",
    "SinkStatus",
    "SinkTest",
]

ActorKind = Literal["user", "service", "operator", "scim", "system"]
ExportFormat = Literal["jsonl", "csv", "ocsf"]
SinkState = Literal["active", "paused"]


class AuditChange(Schema):
    """One field before and after, as JSON; null where there was none. Secrets read `"[secret]"`."""

    field: Annotated[str, Meta(examples=["name"])]
    before: Annotated[str, Meta(examples=['"Acme"'])] | None
    after: Annotated[str, Meta(examples=['"Initech"'])] | None


class AuditEvent(Schema):
    """Who did what to what, from where; `position` is its place in the chain, null until it is sealed."""

    id: UUID
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    actor_label: Annotated[str, Meta(description="What the actor was called then.", examples=["dana@acme.test"])]
    actor_role: Annotated[str, Meta(description="The role at the time.", examples=["owner"])]
    session_id: UUID | None
    key_id: UUID | None
    client_address: Annotated[str, Meta(examples=["203.0.113.7"])] | None
    request_id: str
    run_id: UUID | None
    action: Annotated[str, Meta(examples=["tenancy:organization:updated"])]
    target: UUID | None
    changes: list[AuditChange]
    position: int | None


class AuditHead(Schema):
    """The state of an organisation's chain."""

    position: Annotated[int, Meta(description="The last sealed place; 0 when nothing was sealed yet.")]
    chain: Annotated[str, Meta(description="The hash of that place, in hexadecimal.")] | None
    sealed_at: datetime | None
    unsealed: Annotated[int, Meta(description="Rows that wait for their seal.")]
    anchored_position: Annotated[int, Meta(description="Up to here the chain was anchored outside.")] | None
    anchored_at: datetime | None


class ChainBreak(Schema):
    """The first place at which a chain does not hold."""

    position: int
    reason: str


class ChainReport(Schema):
    """What the verification of one organisation's chain found."""

    organization_id: UUID
    intact: bool
    position: int
    """How far the chain holds."""
    head: str
    erased: int
    """Rows that retention removed; their seals are there."""
    anchors: int
    unsealed: list[UUID]
    broken: ChainBreak | None


class ExportRecord(Schema):
    """What the log keeps of an export."""

    format: ExportFormat


class OperatorReading(Schema):
    """What the log keeps of what the server's operator looked at: the operation of the API, not what it answered."""

    operation: str


class Sink(Schema):
    """Where the log is sent, and how far that is."""

    url: str
    header_name: str | None
    state: SinkState
    position: Annotated[int, Meta(description="The last place of the chain that was taken.")]
    behind: Annotated[int, Meta(description="Sealed rows that were not sent yet.")]
    failures: Annotated[int, Meta(description="Attempts that failed since the last success.")]
    last_error: str | None
    last_error_at: datetime | None
    last_delivered_at: datetime | None
    next_attempt_at: datetime


class SinkStatus(Schema):
    """The destination, null when the log is sent nowhere."""

    sink: Sink | None


class SinkSet(Schema):
    """A destination that takes JSON lines by POST over HTTPS, with a header that proves who sends them."""

    url: Annotated[str, Meta(min_length=1, max_length=2000, examples=["https://siem.example.test/ingest"])]
    header_name: (
        Annotated[str, Meta(max_length=100, pattern=r"^[A-Za-z0-9-]{1,100}$", examples=["Authorization"])] | None
    ) = None
    header_value: (
        Annotated[str, Meta(max_length=2000, pattern=r"^[\x20-\x7e]{1,2000}$", examples=["Bearer 0123456789"])] | None
    ) = None
    """Absent with the same address and header: the stored one stays."""
    from_beginning: Annotated[bool, Meta(description="Send the whole log, not only what comes from now on.")] = False


class SinkRecord(Schema):
    """What the log keeps of a destination: not what its header holds."""

    url: str
    header_name: str | None
    state: str


class SinkTest(Schema):
    """What the destination answered to one line that is no row."""

    passed: bool
    detail: Annotated[str, Meta(examples=["It answered 202."])]
