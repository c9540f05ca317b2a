"""Who says something that is sent on later, as the audit log will tell of it."""

from typing import TypedDict
from uuid import UUID

from chatter.kit.principal import ActorKind, Principal
from chatter.kit.telemetry import client_address, request_id

__all__ = ["Speaker", "speaker_of"]


class Speaker(TypedDict):
    """The columns of `Spoken`."""

    actor_kind: ActorKind
    actor_label: str
    role: str
    session_id: UUID | None
    key_id: UUID | None
    client_address: str | None
    request_id: str


def speaker_of(principal: Principal) -> Speaker:
    return Speaker(
        actor_kind=principal.kind,
        actor_label=principal.label,
        role=principal.role,
        session_id=principal.session_id,
        key_id=principal.key_id,
        client_address=client_address.get(),
        request_id=request_id.get(),
    )
