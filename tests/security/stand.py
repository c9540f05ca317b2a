"""What the attacks need: the program on a database with a victim, an attacker, and the colleagues of both."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from chatter.api import build_api
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.rbac.facade import BUILT_IN_ROLES
from tests.people import Person, asgi, sign_up
from tests.security.catalogue import GLOBAL_TABLES, tenant_tables
from tests.security.meter import Meter
from tests.security.operations import Operation, operations
from tests.security.world import MARKER, World, populate
from tests.servers import SECRET_KEY

__all__ = ["Cast", "Place", "Stand", "lift_policies"]


@dataclass(frozen=True)
class Cast:
    """Everybody on the stand. Who is who is kept, so that a clone of the database has the same people."""

    victim: World
    attacker: World
    twin: World
    """A third organisation, whose rows have the ids of the attacker's."""
    insiders: dict[str, Person]
    """A colleague of the victim in each role."""
    outsiders: dict[str, Person]
    """The attacker's organisation: somebody in each role."""
    robots: dict[str, Person]
    """And a service account in each role that one can have."""

    def on(self, client: Any) -> "Cast":
        """The same people, talking to another process; None while there is none."""

        def everybody(people: dict[str, Person]) -> dict[str, Person]:
            return {role: replace(person, client=client) for role, person in people.items()}

        def there(world: World) -> World:
            return replace(world, person=replace(world.person, client=client))

        return Cast(
            victim=there(self.victim),
            attacker=there(self.attacker),
            twin=there(self.twin),
            insiders=everybody(self.insiders),
            outsiders=everybody(self.outsiders),
            robots=everybody(self.robots),
        )


# A stand lives longer than a proof of who somebody is suffices.
_PROVEN = "update user_session set authenticated_at = now() + interval '1 day'"


@dataclass(frozen=True)
class Place:
    """Where a stand is built: a database, a Redis, a folder for files."""

    urls: DatabaseUrls
    redis_url: str
    folder: Path


@dataclass
class Stand:
    """One process of the program, metered, with its cast."""

    place: Place
    admin: asyncpg.Connection
    """The superuser, who sees everything: for looking, and for acting where no policy holds."""
    app: asyncpg.Connection
    """The role that serves people, with no tenant bound."""
    api: Litestar
    services: Services
    meter: Meter
    cast: Cast
    operations: list[Operation]
    attacks: int = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, place: Place, cast: Cast | None = None) -> "AsyncIterator[Stand]":
        """Start the program; hire the cast, unless the database has it already."""
        async with AsyncExitStack() as stack:
            meter = await stack.enter_async_context(Meter.before(place.urls.admin))
            settings = Settings(
                data_dir=place.folder,
                secret_key=SECRET_KEY,
                database_url=meter.url,
                redis_url=place.redis_url,
                sign_up_open=True,
                local_models_url="http://127.0.0.1:9/v1",  # nobody listens
                dashboard=False,
                egress_allow=["127.0.0.0/8"],  # where the providers of tests/sso listen
            )
            api = build_api(settings)
            await stack.enter_async_context(api.lifespan())
            client = await stack.enter_async_context(
                httpx.AsyncClient(transport=asgi(api), base_url="http://chatter.test")
            )
            admin = await asyncpg.connect(place.urls.admin)
            stack.push_async_callback(admin.close)
            app = await asyncpg.connect(place.urls.app)
            stack.push_async_callback(app.close)
            cast = cast.on(client) if cast else await _hire(admin, client)
            await admin.execute(_PROVEN)
            stand = cls(place, admin, app, api, api.state.services, meter, cast, operations(api))
            await _store_files(stand)
            await _warm_up(stand)
            yield stand

    @classmethod
    @asynccontextmanager
    async def of_database(cls, place: Place, cast: Cast) -> "AsyncIterator[Stand]":
        """The database alone, for attacks that send no request: it stands in a tenth of the time."""
        admin, app = await asyncpg.connect(place.urls.admin), await asyncpg.connect(place.urls.app)
        try:
            absent: Any = None
            yield cls(place, admin, app, absent, absent, absent, cast, [])
        finally:
            await admin.close()
            await app.close()

    @property
    def victim(self) -> World:
        return self.cast.victim

    @property
    def attacker(self) -> World:
        return self.cast.attacker

    @property
    def twin(self) -> World:
        return self.cast.twin

    def permission(self, operation: Operation) -> StrEnum | None:
        """What the operation's route declares."""
        return self.handlers[operation.name].opt.get("permission")

    @cached_property
    def handlers(self) -> dict[str, HTTPRouteHandler]:
        """The routes' handlers by operation id."""
        routes = [route for route in self.api.routes if isinstance(route, HTTPRoute)]
        return {str(handler.operation_id): handler for route in routes for handler in route.route_handlers}

    async def as_app(self, tenant_id: UUID | None) -> None:
        """Bind a tenant to the present transaction of `app`."""
        await self.app.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id or ""))


async def lift_policies(urls: DatabaseUrls) -> None:
    """Switch row-level security off everywhere: what still keeps tenants apart then are the program's predicates."""
    admin = await asyncpg.connect(urls.admin)
    try:
        for row in await tenant_tables(admin):
            await admin.execute(f'alter table "{row["relname"]}" disable row level security')
    finally:
        await admin.close()


async def _hire(admin: asyncpg.Connection, client: httpx.AsyncClient) -> Cast:
    """Three organisations with a row in every table, and a person of each role in the first two."""
    victim = await populate(admin, await sign_up(client, organization=MARKER, name=MARKER), skip=GLOBAL_TABLES)
    intruder = await sign_up(client, organization="Intruders")
    attacker = await populate(admin, intruder, skip=GLOBAL_TABLES, marker="INTRUDER")
    other = await sign_up(client, organization=MARKER, name=MARKER)
    twin = await populate(admin, other, skip=GLOBAL_TABLES, twin_of=attacker)
    insiders, outsiders = await _colleagues(victim.person), await _colleagues(attacker.person)
    robots = {role: await attacker.person.service(role) for role in BUILT_IN_ROLES if role != "owner"}
    return Cast(victim, attacker, twin, insiders, outsiders, robots)


async def _colleagues(owner: Person) -> dict[str, Person]:
    return {role: owner if role == "owner" else await owner.colleague(role) for role in BUILT_IN_ROLES}


async def _warm_up(stand: Stand) -> None:
    """New connections ask the database about its types: once, before anything is counted."""
    for path in ("/organization", "/conversations"):
        await stand.attacker.person.get(path)


async def _store_files(stand: Stand) -> None:
    for world in (stand.victim, stand.attacker, stand.twin):
        key = world.rows["document_version"]["storage_key"]
        call = world.rows["tool_call"]
        for name in (key, f"payloads/{call['arguments_payload']}", f"payloads/{call['result_payload']}"):
            await stand.services.store.put(world.person.organization_id, name, world.marker.encode())
