"""What a process is made of; built once by its composition root."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from redis.asyncio import Redis

from chatter.kit.clock import Clock, SystemClock
from chatter.kit.crypto import SecretBox
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.dns import DnsResolver, TextRecords
from chatter.kit.http import HttpSessions
from chatter.kit.mail import Mailer
from chatter.kit.mail_folder import MailFolder
from chatter.kit.mail_smtp import SmtpMailer
from chatter.kit.rate_limits.limiter import RateLimiter
from chatter.kit.settings import Settings
from chatter.kit.storage import ObjectStore
from chatter.kit.tickets import Tickets

__all__ = ["Services", "database_urls", "make_mailer"]

T = TypeVar("T")
_REDIS_SECONDS = 5.0
"""How long a call waits for Redis, which then counts as away. Longer than any that blocks there on purpose."""


class Services:
    """The connections and helpers of one process. (Not a dataclass: Litestar would validate it field by field.)"""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        database: Database,
        redis: Redis,
        tickets: Tickets,
        store: ObjectStore,
        http: HttpSessions,
        limiter: RateLimiter,
        secrets: SecretBox,
        mailer: Mailer,
        dns: TextRecords,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.database = database
        self.redis = redis
        self.tickets = tickets
        self.store = store
        self.http = http
        self.limiter = limiter
        self.secrets = secrets
        self.mailer = mailer
        self.dns = dns
        self._parts: dict[type, object] = {}

    def add(self, part: object) -> None:
        """Keep something that lives as long as the process and that a domain made at its start."""
        self._parts[type(part)] = part

    def part(self, kind: type[T]) -> T:
        """What a domain of this process added under its type; LookupError when it did not."""
        found = self._parts[kind]
        if not isinstance(found, kind):
            raise LookupError(kind)
        return found

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> "AsyncIterator[Services]":
        """Open everything; closes it in the reverse order."""
        if settings.redis_url is None:
            raise ValueError("REDIS_URL is not set; `chatter up` starts an embedded server and sets it")
        redis = Redis.from_url(settings.redis_url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS)
        try:
            async with (
                Database.open(database_urls(settings), pool_size=settings.database_pool) as database,
                Tickets.open(settings.redis_url) as tickets,
                HttpSessions.open(settings) as http,
                RateLimiter.open(settings, redis_url=settings.redis_url) as limiter,
            ):
                yield cls(
                    settings=settings,
                    clock=SystemClock(),
                    database=database,
                    redis=redis,
                    tickets=tickets,
                    store=ObjectStore.open(settings.resolved_storage_url),
                    http=http,
                    limiter=limiter,
                    secrets=SecretBox(settings.secret_key, old=settings.secret_keys_old),
                    mailer=make_mailer(settings),
                    dns=DnsResolver(settings.dns_servers),
                )
        finally:
            await redis.aclose()


def make_mailer(settings: Settings) -> Mailer:
    """The operator's mail server, else the folder."""
    if settings.smtp_url:
        return SmtpMailer(settings.smtp_url, sender=settings.mail_from)
    return MailFolder(settings.mail_folder, sender=settings.mail_from)


def database_urls(settings: Settings) -> DatabaseUrls:
    """The addresses of the three roles; raises ValueError when the settings name no database."""
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is not set; `chatter up` starts an embedded server and sets it")
    return DatabaseUrls.derived(
        settings.database_url,
        secret_key=settings.secret_key,
        app=settings.database_app_url,
        platform=settings.database_platform_url,
    )
