"""Events: written with the change they tell of (outbox), delivered after the commit, at least once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel
from chatter.kit.db.database import HotConnection
from chatter.kit.identifiers import new_id
from chatter.kit.schema import FrozenMeta
from chatter.kit.services import Services

__all__ = ["Event", "Listener", "Outbox", "emit", "emit_on"]


class Event(msgspec.Struct, metaclass=FrozenMeta):
    """Something that happened; `name` is the stable word for it, such as `documents.document.ready`."""

    name: ClassVar[str]


E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Listener(Generic[E]):
    """What to do when an event of this type was committed; must bear to be called twice."""

    event: type[E]
    handle: Callable[[Services, UUID, E], Awaitable[None]]
    """Called with the services, the tenant, the event."""


class Outbox(TenantModel):
    """Events that wait for their delivery."""

    __tablename__ = "outbox"

    name: Mapped[str]
    payload: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")


_EMIT = "insert into outbox (tenant_id, id, name, payload) values ($1, $2, $3, $4)"


def emit(session: AsyncSession, event: Event) -> None:
    """Write the event into the outbox, in the transaction of the change."""
    payload = msgspec.json.encode(event).decode()
    session.add(Outbox(tenant_id=session.info["tenant_id"], name=event.name, payload=payload))


async def emit_on(connection: HotConnection, tenant_id: UUID, event: Event) -> None:
    """The same for what writes on the hot pool."""
    payload = msgspec.json.encode(event).decode()
    await connection.execute(_EMIT, tenant_id, new_id(), event.name, payload)
