"""`chatter factors`: what the operator of a server does for somebody whom nobody else can let in again."""

import asyncio
from uuid import UUID

import rich_click as click

from chatter.cli.operating import operated_database
from chatter.cli.terminal import fail, out
from chatter.identity.facade import reset_for_operator
from chatter.kit.errors import ChatterError, NotFound
from chatter.kit.jobs import JobQueue
from chatter.tenancy.facade import operator_in


@click.group()
def factors() -> None:
    """Reset the second factors of a member who has lost them and whom no administrator can help."""


@factors.command()
@click.argument("organization_id", type=click.UUID)
@click.argument("email")
def reset(organization_id: UUID, email: str) -> None:
    """Remove a member's second factors and end their sessions; they are told by mail, and the audit log says so."""

    async def removed() -> None:
        async with operated_database() as database, database.unit(organization_id) as session:
            await reset_for_operator(session, operator_in(organization_id), email=email, jobs=JobQueue(None))

    try:
        asyncio.run(removed())
    except NotFound:
        fail("Nobody of this address is a member there.", remedy="chatter organizations list shows the organisations.")
    except ChatterError as refused:
        fail(refused.detail, remedy=refused.remedy or "")
    out.print("  [green]✓[/] Reset. Their password alone lets them in until they add a factor again.")
