"""`chatter organizations`: what the operator of a server does with the organisations on it."""

import asyncio
import json
from uuid import UUID

import rich_click as click
from rich.markup import escape

from chatter.cli.operating import operated_database
from chatter.cli.terminal import fail, out
from chatter.kit.db.database import Database
from chatter.kit.errors import NotFound
from chatter.tenancy.facade import Closing, operator_in

_ALL = "select tenant_id, name, state, created_at, purge_after from organization order by created_at, tenant_id"


@click.group()
def organizations() -> None:
    """List, suspend and resume the organisations of this server."""


@organizations.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_all(as_json: bool) -> None:
    """Every organisation, the oldest first."""
    rows = asyncio.run(_rows())
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        until = f" until {row['purge_after']}" if row["state"] == "deleting" else ""
        out.print(f"  {row['id']}  {row['state']}{until}  {escape(str(row['name']))}")
    if not rows:
        out.print("  There is no organisation yet.")


@organizations.command()
@click.argument("organization_id", type=click.UUID)
def suspend(organization_id: UUID) -> None:
    """Refuse everything to an organisation's members, until it is resumed."""
    asyncio.run(_change(organization_id, suspended=True))
    out.print("  [green]✓[/] Suspended. Its members are told so at their next request.")


@organizations.command()
@click.argument("organization_id", type=click.UUID)
def resume(organization_id: UUID) -> None:
    """Let the members of a suspended organisation in again."""
    asyncio.run(_change(organization_id, suspended=False))
    out.print("  [green]✓[/] Resumed.")


async def _rows() -> list[dict[str, str | None]]:
    async with operated_database() as database, database.platform() as connection:
        found = await connection.fetch(_ALL)
    return [
        {
            "id": str(row["tenant_id"]),
            "name": row["name"],
            "state": row["state"],
            "created_at": row["created_at"].isoformat(),
            "purge_after": row["purge_after"].isoformat() if row["purge_after"] else None,
        }
        for row in found
    ]


async def _change(organization_id: UUID, *, suspended: bool) -> None:
    async with operated_database() as database:
        try:
            await _close(database, organization_id, suspended=suspended)
        except NotFound:
            fail("There is no organisation of this id.", remedy="chatter organizations list shows them.")


async def _close(database: Database, organization_id: UUID, *, suspended: bool) -> None:
    async with database.unit(organization_id) as session:
        operator = operator_in(organization_id)
        if suspended:
            await Closing(session).suspend(operator)
        else:
            await Closing(session).resume(operator)
