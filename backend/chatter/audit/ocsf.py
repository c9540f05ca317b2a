"""A row in the words of the Open Cybersecurity Schema Framework (1.3): an API Activity, class 6003.

https://schema.ocsf.io/1.3.0/classes/api_activity
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from chatter.audit.schemas import AuditChange, AuditEvent

__all__ = ["OcsfEvent", "ocsf_event"]

_CLASS = 6003
_CATEGORY = 6  # Application Activity
_VERBS = {1: ("created", "added", "uploaded", "invited", "signed_up"), 4: ("deleted", "removed", "erased")}
_READS = ("read", "exported", "tested", "downloaded")
_CREATE, _READ, _UPDATE = 1, 2, 3


class Product(Struct, frozen=True):
    name: str = "Chatter"
    vendor_name: str = "Chatter"


class Metadata(Struct, frozen=True, kw_only=True):
    uid: str
    product: Product = Product()
    version: str = "1.3.0"
    sequence: int | UnsetType = UNSET


class User(Struct, frozen=True, kw_only=True):
    uid: str | UnsetType
    name: str
    type: str


class Session(Struct, frozen=True):
    uid: str


class Actor(Struct, frozen=True, kw_only=True):
    user: User
    session: Session | UnsetType


class Request(Struct, frozen=True):
    uid: str


class Api(Struct, frozen=True):
    operation: str
    request: Request


class Endpoint(Struct, frozen=True):
    ip: str | UnsetType


class Resource(Struct, frozen=True):
    uid: str
    type: str


class Unmapped(Struct, frozen=True, kw_only=True):
    actor_role: str
    key_id: str | UnsetType
    run_id: str | UnsetType
    changes: list[AuditChange]


class OcsfEvent(Struct, frozen=True, kw_only=True):
    """The part of an API Activity that we know."""

    activity_id: int
    category_uid: int = _CATEGORY
    class_uid: int = _CLASS
    type_uid: int
    severity_id: Literal[1] = 1
    status_id: Literal[1] = 1
    time: int
    """Milliseconds since 1970."""
    metadata: Metadata
    actor: Actor
    api: Api
    src_endpoint: Endpoint
    resources: list[Resource]
    unmapped: Unmapped


def ocsf_event(event: AuditEvent) -> OcsfEvent:
    """Translate a row; what OCSF has no word for stands under `unmapped`."""
    activity = _activity(event.action)
    return OcsfEvent(
        activity_id=activity,
        type_uid=_CLASS * 100 + activity,
        time=int(event.at.timestamp() * 1000),
        metadata=Metadata(uid=str(event.id), sequence=UNSET if event.position is None else event.position),
        actor=Actor(
            user=User(uid=_text(event.actor_id), name=event.actor_label, type=event.actor_kind),
            session=Session(str(event.session_id)) if event.session_id else UNSET,
        ),
        api=Api(event.action, Request(event.request_id)),
        src_endpoint=Endpoint(_text(event.client_address)),
        resources=[Resource(str(event.target), event.action.split(":")[1])] if event.target else [],
        unmapped=Unmapped(
            actor_role=event.actor_role,
            key_id=_text(event.key_id),
            run_id=_text(event.run_id),
            changes=event.changes,
        ),
    )


def _activity(action: str) -> int:
    """OCSF's number for create, read, update or delete, by the last word of the action."""
    verb = action.rpartition(":")[2]
    if verb in _READS:
        return _READ
    return next((number for number, verbs in _VERBS.items() if verb in verbs), _UPDATE)


def _text(value: object | None) -> str | UnsetType:
    return UNSET if value is None else str(value)
