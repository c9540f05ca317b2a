"""The dashboard's socket, in a real web process: another origin, another session, another person's tab."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
import pytest
import pytest_asyncio
import socketio  # type: ignore[import-untyped]
from nicegui import core

from chatter_dashboard.shell.socket import SPOKEN
from tests.limits import UNHURRIED
from tests.people import Person, sign_up
from tests.servers import SECRET_KEY, Servers, worker_number

ROOT = Path(__file__).parents[2]
SOCKET = "/_nicegui_ws/socket.io"


@dataclass(frozen=True)
class Visitor:
    """Somebody with a page open."""

    person: Person
    tab: str

    @property
    def cookie(self) -> str:
        return f"chatter_session={self.person.token}"


@dataclass(frozen=True)
class Web:
    """A web process with its dashboard."""

    url: str
    log: Path
    victim: Visitor
    attacker: Visitor

    @asynccontextmanager
    async def connected(
        self, visitor: Visitor, query: str, *, origin: str | None = None
    ) -> AsyncIterator[socketio.AsyncClient]:
        """A socket of the visitor's browser."""
        async with aiohttp.ClientSession() as http:
            client = socketio.AsyncClient(reconnection=False, http_session=http)
            await client.connect(
                f"{self.url}?{query}",
                headers={"Cookie": visitor.cookie, "Origin": origin or self.url},
                transports=["websocket"],
                socketio_path=SOCKET,
                wait_timeout=10,
            )
            try:
                yield client
            finally:
                await client.disconnect()

    async def heard(self, visitor: Visitor, query: str, message: dict[str, Any], word: str) -> bool:
        """Whether NiceGUI acts on a message; asked with one that it writes to its log."""
        async with self.connected(visitor, query) as client:
            await client.call("handshake", _handshake(visitor.tab), timeout=10)
            await client.emit("log", {"level": "error", "message": word, **message})
            await client.call("handshake", _handshake(visitor.tab), timeout=10)  # answered after what came before
        return word in self.log.read_text()


@pytest_asyncio.fixture(scope="module")
async def web(servers: Servers, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Web]:
    folder = tmp_path_factory.mktemp("web")
    urls = await servers.database(f"chatter_socket_{worker_id}")
    listening = socket.create_server(("127.0.0.1", 0))
    listening.set_inheritable(True)
    settings = {
        "DATABASE_URL": urls.admin,
        "REDIS_URL": servers.redis_url(worker_number(worker_id)),
        "CHATTER_DATA_DIR": str(folder),
        "CHATTER_SECRET_KEY": SECRET_KEY,
        "CHATTER_LOCAL_MODELS_URL": "http://127.0.0.1:9/v1",
        "CHATTER_SIGN_UP_OPEN": "true",
        "CHATTER_RATE_LIMITS": UNHURRIED,
    }
    process = _serve(listening, settings, folder / "web.log")
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()
    try:
        async with httpx.AsyncClient(base_url=url, timeout=120) as client:
            await client.get("/api/v1/health/ready")
            yield Web(url, folder / "web.log", await _visit(client), await _visit(client))
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 30)


async def test_a_visitor_reaches_the_own_tab(web: Web) -> None:
    """Without this, the refusals would prove nothing."""
    word = uuid4().hex
    assert await web.heard(web.attacker, _query(web.attacker.tab), {"client_id": web.attacker.tab}, word)


@pytest.mark.parametrize("query", ["{own}", "{none}", "{own}&{theirs}", "{theirs}&{own}", "{unknown}"])
async def test_a_handshake_for_somebody_elses_tab_is_refused(web: Web, query: str) -> None:
    """Whatever the query said, the message names the victim's tab."""
    with contextlib.suppress(socketio.exceptions.ConnectionError):  # refused already
        async with web.connected(web.attacker, _filled(query, web)) as client:
            assert await client.call("handshake", _handshake(web.victim.tab), timeout=10) is False


async def test_a_message_for_somebody_elses_tab_is_not_heard(web: Web) -> None:
    word = uuid4().hex
    assert not await web.heard(web.attacker, _query(web.attacker.tab), {"client_id": web.victim.tab}, word)


@pytest.mark.parametrize("query", ["{own}&{theirs}", "{theirs}&{own}", "{theirs}", "x=1&{theirs}"])
async def test_a_handshake_within_the_connection_joins_nobody_elses_tab(web: Web, query: str) -> None:
    """NiceGUI also takes the handshake from the query of the connection, past the message that is bound."""
    word = uuid4().hex
    implicit = f"{_filled(query, web)}&implicit_handshake=true&tab_id=a-tab&document_id=a-document"
    with contextlib.suppress(socketio.exceptions.ConnectionError):  # refused already
        async with web.connected(web.attacker, implicit) as client:
            await client.emit("log", {"level": "error", "message": word, "client_id": web.victim.tab})
            await client.call("handshake", _handshake(web.attacker.tab), timeout=10)  # answered after what came before
    assert word not in web.log.read_text()


def test_every_kind_of_message_that_nicegui_hears_is_bound_to_its_tab() -> None:
    """One that a new version adds fails here until it is thought of."""
    joining = {"connect", "disconnect", "handshake"}
    assert set(core.sio.handlers["/"]) == joining | set(SPOKEN)


@pytest.mark.parametrize(
    ("cookie_of", "tab_of", "origin"),
    [
        ("attacker", "victim", None),
        ("attacker", "attacker", "https://evil.test"),
        ("attacker", "attacker", "null"),
        ("victim", "victim", "https://evil.test"),
        ("nobody", "victim", None),
    ],
)
async def test_a_socket_of_another_session_or_site_is_not_opened(
    web: Web, cookie_of: str, tab_of: str, origin: str | None
) -> None:
    nobody = Visitor(Person(web.victim.person.client, "no-such-token", uuid4(), uuid4(), ""), "")
    visitor = {"attacker": web.attacker, "victim": web.victim, "nobody": nobody}[cookie_of]
    tab = {"attacker": web.attacker, "victim": web.victim}[tab_of].tab
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with web.connected(visitor, _query(tab), origin=origin):
            pass


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_socket_over_plain_requests_is_guarded_the_same(web: Web, method: str) -> None:
    async with httpx.AsyncClient(base_url=web.url) as client:
        foreign_origin = {"Cookie": web.victim.cookie, "Origin": "https://evil.test"}
        for headers in ({"Cookie": web.attacker.cookie}, foreign_origin, {}):
            answer = await client.request(
                method, f"{SOCKET}/?EIO=4&transport=polling&{_query(web.victim.tab)}", headers=headers
            )
            assert answer.status_code == 403


def _serve(listening: socket.socket, settings: dict[str, str], output: Path) -> "subprocess.Popen[bytes]":
    with output.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "chatter.cli.serve", "--fd", str(listening.fileno())],
            env={**os.environ, **settings},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[listening.fileno()],
        )


async def _visit(client: httpx.AsyncClient) -> Visitor:
    person = await sign_up(client)
    page = await client.get("/", headers={"Cookie": f"chatter_session={person.token}"})
    found = re.search(r"client_id['\"\\]*\s*:\s*['\"\\]*([0-9a-f-]{36})", page.text)
    assert found is not None, page.text[:2000]
    return Visitor(person, found[1])


def _query(tab: str) -> str:
    return f"client_id={tab}"


def _filled(query: str, web: Web) -> str:
    return query.format(
        own=_query(web.attacker.tab), theirs=_query(web.victim.tab), none="x=1", unknown=_query(str(uuid4()))
    )


def _handshake(tab: str) -> dict[str, str]:
    return {"client_id": tab, "tab_id": "a-tab", "document_id": "a-document"}
