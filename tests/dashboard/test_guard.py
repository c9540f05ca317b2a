"""The guard before NiceGUI's socket, which itself asks neither who connects nor from where."""

from uuid import UUID

import pytest
from nicegui import Client
from starlette.types import Message, Receive, Scope, Send

from chatter_dashboard.shell import guard
from chatter_dashboard.shell.sessions import TabRegistry


@pytest.fixture
def tabs() -> TabRegistry:
    async def holds(token: str, organization_id: UUID | None) -> bool:
        return organization_id is None and token in {"dana", "sam"}

    registry = TabRegistry(holds)
    registry.add("dana", "tab-of-dana")
    return registry


@pytest.fixture(autouse=True)
def known_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Client.instances, "tab-of-dana", None)


async def _status(
    tabs: TabRegistry, *, origin: str | None, cookie: str, tab: str, logged: list[bytes] | None = None
) -> int:
    sent: list[Message] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"chatter.test"), (b"cookie", cookie.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/_nicegui_ws/socket.io/",
        "query_string": f"client_id={tab}".encode(),
        "headers": headers,
    }
    await guard.guarded(inner, tabs, https_only=False)(scope, receive, send)
    if logged is not None:
        logged.append(scope["query_string"])
    return int(sent[0]["status"])


async def test_the_owner_of_a_tab_may_connect(tabs: TabRegistry) -> None:
    assert await _status(tabs, origin="https://chatter.test", cookie="chatter_session=dana", tab="tab-of-dana") == 200


@pytest.mark.parametrize(
    ("origin", "cookie"),
    [
        ("https://evil.test", "chatter_session=dana"),
        ("null", "chatter_session=dana"),
        ("https://chatter.test", ""),
        ("https://chatter.test", "chatter_session=sam"),
        ("https://chatter.test", "chatter_session=unknown"),
    ],
    ids=["another site", "an opaque origin", "no session", "somebody else", "an ended session"],
)
async def test_anybody_else_is_refused(tabs: TabRegistry, origin: str, cookie: str) -> None:
    assert await _status(tabs, origin=origin, cookie=cookie, tab="tab-of-dana") == 403


async def test_a_tab_of_an_earlier_process_may_connect_so_that_it_reloads(tabs: TabRegistry) -> None:
    assert await _status(tabs, origin="https://chatter.test", cookie="chatter_session=sam", tab="long-gone") == 200


async def test_no_ended_session_connects_not_even_to_reload(tabs: TabRegistry) -> None:
    assert await _status(tabs, origin="https://chatter.test", cookie="chatter_session=eve", tab="long-gone") == 403


async def test_a_closed_tab_is_forgotten(tabs: TabRegistry) -> None:
    tabs.remove("dana", "tab-of-dana")
    assert not tabs.owns("dana", "tab-of-dana")


async def test_the_tab_is_not_named_in_what_a_server_logs(tabs: TabRegistry) -> None:
    logged: list[bytes] = []
    await _status(tabs, origin="https://chatter.test", cookie="chatter_session=dana", tab="tab-of-dana", logged=logged)
    assert logged == [b""]
