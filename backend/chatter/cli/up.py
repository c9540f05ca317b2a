"""`chatter up`: everything, in the foreground, until Ctrl-C."""

import os
from pathlib import Path

import rich_click as click
from dotenv import load_dotenv
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from chatter.cli.demo import DemoSignIn, shown
from chatter.cli.installation import AlreadyRunning, Installation, command_name
from chatter.cli.supervisor import StopRequested, Supervisor, stop_on_signals
from chatter.cli.terminal import StageFailed, fail, out
from chatter.cli.version import release
from chatter.embedded import files
from chatter.embedded.errors import EmbeddedError
from chatter.kit.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Preferred port.  [default: 8000, else a free one]")
@click.option("--demo/--no-demo", default=True, help="Make a demo organisation when nobody has signed up yet.")
def up(host: str | None, port: int | None, demo: bool) -> None:
    """Start everything and print the address. Ctrl-C stops it."""
    load_dotenv(Path(".env"))
    settings = Settings()
    settings = settings.model_copy(update={"host": host or settings.host, "port": port or settings.port})
    installation = Installation(settings)
    supervisor = Supervisor(installation)
    out.print(f"\n  [bold]Chatter[/] [dim]{release()}[/]\n")
    stop_on_signals()
    try:
        sign_in = supervisor.start(demo=demo)
        _show(supervisor, sign_in)
        supervisor.watch()
    except StopRequested:
        out.print()
    except AlreadyRunning:
        address = files.read_or_none(installation.address_file) or "an address it has not written down yet"
        fail(f"Chatter already runs from this folder, at {address.strip()}.", remedy="Use it, or stop it with Ctrl-C.")
    except (StageFailed, EmbeddedError) as failed:
        fail(failed.detail, remedy=failed.remedy)
    finally:
        supervisor.stop()


def _show(supervisor: Supervisor, sign_in: DemoSignIn | None) -> None:
    """Print the address, how to sign in, and what to do next; then forget the demo password."""
    rows = Table.grid(padding=(0, 3))
    rows.add_row("[bold]Open[/]", f"[bold cyan]{escape(supervisor.address)}[/]")
    if sign_in:
        rows.add_row("Sign in as", escape(sign_in.email))
        rows.add_row("Password", f"[bold]{escape(sign_in.password)}[/]  [dim](shown this once)[/]")
    name = command_name()
    rows.add_row("", "")
    rows.add_row("Terminal", f"{escape(name)} login")
    rows.add_row("", f"{escape(name)} documents add PATH...")
    rows.add_row("", f'{escape(name)} ask "..."')
    rows.add_row("", "")
    rows.add_row("[dim]Logs[/]", f"[dim]{escape(os.path.relpath(supervisor.logs))}[/]")
    rows.add_row("[dim]Stop[/]", "[dim]Ctrl-C[/]")
    out.print()
    out.print(Panel(rows, padding=(1, 3), border_style="green", expand=False))
    out.file.flush()
    if sign_in:
        shown(supervisor.demo_password_file)
