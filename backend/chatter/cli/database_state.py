"""Whether the database is there and of this release, asked cheaply: alembic is imported only when it is not."""

import asyncpg

from chatter.kit.db.revisions import newest_revision
from chatter.kit.db.urls import DatabaseUrls


async def ensure_database(superuser_url: str, *, name: str) -> None:
    """Create the database in the embedded server when it is missing."""
    connection = await asyncpg.connect(superuser_url)
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()


async def is_current(urls: DatabaseUrls) -> bool:
    """Whether the newest migration was applied and the program's roles can sign in."""
    try:
        for url in (urls.app, urls.platform):
            await (await asyncpg.connect(url)).close()
        connection = await asyncpg.connect(urls.admin)
    except asyncpg.InvalidAuthorizationSpecificationError:
        return False
    try:
        return bool(await connection.fetchval("select version_num from schema_version") == newest_revision())
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
