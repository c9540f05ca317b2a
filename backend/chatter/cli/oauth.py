"""`chatter oauth`: the keys that this server signs apps' tokens with."""

import asyncio

import rich_click as click

from chatter.cli.operating import operated_database
from chatter.cli.terminal import out
from chatter.oauth.facade import add_signing_key


@click.group()
def oauth() -> None:
    """Look after the tokens of apps."""


@oauth.command("rotate-key")
def rotate_key() -> None:
    """Sign with a new key in a minute; tokens that the old one signed work until they are over."""
    key_id = asyncio.run(_add())
    out.print(f"  [green]✓[/] Each process signs with {key_id} in a minute.")


async def _add() -> str:
    async with operated_database() as database:
        return (await add_signing_key(database)).hex
