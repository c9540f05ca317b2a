"""Events: written with their change, delivered after it, at least once, to every listener."""

from typing import ClassVar
from uuid import UUID, uuid4

import asyncpg
import pytest

from chatter.kit.events import Event, Listener, emit
from chatter.kit.relay import Relay
from chatter.kit.services import Services


class Rang(Event):
    name: ClassVar[str] = "test.bell.rang"
    times: int


class Hearing:
    """A listener and what it heard; deaf for the first `deaf` calls."""

    def __init__(self, *, deaf: int = 0) -> None:
        self.heard: list[tuple[UUID, int]] = []
        self._deaf = deaf

    @property
    def listener(self) -> Listener[Rang]:
        return Listener(Rang, self._handle)

    async def _handle(self, _: Services, tenant_id: UUID, event: Rang) -> None:
        if self._deaf:
            self._deaf -= 1
            raise RuntimeError("not now")
        self.heard.append((tenant_id, event.times))


async def drain(relay: Relay) -> None:
    while await relay.deliver():
        pass


async def test_an_event_reaches_its_listener_once_its_unit_is_committed(services: Services) -> None:
    hearing, tenant_id = Hearing(), uuid4()
    relay = Relay(services, [hearing.listener])
    async with services.database.unit(tenant_id) as session:
        emit(session, Rang(times=3))
        await session.flush()
        await drain(relay)
        assert hearing.heard == []
    await drain(relay)
    assert hearing.heard == [(tenant_id, 3)]


async def test_an_event_of_a_unit_that_was_rolled_back_never_happened(services: Services) -> None:
    hearing = Hearing()

    async def roll_back() -> None:
        async with services.database.unit(uuid4()) as session:
            emit(session, Rang(times=1))
            raise LookupError

    with pytest.raises(LookupError):
        await roll_back()
    await drain(Relay(services, [hearing.listener]))
    assert hearing.heard == []


async def test_an_event_that_could_not_be_delivered_is_delivered_later(
    services: Services, admin: asyncpg.Connection
) -> None:
    hearing, tenant_id = Hearing(deaf=1), uuid4()
    relay = Relay(services, [hearing.listener])
    async with services.database.unit(tenant_id) as session:
        emit(session, Rang(times=7))
    await relay.deliver()
    assert hearing.heard == []
    await relay.deliver()
    assert hearing.heard == [(tenant_id, 7)]
    row = await admin.fetchrow("select attempts, delivered_at from outbox where tenant_id = $1", tenant_id)
    assert row is not None
    assert row["attempts"] == 2
    assert row["delivered_at"] is not None
