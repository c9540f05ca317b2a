"""The database, for an operator's command: DATABASE_URL's, else the embedded one, started if it is not running."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dotenv import load_dotenv

from chatter.cli.installation import Installation
from chatter.cli.terminal import fail
from chatter.embedded import files
from chatter.embedded.errors import EmbeddedError
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.settings import Settings


def settings_here() -> Settings:
    """The settings of the folder that the command is called in."""
    load_dotenv(Path(".env"))
    return Settings()


def address_here() -> str:
    """Where people reach this server: as it was configured, else where `chatter up` listens."""
    settings = settings_here()
    running = None if settings.public_url else files.read_or_none(Installation(settings).address_file)
    return (running or settings.address).strip().rstrip("/")


@asynccontextmanager
async def operated_database() -> AsyncIterator[Database]:
    """Connections as the program's own roles: row-level security holds for the operator's commands too."""
    installation = Installation(settings_here())
    settings = installation.settings
    started_here = False
    if not settings.database_url:
        installation.prepare()
        try:
            started_here = not installation.postgres.start().adopted
        except EmbeddedError as failed:
            fail(failed.detail, remedy=failed.remedy)
    urls = DatabaseUrls.derived(
        installation.database_url,
        secret_key=installation.secret_key,
        app=settings.database_app_url,
        platform=settings.database_platform_url,
    )
    try:
        async with Database.open(urls, pool_size=1) as database:
            yield database
    finally:
        if started_here:
            installation.postgres.stop()
