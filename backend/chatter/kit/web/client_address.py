"""Where a request came from, told apart from what its sender says about it."""

from ipaddress import ip_address, ip_network

from litestar.datastructures import Headers
from litestar.types import Scope

__all__ = ["IN_PROCESS", "TrustedProxies"]

IN_PROCESS = "in-process"
"""The peer of a call that the dashboard makes inside this process; no socket has such an address."""


class TrustedProxies:
    """Believes X-Forwarded-For as far as it was written by the operator's own proxies, and no further."""

    def __init__(self, networks: list[str]) -> None:
        """Addresses or networks in CIDR form; raises ValueError for anything else."""
        self._networks = [ip_network(network, strict=False) for network in networks]

    def address_of(self, scope: Scope) -> str | None:
        """The nearest address that no trusted proxy has; None when there is none."""
        peer = _peer(scope)
        forwarded = Headers.from_scope(scope).get("x-forwarded-for", "")
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        while hops and peer is not None and self._trusts(peer):
            peer = hops.pop()
        return _plain(peer) if peer is not None else None

    def _trusts(self, peer: str) -> bool:
        if peer == IN_PROCESS:
            return True
        address = _plain(peer)
        return address is not None and any(ip_address(address) in network for network in self._networks)


def _peer(scope: Scope) -> str | None:
    client = scope.get("client")
    return str(client[0]) if client else None


def _plain(peer: str) -> str | None:
    """The address in its usual form; None for what is none."""
    try:
        address = ip_address(peer.split("%", 1)[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
