"""`chatter down`: stop what a killed run left behind."""

import rich_click as click

from chatter.cli.children import stop_leftovers
from chatter.cli.installation import AlreadyRunning, Installation
from chatter.cli.terminal import fail, out
from chatter.embedded import files
from chatter.kit.settings import Settings


@click.command()
def down() -> None:
    """Stop what an earlier run left behind: a killed `chatter up` leaves Postgres and Valkey running, data safe."""
    installation = Installation(Settings())
    if not installation.folder.exists():
        out.print(f"  Nothing was ever started in {installation.folder}.")
        return
    installation.prepare()
    try:
        installation.lock()
    except AlreadyRunning:
        address = (files.read_or_none(installation.address_file) or "an address of its own").strip()
        fail(
            f"Chatter runs in the foreground somewhere {address}.".replace(" .", "."),
            remedy="Stop it with Ctrl-C there.",
        )
    stopped = stop_leftovers(installation.children())
    installation.record_children({})
    for name, server in (("Valkey", installation.valkey), ("Postgres", installation.postgres)):
        if server.process() is not None:
            server.stop()
            stopped.append(name)
    out.print(f"  Stopped {', '.join(stopped)}." if stopped else "  Nothing was running.")
