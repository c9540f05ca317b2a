"""How a web origin is written, so that it equals what browsers send (RFC 6454; the URL standard)."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from chatter.tenancy.errors import OriginInvalid

__all__ = ["web_origin"]

_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_MOST_CHARACTERS = 253


def web_origin(typed: str) -> str:
    """As a browser writes it; raises OriginInvalid for what is no origin, and for one whose pages anybody could forge.

    An address in another script is refused: `location.origin` gives the form that browsers send.
    """
    text = typed.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise OriginInvalid("This is no origin.") from error
    if parts.scheme not in _PORTS or "@" in parts.netloc or parts.path not in {"", "/"} or set("?#\\") & set(text):
        raise OriginInvalid("An origin is a scheme, a host and, where it is not the usual one, a port.")
    host = _host(parts)
    if parts.scheme == "http" and not _is_loopback(host):
        raise OriginInvalid("Whoever is on the way could write into a page that comes without encryption.")
    return f"{parts.scheme}://{host}" + ("" if port in {None, _PORTS[parts.scheme]} else f":{port}")


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        try:
            return f"[{ip_address(host)}]"
        except ValueError as error:
            raise OriginInvalid("This is no address of a host.") from error
    if len(host) > _MOST_CHARACTERS or not _HOST.fullmatch(host):
        raise OriginInvalid("This is no name of a host.")
    return host


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
