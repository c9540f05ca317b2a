"""Runs the migrations, as the owner of the tables."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chatter.kit.db.revisions import migrations_folder
from chatter.kit.db.urls import DatabaseUrls

__all__ = ["alembic_config", "downgrade", "head", "upgrade"]


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision that the code knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""


async def upgrade(urls: DatabaseUrls, *, revision: str = "head") -> None:
    """Bring the database to a revision; two processes at once wait for each other."""
    await _run(urls, lambda config: command.upgrade(config, revision))


async def downgrade(urls: DatabaseUrls, *, revision: str) -> None:
    """Take the database back to a revision."""
    await _run(urls, lambda config: command.downgrade(config, revision))


async def _run(urls: DatabaseUrls, step: Callable[[Config], None]) -> None:
    def in_connection(connection: Connection) -> None:
        connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('chatter.migrate'))")
        connection.exec_driver_sql("set local role chatter_owner")
        step(alembic_config(connection))

    engine = create_async_engine(urls.admin_sqlalchemy, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(in_connection)
    finally:
        await engine.dispose()
