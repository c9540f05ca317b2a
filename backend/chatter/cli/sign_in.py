"""Who the commands act as: a service account whose key is given, else the person who signed in at this terminal.

The kept sign-in is one installation's address and tokens, readable by its owner alone. A key is never kept.
"""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import rich_click as click

from chatter.cli.api import Api, ApiFailed
from chatter.cli.connecting import refreshed
from chatter.cli.terminal import fail
from chatter.embedded import files
from chatter.oauth.schemas import TokenIssued

C = TypeVar("C", bound=Callable[..., Any])
_EARLY_SECONDS = 300
"""A token is renewed this long before its end, so that a stream which it opens is not cut short."""
_KEY, _URL = "chatter.api_key", "chatter.url"


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    token: str
    email: str
    refresh_token: str = ""
    """What gets the next token; empty for a session, whose token stays."""
    expires_at: float = 0.0
    """When the token is over, in seconds since 1970."""


def of_tokens(url: str, email: str, issued: TokenIssued) -> SignIn:
    """What is kept of tokens that were just given out."""
    expires_at = time.time() + issued.expires_in
    return SignIn(
        url=url, token=issued.access_token, email=email, refresh_token=issued.refresh_token, expires_at=expires_at
    )


def keep(sign_in: SignIn) -> None:
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write_private(path, msgspec.json.encode(sign_in).decode())


def kept() -> SignIn | None:
    content = files.read_or_none(_path())
    try:
        return msgspec.json.decode(content, type=SignIn) if content else None
    except msgspec.DecodeError:
        return None


def forget() -> None:
    _path().unlink(missing_ok=True)


def with_key(command: C) -> C:
    """Decorate a command so that it can act as a service account."""
    options = (
        click.option(
            "--api-key",
            envvar="CHATTER_API_KEY",
            show_envvar=True,
            expose_value=False,
            callback=_noting(_KEY),
            help="Act as the service account of this key. Others see what stands on a command line: use the variable.",
        ),
        click.option(
            "--url",
            envvar="CHATTER_URL",
            show_envvar=True,
            expose_value=False,
            callback=_noting(_URL),
            help="Address of the installation that the key is for.  [default: the one signed in to, or here]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def signed_in_api(*, timeout: float = 120.0) -> Api:
    """Return the API as the holder of the key, else as the person who signed in; ends with a hint when nobody did."""
    context, sign_in = click.get_current_context(silent=True), kept()
    given = context.meta if context else {}
    if key := given.get(_KEY):
        url = given.get(_URL) or (sign_in.url if sign_in else local_address())
        return Api(url, token=key, timeout=timeout)
    if sign_in is None:
        fail("Nobody is signed in here.", remedy="Sign in first: chatter login. Or put a key into CHATTER_API_KEY.")
    return Api(sign_in.url, token=_fresh_token if sign_in.refresh_token else sign_in.token, timeout=timeout)


def _fresh_token() -> str:
    """A token that is good for some minutes yet: the kept one, else the next. Only one process asks for that.

    A refresh token works once: two that use it at once would end the sign-in.
    """
    with open(os.open(_path().with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sign_in = kept()
        if sign_in is None:
            fail("You were signed out meanwhile.", remedy="Sign in again: chatter login")
        if time.time() < sign_in.expires_at - _EARLY_SECONDS:
            return sign_in.token
        try:
            issued = refreshed(Api(sign_in.url, timeout=30), sign_in.refresh_token)
        except ApiFailed as failed:
            if failed.problem.code == "invalid_grant":
                forget()
                fail("This terminal may not act for you any more.", remedy="Sign in again: chatter login")
            raise
        keep(of_tokens(sign_in.url, sign_in.email, issued))
        return issued.access_token


def local_address() -> str:
    """Return where the installation of this folder listens, else the usual place."""
    return (files.read_or_none(Path(".chatter") / "run" / "address") or "http://127.0.0.1:8000").strip()


def _noting(name: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    """Remember an option's value where `signed_in_api` looks for it."""

    def note(context: click.Context, _: click.Parameter, value: str | None) -> None:
        context.meta[name] = value

    return note


def _path() -> Path:
    configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(configuration) / "chatter" / "sign-in.json"
