"""`chatter login` and `chatter logout`."""

import os
import sys
from typing import Any

import msgspec
import rich_click as click
from rich.markup import escape

from chatter.cli import connecting
from chatter.cli import sign_in as kept_sign_in
from chatter.cli.api import Api, ApiFailed, Unreachable
from chatter.cli.api_errors import explained
from chatter.cli.sign_in import SignIn
from chatter.cli.terminal import fail, out
from chatter.identity.factor_schemas import SecondFactorAsked, SecondFactorGiven
from chatter.identity.schemas import SessionStarted
from chatter.identity.schemas import SignIn as Credentials
from chatter.oauth.schemas import Connection

_OUTCOME: Any = SessionStarted | SecondFactorAsked  # a union is no `type`, though it decodes like one


@click.command()
@click.option("--url", help="Address of the installation.  [default: the one running from this folder]")
@click.option("--device", is_flag=True, help="Show a code to type in a browser elsewhere, and open none here.")
@click.option("--email", help="Sign in with this address and a password, for scripts where nobody sees a page.")
@click.option("--json", "as_json", is_flag=True, help="Print who signed in as JSON, without the token.")
@explained
def login(url: str | None, device: bool, email: str | None, as_json: bool) -> None:
    """Let this terminal act for you, in one organisation that you choose.

    A page of the installation asks you: in a browser of this machine where there is one, else by a code that you type
    elsewhere. No password comes here, and what you allowed is listed under Apps, where you can take it back.

    With --email, the password is asked for, or taken from $CHATTER_PASSWORD, and so is a code, or $CHATTER_CODE, when
    there is a second factor: for scripts. A key in $CHATTER_API_KEY serves them better: it needs no sign-in, can be
    narrowed, and is not asked for a second factor.
    """
    api = Api(url or kept_sign_in.local_address())
    if email is not None:
        _with_password(api, email, as_json=as_json)
        return
    issued = connecting.by_device(api) if device or not connecting.has_browser() else connecting.by_browser(api)
    connection = Api(api.url, token=issued.access_token).get("/oauth/connection", Connection)
    kept_sign_in.keep(kept_sign_in.of_tokens(api.url, connection.user.email, issued))
    if as_json:
        content = {"url": api.url, "user": connection.user, "organizations": [connection.organization_name]}
        sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
        return
    who = f"{connection.user.name} ({connection.organization_name})"
    out.print(f"  [green]✓[/] This terminal acts on {escape(api.url)} as {escape(who)}")


def _with_password(api: Api, email: str, *, as_json: bool) -> None:
    password = os.environ.get("CHATTER_PASSWORD")
    if not password and not sys.stdin.isatty():
        fail("There is no terminal to ask for the password.", remedy="Put it into the variable CHATTER_PASSWORD.")
    password = password or click.prompt("Password", hide_input=True)
    started = _signed_in(api, Credentials(email=email, password=password))
    kept_sign_in.keep(SignIn(url=api.url, token=started.token, email=started.user.email))
    if as_json:
        content = {"url": api.url, "user": started.user, "organizations": started.organizations}
        sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
        return
    names = ", ".join(organization.name for organization in started.organizations)
    out.print(f"  [green]✓[/] Signed in to {escape(api.url)} as {escape(started.user.name)} ({escape(names)})")


def _signed_in(api: Api, credentials: Credentials) -> SessionStarted:
    """Sign in with the password, and with a code when the person has a second factor."""
    outcome = api.post("/auth/sign-in", _OUTCOME, body=credentials)
    if isinstance(outcome, SessionStarted):
        return outcome
    code = os.environ.get("CHATTER_CODE")
    if not code and not sys.stdin.isatty():
        fail("There is no terminal to ask for the code.", remedy="Put it into the variable CHATTER_CODE.")
    code = code or click.prompt("Code of the authenticator app, or a recovery code")
    given = SecondFactorGiven(challenge=outcome.challenge, code=code)
    return api.post("/auth/second-factor", SessionStarted, body=given)


@click.command()
def logout() -> None:
    """End the sign-in, here and on the server."""
    sign_in = kept_sign_in.kept()
    kept_sign_in.forget()
    if sign_in is None:
        out.print("  Nobody was signed in here.")
        return
    try:
        if sign_in.refresh_token:
            connecting.revoke(Api(sign_in.url, timeout=10), sign_in.refresh_token)
        else:
            Api(sign_in.url, token=sign_in.token, timeout=10).call("POST", "/auth/sign-out")
    except (ApiFailed, Unreachable):
        out.print("  [green]✓[/] Signed out here; the server could not be told.")
        return
    out.print("  [green]✓[/] Signed out.")
