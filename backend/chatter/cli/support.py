"""`chatter support`: how the operator of a server comes into an organisation that has granted it, and only there."""

import asyncio
import getpass
import json
from datetime import datetime
from uuid import UUID

import rich_click as click
from rich.markup import escape

from chatter.cli.operating import address_here, operated_database
from chatter.cli.terminal import fail, out
from chatter.kit.clock import SystemClock
from chatter.kit.db.database import Database
from chatter.kit.errors import ChatterError
from chatter.tenancy.facade import LONGEST_MINUTES, SupportVisits, new_link, support_link

_OPEN = """
select g.tenant_id, o.name, g.id, g.role, g.reason, g.expires_at
from support_grant g join organization o on o.tenant_id = g.tenant_id
where g.revoked_at is null and g.expires_at > now() and o.state = 'active' order by g.expires_at, g.id
"""


@click.group()
def support() -> None:
    """Enter an organisation that has granted access to this server's operator."""


@support.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_open(as_json: bool) -> None:
    """Every access that is granted at the moment, the first to expire first."""

    async def listed() -> list[dict[str, str]]:
        async with operated_database() as database:
            return await open_grants(database)

    rows = asyncio.run(listed())
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        out.print(f"  {row['organization_id']}  {escape(row['organization'])}")
        out.print(f"    as {row['role']} until {row['expires_at']}: {escape(row['reason'])}")
    if not rows:
        out.print("  No organisation has granted access. An administrator of one does so under Support access.")


@support.command()
@click.argument("organization_id", type=click.UUID)
@click.option("--reason", required=True, help="Why you enter; its owners are told, and it stays in their audit log.")
@click.option("--minutes", default=30, show_default=True, type=click.IntRange(1, LONGEST_MINUTES), help="For how long.")
@click.option("--grant", "grant_id", type=click.UUID, help="Under which access, when there are several: list --json.")
@click.option("--operator", default=getpass.getuser, show_default="the name of your account here", help="Who you are.")
def enter(organization_id: UUID, reason: str, minutes: int, grant_id: UUID | None, operator: str) -> None:
    """Print a link that opens the organisation's dashboard once, within ten minutes."""
    if not reason.strip() or not operator.strip():
        fail("A reason and a name are needed.", remedy="Its owners are told both.")
    link = new_link()

    async def opened() -> datetime:
        async with operated_database() as database, database.unit(organization_id) as session:
            return await SupportVisits(session, SystemClock()).open(
                link, operator=operator.strip(), reason=reason.strip(), minutes=minutes, grant_id=grant_id
            )

    try:
        until = asyncio.run(opened())
    except ChatterError as refused:
        fail(refused.detail, remedy=refused.remedy or "")
    out.print(f"  {support_link(address_here(), tenant_id=organization_id, link=link)}")
    out.print(f"  [dim]Works once, within ten minutes; the visit ends at {until:%H:%M} UTC. Its owners are told.[/]")
    out.print("  [dim]Open it in a private window: it takes the place of your own sign-in.[/]")


async def open_grants(database: Database) -> list[dict[str, str]]:
    """Every access that is granted at the moment, with the organisation that it is to."""
    async with database.platform() as connection:
        found = await connection.fetch(_OPEN)
    return [
        {
            "organization_id": str(row["tenant_id"]),
            "organization": row["name"],
            "grant_id": str(row["id"]),
            "role": row["role"],
            "reason": row["reason"],
            "expires_at": f"{row['expires_at']:%Y-%m-%d %H:%M} UTC",
        }
        for row in found
    ]
