"""The OpenAPI document, and whether the API keeps what it says: fuzzed from the document by schemathesis."""

import asyncio
import os
import socket
import sys
import threading
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from litestar import Litestar

from chatter.api import build_api
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.settings import Settings
from chatter.kit.web.examples import with_examples
from tests.people import PASSWORD, Person, sign_up
from tests.upstream.server import Upstream, serve_upstream

METHODS = ("get", "put", "post", "patch", "delete")
LEFT_ALONE = (
    # Streams: they would be waited for. tests/security/test_streams.py opens each.
    *("StreamRunEvents", "TailAuditEvents"),
    # They call the address that a request names: other people's machines. tests/llm and tests/audit drive them.
    *("CreateProvider", "UpdateProvider", "TestProvider", "TestProviderDraft", "AcceptProviderOffer"),
    *("SetAuditSink", "TestAuditSink"),
)
ENDING = (
    *("SignOut", "SignOutOfSso", "EndMySession", "EndMyOtherSessions", "SignOutMember"),
    *("ChangePassword", "ConfirmSession"),
)
"""They end sessions, or spend the tries of one: fuzzed with one that is begun for each request."""
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
"""Requests that are drawn for each operation; `make fuzz` draws many."""
PATIENCE = 600 + 20 * EXAMPLES
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SEED = "20261123"


@pytest.fixture(scope="module")
def document(api: Litestar) -> dict[str, Any]:
    return with_examples(api.openapi_schema.to_schema())


@pytest_asyncio.fixture(scope="module")
async def upstream() -> AsyncIterator[Upstream]:
    async with serve_upstream() as serving:
        yield serving


@pytest.fixture(scope="module")
def address(settings: Settings, database_urls: DatabaseUrls, upstream: Upstream) -> Iterator[str]:
    """A server of its own loop and thread, on a free port."""
    settings = settings.model_copy(update={"local_models_url": upstream.url})
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(build_api(settings), log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
        client.get(f"{base}/api/v1/health/live", timeout=60)
    yield base
    server.should_exit = True
    thread.join(timeout=30)


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method in METHODS:
            operation = operations.get(method, {})
            for body in (operation.get("requestBody", {}), *operation.get("responses", {}).values()):
                for kind, content in body.get("content", {}).items():
                    if kind.endswith("json"):
                        assert "example" in content, (method, path)


OAUTH_PROBLEM = "#/components/schemas/OAuthProblem"
"""A problem document and an OAuth error in one, by the media type that RFC 6749 has for the latter."""


def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method in METHODS:
            for status, answer in operations.get(method, {}).get("responses", {}).items():
                if int(status) >= 400 and "/health/" not in path:
                    (kind, content), *others = answer["content"].items()
                    of_oauth = content["schema"].get("$ref") == OAUTH_PROBLEM and kind == "application/json"
                    assert others == [], (method, path, status)
                    assert kind == "application/problem+json" or of_oauth, (method, path, status)


def test_every_number_in_a_query_has_bounds(document: dict[str, Any]) -> None:
    """The database's integers end earlier than JSON's."""
    for path, operations in document["paths"].items():
        for method in METHODS:
            for parameter in operations.get(method, {}).get("parameters", ()):
                for kind in (parameter["schema"], *parameter["schema"].get("oneOf", ())):
                    if kind.get("type") == "integer":
                        assert {"minimum", "maximum"} <= kind.keys(), (method, path, parameter["name"])


@pytest.mark.timeout(PATIENCE + 60)
async def test_fuzzing_finds_no_answer_that_the_document_does_not_allow(address: str, tmp_path: Path) -> None:
    person = await _somebody(address)
    signed_in = ("--header", f"Authorization: Bearer {person.token}")
    await _fuzz(address, tmp_path, *signed_in, *_each("--exclude-operation-id", (*LEFT_ALONE, *ENDING)))
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {person.token}"}) as client:
        still = await client.get("/api/v1/me", timeout=60)
        assert still.status_code == 200, f"from here on nothing was asked: {still.text}"


@pytest.mark.timeout(PATIENCE + 60)
async def test_fuzzing_what_ends_sessions_finds_none_either(address: str, tmp_path: Path) -> None:
    person = await _somebody(address)
    own = {"FUZZ_ADDRESS": address, "FUZZ_EMAIL": person.email, "FUZZ_PASSWORD": PASSWORD}
    hooks = {"SCHEMATHESIS_HOOKS": "tests.contract.throw_away", "PYTHONPATH": str(Path(__file__).parents[2])}
    await _fuzz(address, tmp_path, *_each("--include-operation-id", ENDING), environment=own | hooks)


@pytest.mark.timeout(PATIENCE + 60)
async def test_fuzzing_without_a_session_finds_none_either(address: str, tmp_path: Path, api: Litestar) -> None:
    handlers = [handler for route in api.routes for handler in getattr(route, "route_handlers", ())]
    public = [str(handler.operation_id) for handler in handlers if handler.opt.get("public") and handler.operation_id]
    await _fuzz(address, tmp_path, *_each("--include-operation-id", (*public, *ENDING)))


def _each(option: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (option, name)


async def _somebody(address: str) -> Person:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        return await sign_up(client)


async def _fuzz(
    address: str, folder: Path, *options: str, environment: Mapping[str, str] = MappingProxyType({})
) -> None:
    command = [
        *(str(Path(sys.executable).parent / "st"), "run", f"{address}/api/v1/schema/openapi.json"),
        *("--checks", CHECKS, "--seed", SEED),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES)),
        *("--no-color", "--request-timeout", "30", "--suppress-health-check", "all", *options),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=PIPE, stderr=STDOUT, env={**os.environ, **environment}
    )
    said, _ = await asyncio.wait_for(process.communicate(), timeout=PATIENCE)
    assert process.returncode == 0, said.decode()[-20000:]
