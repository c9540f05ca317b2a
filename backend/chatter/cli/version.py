"""Which release this is."""

from importlib import metadata

import rich_click as click


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(release())


def release() -> str:
    return metadata.version("chatter")
