"""What must exist before the first migration: roles, their passwords, extensions."""

import asyncpg

from chatter.kit.db.urls import DatabaseUrls

__all__ = ["bootstrap"]

_ROLES = {
    "chatter_owner": "nologin",
    "chatter_identity": "nologin",
    "chatter_search": "nologin",
    "chatter_audit": "nologin",
    "chatter_app": "login",
    "chatter_platform": "login",
}
_EXTENSIONS = ("vector", "btree_gin", "pg_trgm")


async def bootstrap(urls: DatabaseUrls) -> None:
    """Make roles and extensions in the administrator's database; safe to repeat, also by two processes at once."""
    connection = await asyncpg.connect(urls.admin)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('chatter.bootstrap'))")
            await _roles(
                connection, passwords={"chatter_app": urls.app_password, "chatter_platform": urls.platform_password}
            )
            for extension in _EXTENSIONS:
                await connection.execute(f"create extension if not exists {extension}")
            await _rights(connection)
    finally:
        await connection.close()


async def _roles(connection: asyncpg.Connection, *, passwords: dict[str, str | None]) -> None:
    existing = {
        row["rolname"] for row in await connection.fetch("select rolname from pg_roles where rolname like 'chatter_%'")
    }
    for role, login in _ROLES.items():
        if role not in existing:
            await connection.execute(f"create role {role} {login} nosuperuser nobypassrls nocreatedb nocreaterole")
        if password := passwords.get(role):
            quoted = await connection.fetchval("select quote_literal($1::text)", password)
            await connection.execute(f"alter role {role} password {quoted}")
    for role in ("chatter_identity", "chatter_search", "chatter_audit"):
        await connection.execute(f"grant {role} to chatter_owner")
    await connection.execute("grant chatter_owner to current_user")


async def _rights(connection: asyncpg.Connection) -> None:
    name = await connection.fetchval("select quote_ident(current_database())")
    await connection.execute(f"revoke all on database {name} from public")
    await connection.execute(f"grant connect on database {name} to chatter_app, chatter_platform")
    await connection.execute(f"grant create, connect, temporary on database {name} to chatter_owner")
    await connection.execute("revoke create on schema public from public")
    await connection.execute("grant usage on schema public to chatter_app, chatter_platform")
    await connection.execute(
        "grant usage, create on schema public to chatter_owner, chatter_identity, chatter_search, chatter_audit"
    )
