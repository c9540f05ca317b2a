"""What handlers may ask for by name."""

from collections.abc import AsyncIterator

from litestar import Request
from litestar.datastructures import State
from litestar.di import Provide
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.clock import Clock
from chatter.kit.crypto import SecretBox
from chatter.kit.db.database import Database
from chatter.kit.http import HttpSessions
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.kit.storage import ObjectStore

__all__ = ["dependencies"]


async def _session(services: Services, principal: Principal) -> AsyncIterator[AsyncSession]:
    async with services.database.unit(principal.tenant_id) as session:
        yield session


def _services(state: State) -> Services:
    found: Services = state.services
    return found


def _principal(request: Request[Principal, object, State]) -> Principal:
    return request.user


def _settings(services: Services) -> Settings:
    return services.settings


def _clock(services: Services) -> Clock:
    return services.clock


def _database(services: Services) -> Database:
    return services.database


def _redis(services: Services) -> Redis:
    return services.redis


def _jobs(services: Services) -> JobQueue:
    return JobQueue(services.tickets)


def _store(services: Services) -> ObjectStore:
    return services.store


def _http(services: Services) -> HttpSessions:
    return services.http


def _secrets(services: Services) -> SecretBox:
    return services.secrets


dependencies = {
    "services": Provide(_services, sync_to_thread=False),
    "principal": Provide(_principal, sync_to_thread=False),
    "session": Provide(_session),
    "settings": Provide(_settings, sync_to_thread=False),
    "clock": Provide(_clock, sync_to_thread=False),
    "database": Provide(_database, sync_to_thread=False),
    "redis": Provide(_redis, sync_to_thread=False),
    "jobs": Provide(_jobs, sync_to_thread=False),
    "store": Provide(_store, sync_to_thread=False),
    "http": Provide(_http, sync_to_thread=False),
    "secrets": Provide(_secrets, sync_to_thread=False),
}
