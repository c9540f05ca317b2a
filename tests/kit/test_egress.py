"""The egress policy: what an organisation types must never reach what only the server can reach."""

import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_address

import pytest
from aiohttp import NonHttpUrlRedirectClientError, web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from chatter.kit.egress import EgressPolicy, EgressRefused
from chatter.kit.http import HttpSessions
from chatter.kit.settings import Settings

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
REFUSED = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",  # noqa: S104
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "192.0.2.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "192.88.99.1", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "fec0::1",
    "2001:db8::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    EgressPolicy([]).check_address(ip_address(address), port=443, host=address)


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_only_the_server_can_reach_are_refused(address: str) -> None:
    with pytest.raises(EgressRefused):
        EgressPolicy([]).check_address(ip_address(address), port=443, host=address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org:70/",
        "https://user:secret@example.org/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:7f00:1]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http:///nothing",
    ],
)
def test_urls_are_refused_for_scheme_credentials_or_disguised_addresses(url: str) -> None:
    with pytest.raises(EgressRefused):
        EgressPolicy([]).check_url(URL(url))


def test_the_refusal_names_the_reason_and_the_operators_cure() -> None:
    with pytest.raises(EgressRefused) as caught:
        EgressPolicy([]).check_url(URL("http://192.168.1.5:11434/v1"))
    assert "private address" in caught.value.detail
    assert "192.168.1.5:11434" in (caught.value.remedy or "")
    assert caught.value.status == 422


def test_the_operator_allows_an_endpoint_or_a_network_and_nothing_beside_it() -> None:
    policy = EgressPolicy(["127.0.0.1:11434", "10.1.0.0/16", "[::1]:8080"])
    policy.check_url(URL("http://127.0.0.1:11434/v1"))
    policy.check_url(URL("http://[::ffff:127.0.0.1]:11434/v1"))
    policy.check_url(URL("http://10.1.2.3:9999/"))
    policy.check_url(URL("http://[::1]:8080/"))
    for refused in ("http://127.0.0.1:11435/", "http://10.2.0.1/", "http://[::1]:8081/"):
        with pytest.raises(EgressRefused):
            policy.check_url(URL(refused))


@pytest.mark.parametrize("entry", ["localhost", "http://x:1", "10.0.0.0/99", ""])
def test_a_nonsensical_allowance_is_refused_at_the_start(entry: str) -> None:
    with pytest.raises(ValueError, match=r"neither|port"):
        EgressPolicy([entry])


async def test_a_literal_loopback_address_is_never_connected_to() -> None:
    async with _victim() as victim, HttpSessions.open(Settings(egress_allow=[])) as http:
        with pytest.raises(EgressRefused):
            await http.public.get(f"http://127.0.0.1:{victim.port}/")
        assert victim.visits == 0


async def test_a_name_that_resolves_to_loopback_is_refused() -> None:
    async with _victim() as victim, _http(_Resolver([["127.0.0.1"]])) as http:
        with pytest.raises(EgressRefused, match="innocent"):
            await http.public.get(f"http://innocent.example:{victim.port}/")
        assert victim.visits == 0


async def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    async with _victim() as victim, _http(_Resolver([["8.8.8.8", "127.0.0.1"]])) as http:
        with pytest.raises(EgressRefused):
            await http.public.get(f"http://innocent.example:{victim.port}/")
        assert victim.visits == 0


async def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    resolver = _Resolver([["203.0.113.9", "8.8.8.8"], ["127.0.0.1"]])
    async with _victim() as victim, _http(resolver) as http:
        for _ in range(2):
            with pytest.raises(EgressRefused):
                await http.public.get(f"http://rebinding.example:{victim.port}/")
        assert victim.visits == 0


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    async with _victim() as victim, _redirecting(f"http://127.0.0.1:{victim.port}/secret") as front:
        async with HttpSessions.open(Settings(egress_allow=[f"127.0.0.1:{front.port}"])) as http:
            with pytest.raises(EgressRefused):
                await http.public.get(f"http://127.0.0.1:{front.port}/")
        assert front.visits == 1
        assert victim.visits == 0


@pytest.mark.parametrize("port", [22, 25, 110, 465, 587, 993, 3306, 5432, 6379, 11211, 27017])
@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_ports_of_other_services_are_refused_at_public_addresses_too(address: str, port: int) -> None:
    with pytest.raises(EgressRefused, match=f"port {port}"):
        EgressPolicy([]).check_address(ip_address(address), port=port, host=address)
    EgressPolicy([f"[{address}]:{port}" if ":" in address else f"{address}:{port}"]).check_address(
        ip_address(address), port=port, host=address
    )


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{victim}/secret",
        "http://127.1:{victim}/",
        "http://[::ffff:127.0.0.1]:{victim}/",
        "http://2130706433:{victim}/",
        "//127.0.0.1:{victim}/",
        "http://8.8.8.8:6379/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_leads_nowhere_that_could_not_be_called_at_once(location: str) -> None:
    async with _victim() as victim, _redirecting(location.format(victim=victim.port)) as front:
        async with HttpSessions.open(Settings(egress_allow=[f"127.0.0.1:{front.port}"])) as http:
            with pytest.raises((EgressRefused, NonHttpUrlRedirectClientError)):
                await http.public.get(f"http://127.0.0.1:{front.port}/")
        assert victim.visits == 0


async def test_a_redirect_to_a_name_that_changes_its_answer_gains_nothing() -> None:
    resolver = _Resolver([["127.0.0.1"]])
    async with _victim() as victim, _redirecting(f"http://rebinding.example:{victim.port}/") as front:
        allowed = Settings(egress_allow=[f"127.0.0.1:{front.port}"])
        async with HttpSessions.open(allowed, resolver=resolver) as http:
            with pytest.raises(EgressRefused):
                await http.public.get(f"http://127.0.0.1:{front.port}/")
        assert victim.visits == 0


async def test_an_allowed_name_reaches_its_private_address() -> None:
    async with _victim() as victim:
        allowed = Settings(egress_allow=[f"ollama.internal:{victim.port}"])
        url = f"http://ollama.internal:{victim.port}/"
        async with (
            HttpSessions.open(allowed, resolver=_Resolver([["127.0.0.1"]])) as http,
            http.public.get(url) as response,
        ):
            assert response.status == 200


async def test_cookies_of_one_caller_are_not_sent_for_another() -> None:
    async with _victim() as victim, HttpSessions.open(Settings(egress_allow=[f"127.0.0.1:{victim.port}"])) as http:
        for _ in range(2):
            async with http.public.get(f"http://127.0.0.1:{victim.port}/") as response:
                assert (await response.json())["cookies"] == {}


class _Server:
    def __init__(self, *, location: str | None = None) -> None:
        self.visits = 0
        self.port = 0
        self._location = location

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.visits += 1
        if self._location:
            raise web.HTTPFound(self._location)
        response = web.json_response({"cookies": dict(request.cookies)})
        response.set_cookie("session", "somebody's")
        return response


@asynccontextmanager
async def _serving(server: _Server) -> AsyncIterator[_Server]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    await web.SockSite(runner, listening).start()
    try:
        yield server
    finally:
        await runner.cleanup()


def _victim() -> AbstractAsyncContextManager[_Server]:
    return _serving(_Server())


def _redirecting(location: str) -> AbstractAsyncContextManager[_Server]:
    return _serving(_Server(location=location))


def _http(resolver: "_Resolver") -> AbstractAsyncContextManager[HttpSessions]:
    return HttpSessions.open(Settings(egress_allow=[]), resolver=resolver)


class _Resolver(AbstractResolver):
    """Answers as a name server in an attacker's hand would: another list of addresses each time."""

    def __init__(self, answers: list[list[str]]) -> None:
        self._answers = answers

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        return None
