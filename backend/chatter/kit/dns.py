"""Text records of the domain name system, as a port."""

from collections.abc import Sequence
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

from chatter.kit.errors import UpstreamFailed

__all__ = ["DnsResolver", "DnsUnanswered", "TextRecords"]

_SECONDS = 5.0


class DnsUnanswered(UpstreamFailed):
    """No name server answered, or none that could: not the same as a name without records."""

    code, title = "dns_unanswered", "The domain name system did not answer"


class TextRecords(Protocol):
    """Looks text records up."""

    async def texts(self, name: str) -> Sequence[str]:
        """The TXT records of a name, none when there are none; raises DnsUnanswered."""
        ...


class DnsResolver:
    """Asks the servers named, as `address:port`, or those of this machine. Nothing is cached here."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = tuple(servers)

    async def texts(self, name: str) -> Sequence[str]:
        try:
            answer = await self._resolver().resolve(name, "TXT", lifetime=_SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise DnsUnanswered(
                f"The records of {name} could not be looked up.", remedy="Try again in a few minutes."
            ) from error
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]

    def _resolver(self) -> dns.asyncresolver.Resolver:
        resolver = dns.asyncresolver.Resolver(configure=not self._servers)
        if self._servers:
            addresses = [server.rpartition(":") for server in self._servers]
            resolver.nameservers = [
                dns.nameserver.Do53Nameserver(host.strip("[]"), int(port)) for host, _, port in addresses
            ]
        return resolver
