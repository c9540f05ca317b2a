"""Which addresses an organisation may make us call: the public internet, and what the operator allows beside it."""

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import ClassVar, TypeAlias
from urllib.parse import urlsplit

from yarl import URL

from chatter.kit.errors import Invalid

__all__ = ["EgressPolicy", "EgressRefused", "IPAddress"]

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPNetwork: TypeAlias = IPv4Network | IPv6Network

_REMEMBERED = 4096
"""Hosts and addresses whose nature is not worked out again: each call of a model asks for the same few."""
_SCHEMES = frozenset({"http", "https"})
_NAT64 = IPv6Network("64:ff9b::/96")
# Services that take a request for something else, and act on its lines: the ports that browsers refuse (Fetch, 2.9) and
# those of databases and caches.
_NOT_WEB = frozenset(
    {1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103}
)
_NOT_WEB |= {
    104,
    109,
    110,
    111,
    113,
    115,
    117,
    119,
    123,
    135,
    137,
    139,
    143,
    161,
    179,
    389,
    427,
    465,
    512,
    513,
    514,
    515,
}
_NOT_WEB |= {
    526,
    530,
    531,
    532,
    540,
    548,
    554,
    556,
    563,
    587,
    601,
    636,
    989,
    990,
    993,
    995,
    1433,
    1521,
    1719,
    1720,
    1723,
}
_NOT_WEB |= {2049, 2375, 2376, 2379, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6566, 6665}
_NOT_WEB |= {6666, 6667, 6668, 6669, 6679, 6697, 9042, 9100, 9300, 10080, 10250, 11211, 27017}
_SPECIAL: tuple[tuple[IPNetwork, str], ...] = (
    (IPv4Network("168.63.129.16/32"), "a cloud platform's own service"),  # Azure's wire server has a public address
    (IPv4Network("192.0.0.0/24"), "a private address"),  # protocol assignments; Oracle's metadata service is in it
    (IPv4Network("192.88.99.0/24"), "a tunnel"),  # 6to4 relays, RFC 7526
    (IPv6Network("2002::/16"), "a tunnel"),  # 6to4
    (IPv6Network("2001::/32"), "a tunnel"),  # Teredo
    (IPv6Network("64:ff9b:1::/48"), "a private address"),  # local NAT64, RFC 8215
    (IPv6Network("::/127"), "an address of this machine itself"),
    (IPv6Network("::/96"), "not a public address"),  # IPv4-compatible, RFC 4291
    (IPv6Network("fec0::/10"), "a private address"),  # site-local, RFC 3879
    (IPv6Network("5f00::/16"), "not a public address"),  # segment routing, RFC 9602
)


class EgressRefused(Invalid):
    """The address is one that organisations may not make the server call."""

    code: ClassVar[str] = "egress_refused"
    title: ClassVar[str] = "This address may not be called"


class EgressPolicy:
    """Judges URLs before a request and addresses before a connection; whoever connects resolves names and asks."""

    def __init__(self, allow: list[str]) -> None:
        """`allow` holds "host:port", an address, or a network in CIDR form; raises ValueError for anything else."""
        self._networks: list[IPNetwork] = []
        self._endpoints: set[tuple[str, int]] = set()
        for entry in allow:
            self._add(entry)

    def check_url(self, url: URL) -> None:
        """Refuse what no request may have, whatever its host resolves to; raises EgressRefused."""
        if url.scheme not in _SCHEMES:
            raise EgressRefused(f"Only http and https addresses can be called, not {url.scheme or 'this'}.")
        if url.user is not None or url.password is not None:
            raise EgressRefused(
                "The address contains a user name or password.", remedy="Put the key into its own field."
            )
        if not url.host or url.port is None:
            raise EgressRefused("The address names no host.", remedy="Write it as https://host/path.")
        literal = _literal(url.host)
        if literal is not None:
            self.check_address(literal, port=url.port, host=url.host)

    def check_address(self, address: IPAddress, *, port: int, host: str) -> None:
        """Refuse a connection to this address; raises EgressRefused."""
        reason = _why_not_public(address) or _why_not_web(port)
        if reason is None or self._is_allowed(address, port=port):
            return
        raise EgressRefused(
            f"{_subject(host, address=address)} is {reason}, which organisations may not call.",
            remedy=f'The operator can allow it: add "{host}:{port}" to CHATTER_EGRESS_ALLOW and restart.',
        )

    def check_resolved(self, addresses: list[IPAddress], *, port: int, host: str) -> None:
        """Refuse a name if any of its addresses is refused; an allowed name carries its addresses with it."""
        if (host.lower().rstrip("."), port) in self._endpoints:
            self._endpoints.update((str(address), port) for address in addresses)
        for address in addresses:
            self.check_address(address, port=port, host=host)

    def _is_allowed(self, address: IPAddress, *, port: int) -> bool:
        candidates = {address, _embedded(address) or address}
        return any(
            (str(candidate), port) in self._endpoints or any(candidate in network for network in self._networks)
            for candidate in candidates
        )

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(ip_network(entry.strip(), strict=False))
            return
        except ValueError:
            parts = urlsplit(f"//{entry.strip()}")
        if not parts.hostname or parts.port is None or parts.path:
            raise ValueError(f'CHATTER_EGRESS_ALLOW: "{entry}" is neither host:port nor an address nor a network')
        literal = _literal(parts.hostname)
        self._endpoints.add((str(literal) if literal else parts.hostname.lower(), parts.port))


@lru_cache(_REMEMBERED)
def _why_not_public(address: IPAddress) -> str | None:
    """The reason in words, or None for a public address."""
    address = _embedded(address) or address
    for network, reason in _SPECIAL:
        if address in network:
            return reason
    reasons = (
        (address.is_loopback or address.is_unspecified, "an address of this machine itself"),
        (address.is_link_local, "a link-local address"),
        (address.is_multicast, "a multicast address"),
        (address.is_private, "a private address"),
        (address.is_reserved or not address.is_global, "not a public address"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _why_not_web(port: int) -> str | None:
    return f"called at port {port}, where no web service listens," if port in _NOT_WEB else None


def _embedded(address: IPAddress) -> IPv4Address | None:
    """The IPv4 address inside an IPv4-mapped or NAT64 one: there the packet really goes."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


@lru_cache(_REMEMBERED)
def _literal(host: str) -> IPAddress | None:
    try:
        return ip_address(host.split("%", 1)[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001, 2130706433: forms that the system would accept
    except OSError:
        return None


def _subject(host: str, *, address: IPAddress) -> str:
    return host if _literal(host) is not None else f"{host} ({address})"
