"""The kept sign-in of the person at this terminal: one installation's address and token, readable by them alone."""

import os
from pathlib import Path

import msgspec

from chatter.cli.api import Api
from chatter.cli.terminal import fail
from chatter.embedded import files


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    token: str
    email: str


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


def signed_in_api(*, timeout: float = 120.0) -> Api:
    """Return the API as the person who signed in; ends with a hint when nobody did."""
    sign_in = kept()
    if sign_in is None:
        fail("Nobody is signed in here.", remedy="Sign in first: chatter login")
    return Api(sign_in.url, token=sign_in.token, timeout=timeout)


def local_address() -> str:
    """Return where the installation of this folder listens, else the usual place."""
    return (files.read_or_none(Path(".chatter") / "run" / "address") or "http://127.0.0.1:8000").strip()


def _path() -> Path:
    configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(configuration) / "chatter" / "sign-in.json"
