"""`chatter audit`: whether the audit log is whole, and its retention. For operators: it uses the database itself."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec
import rich_click as click
from dotenv import load_dotenv

from chatter.audit.erasure import erase as erase_rows
from chatter.audit.schemas import ChainReport
from chatter.audit.verification import audited_organizations, verify
from chatter.cli.database_state import ensure_database
from chatter.cli.installation import DATABASE, Installation
from chatter.cli.terminal import fail, out
from chatter.embedded.errors import EmbeddedError
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.settings import Settings
from chatter.kit.storage import ObjectStore

T = TypeVar("T")


@click.group()
def audit() -> None:
    """Verify the audit log, and erase what was kept long enough."""


@audit.command("verify")
@click.option("--organization", type=click.UUID, help="Only this organisation's chain.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line an organisation.")
def verify_chains(organization: UUID | None, as_json: bool) -> None:
    """Recompute each organisation's chain and hold it against its anchors. Status 1 when one does not hold."""

    async def check(database: Database, store: ObjectStore) -> bool:
        chosen = [organization] if organization else await audited_organizations(database)
        intact = True
        for tenant_id in chosen:
            report = await verify(database, store, tenant_id)
            intact &= report.intact
            _tell(report, as_json=as_json)
        if not chosen and not as_json:
            out.print("  The audit log is empty.")
        return intact

    if not _with_database(check):
        sys.exit(1)


@audit.command("erase")
@click.option("--organization", type=click.UUID, required=True, help="Whose rows.")
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Rows older than this day (UTC).")
@click.option("--reason", required=True, help="Why; it stays in the log.")
def erase_old(organization: UUID, before: datetime, reason: str) -> None:
    """Erase sealed rows that are older. Their seals stay, so the chain can be verified; the erasure is a row too."""
    moment = before.replace(tzinfo=UTC)

    async def remove(database: Database, _: ObjectStore) -> int:
        return await erase_rows(database, organization, before=moment, reason=reason)

    out.print(f"  {_with_database(remove)} rows were erased.")


def _tell(report: ChainReport, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
        return
    mark = "[green]✓[/]" if report.intact else "[red]✗[/]"
    out.print(f"  {mark} {report.organization_id}  sealed {report.position}, head {report.head[:16]}")
    if report.broken is not None:
        out.print(f"    [red]broken at {report.broken.position}: {report.broken.reason}[/]")
    out.print(f"    anchors {report.anchors}, erased {report.erased}, unsealed {len(report.unsealed)}")
    for event_id in report.unsealed[:10]:
        out.print(f"    [dim]unsealed {event_id}[/]")


def _with_database(work: Callable[[Database, ObjectStore], Awaitable[T]]) -> T:
    """Do it in DATABASE_URL's database, else in the embedded one, which is started for it when nothing runs."""
    load_dotenv(Path(".env"))
    installation = Installation(Settings())
    started_here = False
    if not installation.settings.database_url:
        installation.prepare()
        try:
            started_here = not installation.postgres.start().adopted
        except EmbeddedError as failed:
            fail(failed.detail, remedy=failed.remedy)
        asyncio.run(ensure_database(installation.postgres.superuser_url, name=DATABASE))
    try:
        return asyncio.run(_run(installation, work))
    finally:
        if started_here:
            installation.postgres.stop()


async def _run(installation: Installation, work: Callable[[Database, ObjectStore], Awaitable[T]]) -> T:
    async with _database(installation) as database:
        return await work(database, ObjectStore.open(installation.settings.resolved_storage_url))


@asynccontextmanager
async def _database(installation: Installation) -> AsyncIterator[Database]:
    settings = installation.settings
    urls = DatabaseUrls.derived(
        installation.database_url,
        secret_key=installation.secret_key,
        app=settings.database_app_url,
        platform=settings.database_platform_url,
    )
    async with Database.open(urls, pool_size=2) as database:
        yield database
