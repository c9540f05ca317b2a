"""Two processes' worth of authorizers, and things to share."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.rbac.facade import Authorizer, Catalogue
from chatter.registry import DOMAINS
from tests.people import Person

__all__ = ["MakeRole", "principal_of"]

MakeRole = Callable[..., Awaitable[dict[str, Any]]]


@pytest_asyncio.fixture
async def here(database: Database) -> AsyncIterator[Authorizer]:
    """The authorizer of a process."""
    async with _running(database) as authorizer:
        yield authorizer


@pytest_asyncio.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[Authorizer]:
    """The authorizer of another process, with connections of its own."""
    async with Services.open(settings) as services, _running(services.database) as authorizer:
        yield authorizer


@pytest.fixture
def make_role(owner: Person) -> MakeRole:
    """Makes a role in the owner's organisation."""

    async def make(name: str, *permissions: str, by: Person = owner, expect: int = 201) -> dict[str, Any]:
        answer = await by.post("/roles", json={"name": name, "permissions": permissions})
        assert answer.status_code == expect, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make


def principal_of(person: Person, *, role: str) -> Principal:
    """The person, as a request of theirs would have it."""
    return Principal(
        tenant_id=TenantId(person.organization_id),
        user_id=UserId(person.user_id),
        session_id=new_id(),
        role=role,
        email=person.email,
        name="Dana Reyes",
        organization_name="Acme",
    )


async def team_of(person: Person, *members: UUID, database: Database) -> UUID:
    """A team of the person's organisation."""
    team_id, tenant_id = new_id(), person.organization_id
    async with database.connection(tenant_id) as connection:
        await connection.execute(
            "insert into team (tenant_id, id, name) values ($1, $2, 'Support')", tenant_id, team_id
        )
        for user_id in members:
            await connection.execute("insert into team_member values ($1, $2, $3)", tenant_id, team_id, user_id)
    return team_id


@contextlib.asynccontextmanager
async def _running(database: Database) -> AsyncIterator[Authorizer]:
    authorizer = Authorizer(database, Catalogue.of(DOMAINS))
    authorizer.start()
    yield authorizer
    await authorizer.stop()
