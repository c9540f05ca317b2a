"""Commands of an operator: migrations, the API's description, settings, version."""

import asyncio
import json
import sys
from pathlib import Path

import msgspec
import rich_click as click
from dotenv import load_dotenv

from chatter.cli.database_state import ensure_database
from chatter.cli.installation import DATABASE, Installation
from chatter.cli.terminal import fail, out
from chatter.embedded.errors import EmbeddedError
from chatter.kit.settings import Settings


@click.command()
def migrate() -> None:
    """Bring the database to this release: DATABASE_URL's, else the embedded one."""
    # alembic and SQLAlchemy take a second to import, which the other commands of this file need not pay
    from chatter.kit.db.bootstrap import bootstrap  # noqa: PLC0415
    from chatter.kit.db.migrate import upgrade  # noqa: PLC0415
    from chatter.kit.db.urls import DatabaseUrls  # noqa: PLC0415

    load_dotenv(Path(".env"))
    installation = Installation(Settings())
    settings = installation.settings
    started_here = False
    if not settings.database_url:
        installation.prepare()
        try:
            started_here = not installation.postgres.start().adopted
        except EmbeddedError as failed:
            fail(failed.detail, remedy=failed.remedy)
        asyncio.run(ensure_database(installation.postgres.superuser_url, name=DATABASE))
    urls = DatabaseUrls.derived(
        installation.database_url,
        secret_key=installation.secret_key,
        app=settings.database_app_url,
        platform=settings.database_platform_url,
    )
    try:
        asyncio.run(bootstrap(urls))
        asyncio.run(upgrade(urls))
    finally:
        if started_here:
            installation.postgres.stop()
    out.print("  The database is up to date.")


@click.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document."""
    # the whole API takes seconds to import
    from chatter.api import build_api  # noqa: PLC0415
    from chatter.kit.web.examples import with_examples  # noqa: PLC0415

    schema = with_examples(build_api(Settings(secret_key="x" * 32)).openapi_schema.to_schema())
    sys.stdout.write(json.dumps(schema, indent=2, ensure_ascii=False, default=msgspec.to_builtins) + "\n")


@click.group()
def settings() -> None:
    """Everything that can be set by the environment."""


@settings.command()
def example() -> None:
    """Print every setting with its default and meaning, as a file for `.env`."""
    sys.stdout.write(example_file())


def example_file() -> str:
    """Return the content of .env.example."""
    lines = ["# Every setting of Chatter. `chatter up` needs none of them; copy what you change to .env.", ""]
    for name, field in Settings.model_fields.items():
        lines += [
            f"# {field.description}",
            f"# {_variable(name)}={_default(field.default, factory=field.default_factory)}",
            "",
        ]
    return "\n".join(lines)


def _variable(name: str) -> str:
    return name.upper() if name in ("database_url", "redis_url", "smtp_url", "mail_from") else f"CHATTER_{name.upper()}"


def _default(default: object, *, factory: object) -> str:
    if factory is not None:
        return "[]"
    if default is None:
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)
