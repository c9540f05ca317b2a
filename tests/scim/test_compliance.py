"""Somebody else's compliance tester, against a real server: the organisation is empty before."""

import socket
import threading
from collections.abc import Iterator

import httpx
import httpx2
import pytest
import uvicorn
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.people import sign_up


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    """A server of its own loop and thread, which knows its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    api = build_api(settings.model_copy(update={"public_url": base}))
    server = uvicorn.Server(uvicorn.Config(api, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
        client.get(f"{base}/api/v1/health/live", timeout=60)
    yield base
    server.should_exit = True
    thread.join(timeout=30)


async def test_the_compliance_tester_passes_wholly(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        owner = await sign_up(client)
        made = await owner.post("/scim/tokens", json={"name": "Tester"})
    headers = {"Authorization": f"Bearer {made.json()['secret']}"}
    with httpx2.Client(base_url=f"{address}/scim/v2", headers=headers, timeout=60) as scim:
        results = check_server(SyncSCIMClient(scim))
    told = [(one.title, one.resource_type, one.reason) for one in results if one.status != Status.SUCCESS]
    assert told == []
    assert len(results) > 100
