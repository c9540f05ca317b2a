"""`chatter login` and `chatter logout`."""

import os
import sys

import msgspec
import rich_click as click
from rich.markup import escape

from chatter.cli import sign_in as kept_sign_in
from chatter.cli.api import Api, ApiFailed, Unreachable
from chatter.cli.api_errors import explained
from chatter.cli.sign_in import SignIn
from chatter.cli.terminal import fail, out
from chatter.identity.schemas import SessionStarted
from chatter.identity.schemas import SignIn as Credentials


@click.command()
@click.option("--url", help="Address of the installation.  [default: the one running from this folder]")
@click.option("--email", prompt="E-mail", help="Who signs in.")
@click.option("--json", "as_json", is_flag=True, help="Print who signed in as JSON, without the token.")
@explained
def login(url: str | None, email: str, as_json: bool) -> None:
    """Sign in to an installation. The password is asked for, or taken from $CHATTER_PASSWORD."""
    password = os.environ.get("CHATTER_PASSWORD")
    if not password and not sys.stdin.isatty():
        fail("There is no terminal to ask for the password.", remedy="Put it into the variable CHATTER_PASSWORD.")
    password = password or click.prompt("Password", hide_input=True)
    api = Api(url or kept_sign_in.local_address())
    started = api.post("/auth/sign-in", SessionStarted, body=Credentials(email=email, password=password))
    kept_sign_in.keep(SignIn(url=api.url, token=started.token, email=started.user.email))
    if as_json:
        content = {"url": api.url, "user": started.user, "organizations": started.organizations}
        sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
        return
    names = ", ".join(organization.name for organization in started.organizations)
    out.print(f"  [green]✓[/] Signed in to {escape(api.url)} as {escape(started.user.name)} ({escape(names)})")


@click.command()
def logout() -> None:
    """End the sign-in, here and on the server."""
    sign_in = kept_sign_in.kept()
    kept_sign_in.forget()
    if sign_in is None:
        out.print("  Nobody was signed in here.")
        return
    try:
        Api(sign_in.url, token=sign_in.token, timeout=10).call("POST", "/auth/sign-out")
    except (ApiFailed, Unreachable):
        out.print("  [green]✓[/] Signed out here; the server could not be told.")
        return
    out.print("  [green]✓[/] Signed out.")
