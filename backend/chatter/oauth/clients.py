"""Apps: what an app registers is its id, sealed by this server, so that registering writes nothing (RFC 7591, 8252)."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from chatter.kit.crypto import derive
from chatter.oauth.errors import InvalidClient, InvalidRedirectUri
from chatter.oauth.schemas import CLI_CLIENT_ID

__all__ = ["CLI", "Client", "client_of", "registered", "require_redirect_uri"]

_SEAL = 16
_NEVER = '\\"<>^`{|}\x7f'
"""Letters that no address holds (RFC 3986): read one way by us and another by a browser."""
_LONGEST = 2_000
_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")
"""A scheme of an app's own is a domain name reversed (RFC 8252, 7.1): no scheme that a browser knows has a point."""


class _Registered(msgspec.Struct, array_like=True, frozen=True):
    name: str
    redirect_uris: list[str]
    issued_at: int


@dataclass(frozen=True, kw_only=True)
class Client:
    """An app. All are public: none can keep a secret."""

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    trusted: bool = False
    """Ours: may ask for all that the person may do."""

    @property
    def key(self) -> bytes:
        """What grants know it by."""
        return hashlib.sha256(self.id.encode()).digest()

    def takes(self, redirect_uri: str) -> bool:
        """Whether it registered this address, exactly; a loopback's port is chosen anew each time (RFC 8252, 7.3)."""
        return redirect_uri in self.redirect_uris or any(
            _is_loopback(own) and _without_port(own) == _without_port(redirect_uri) for own in self.redirect_uris
        )


CLI = Client(
    id=CLI_CLIENT_ID,
    name="Chatter command line",
    redirect_uris=("http://127.0.0.1/callback", "http://[::1]/callback"),
    trusted=True,
)


def registered(secret_key: str, *, name: str, redirect_uris: list[str], issued_at: int) -> Client:
    """A new app; raises InvalidRedirectUri."""
    for address in redirect_uris:
        require_redirect_uri(address)
    if len(name) + sum(map(len, redirect_uris)) > _LONGEST:
        raise InvalidRedirectUri("The app registers more than fits into its id.")
    body = msgspec.msgpack.encode(_Registered(name, redirect_uris, issued_at))
    sealed = base64.urlsafe_b64encode(_seal(secret_key, body) + body).decode().rstrip("=")
    return Client(id=sealed, name=name, redirect_uris=tuple(redirect_uris))


def client_of(secret_keys: Sequence[str], client_id: str) -> Client:
    """The app of this id; raises InvalidClient for one that this server sealed with none of its keys."""
    if client_id == CLI.id:
        return CLI
    try:
        raw = base64.b64decode(client_id + "=" * (-len(client_id) % 4), altchars=b"-_", validate=True)
        body = raw[_SEAL:]
        if not any(hmac.compare_digest(raw[:_SEAL], _seal(key, body)) for key in secret_keys):
            raise InvalidClient
        content = msgspec.msgpack.decode(body, type=_Registered)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise InvalidClient from error
    return Client(id=client_id, name=content.name, redirect_uris=tuple(content.redirect_uris))


def require_redirect_uri(address: str) -> None:
    """Raise InvalidRedirectUri unless an answer may be sent there: https, loopback, or a scheme of the app's own."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
        fits = not parts.fragment and "#" not in address and parts.username is None and parts.port != 0
    except ValueError:
        fits = False
        host = None
    if fits and parts.scheme == "https":
        fits = bool(host)
    elif fits and parts.scheme == "http":
        fits = _is_loopback(address)
    elif fits:
        fits = bool(_SCHEME.fullmatch(parts.scheme))
    if not fits or not address.isascii() or any(letter <= " " or letter in _NEVER for letter in address):
        raise InvalidRedirectUri(
            "An app is answered at https, at http on a loopback address, or at a scheme like com.example.app."
        )


def _is_loopback(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme != "http":
        return False
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def _without_port(address: str) -> str | None:
    """The address without its port; None for what can't be an answer's address."""
    if not address.isascii() or any(letter <= " " or letter == "\\" for letter in address):
        return None  # read one way by us and another by a browser
    try:
        parts = urlsplit(address)
        if parts.port == 0 or parts.username is not None:
            return None
    except ValueError:
        return None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return parts._replace(netloc=host or "").geturl()


def _seal(secret_key: str, body: bytes) -> bytes:
    return hmac.digest(derive(secret_key, purpose="oauth-client"), body, "sha256")[:_SEAL]
