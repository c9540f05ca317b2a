"""The HTTP clients of a process. Addresses that people type are called through `public`, under the egress policy.

The policy is applied three times: to each URL, redirects included; to all addresses a name resolves to; and to the very
address of each socket before it connects, so that a name that changes its answer in between gains nothing.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from chatter.kit.egress import EgressPolicy, EgressRefused
from chatter.kit.settings import Settings

__all__ = ["EgressPolicy", "EgressRefused", "HttpSessions"]

_CONNECT_SECONDS = 10.0
_READ_BUFFER = 64 * 1024
_AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str | int | bytes, ...]]


@dataclass(frozen=True, kw_only=True)
class HttpSessions:
    """One client session for the world and one for our own services; both keep connections and cookies of nobody."""

    public: aiohttp.ClientSession
    """For addresses that a person typed."""
    internal: aiohttp.ClientSession
    """For addresses that the operator configured, such as the local-models process."""
    policy: EgressPolicy

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, *, resolver: AbstractResolver | None = None
    ) -> "AsyncIterator[HttpSessions]":
        """Open both sessions; `resolver` replaces the system's."""
        policy = EgressPolicy(settings.egress_allow)
        async with (
            _session(_public_connector(policy, resolver), middleware=_UrlCheck(policy)) as public,
            _session(aiohttp.TCPConnector(limit=0)) as internal,
        ):
            yield cls(public=public, internal=internal, policy=policy)


def _session(connector: aiohttp.TCPConnector, *, middleware: "_UrlCheck | None" = None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(middleware,) if middleware else (),
        timeout=aiohttp.ClientTimeout(total=60, sock_connect=_CONNECT_SECONDS),
        headers={"user-agent": "chatter"},
        read_bufsize=_READ_BUFFER,
    )


def _public_connector(policy: EgressPolicy, resolver: AbstractResolver | None) -> aiohttp.TCPConnector:
    def checked_socket(info: _AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        host, port = str(address[0]), int(address[1])
        policy.check_address(ip_address(host.split("%", 1)[0]), port=port, host=host)
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        limit=0,
        resolver=_CheckedResolver(policy, resolver or aiohttp.ThreadedResolver()),
        socket_factory=checked_socket,
    )


class _UrlCheck:
    """aiohttp calls it for the first request and for each redirect."""

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        self._policy.check_url(request.url)
        return await handler(request)


class _CheckedResolver(AbstractResolver):
    """Resolves a name and refuses it if any of its addresses is refused."""

    def __init__(self, policy: EgressPolicy, inner: AbstractResolver) -> None:
        self._policy = policy
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        results = await self._inner.resolve(host, port, family)
        addresses = [ip_address(result["host"].split("%", 1)[0]) for result in results]
        self._policy.check_resolved(addresses, port=port, host=host)
        return results

    async def close(self) -> None:
        await self._inner.close()
