"""`chatter secrets`: which key the stored secrets are sealed with, and how they come under a new one."""

import asyncio
import sys

import rich_click as click

from chatter.cli.installation import Installation
from chatter.cli.operating import operated_database, settings_here
from chatter.cli.terminal import out
from chatter.kit.crypto import SecretBox
from chatter.kit.sealed_columns import ColumnState, Rotation
from chatter.registry import DOMAINS


@click.group()
def secrets() -> None:
    """See and change the key that stored secrets are sealed with."""


@secrets.command()
def status() -> None:
    """Count the stored secrets by the key that they are sealed with."""
    _tell(asyncio.run(_through(change=False)))


@secrets.command()
def rotate() -> None:
    """Seal every stored secret with CHATTER_SECRET_KEY. Those before it stand in CHATTER_SECRET_KEYS_OLD.

    May be broken off and run again; the server may go on meanwhile, once it knows both keys.
    """
    _tell(asyncio.run(_through(change=True)))


async def _through(*, change: bool) -> list[ColumnState]:
    installation, settings = Installation(settings_here()), settings_here()
    box = SecretBox(installation.secret_key, old=settings.secret_keys_old)
    states = []
    async with operated_database() as database:
        rotation = Rotation(database, box, admin_url=installation.database_url)
        for column in (column for domain in DOMAINS for column in domain.sealed):
            state = await (rotation.rotate(column) if change else rotation.status(column))
            out.print(f"  {state.column}  {_counted(state)}")
            states.append(state)
    return states


def _counted(state: ColumnState) -> str:
    resealed = f", {state.resealed} of them sealed anew" if state.resealed else ""
    return (
        f"{state.counts['current']} current{resealed}, {state.counts['old']} old, {state.counts['unknown']} unreadable"
    )


def _tell(states: list[ColumnState]) -> None:
    old, unknown = (sum(state.counts[under] for state in states) for under in ("old", "unknown"))
    if unknown:
        out.print(
            f"  [red]✗[/] {unknown} can be opened with no key that is set: add theirs to CHATTER_SECRET_KEYS_OLD."
        )
    elif old:
        out.print(f"  {old} are under an older key: run `chatter secrets rotate`, and keep that key until then.")
    else:
        out.print(
            "  [green]✓[/] All are under the present key: CHATTER_SECRET_KEYS_OLD may go once links in mails are over."
        )
    if unknown:
        sys.exit(1)
