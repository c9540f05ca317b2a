"""Each route that changes something is driven, and must leave exactly the audit row that it declares.

The routes and their bodies come from the OpenAPI document, the rows that they work on from the database's catalogue. A
route that is added is driven by its example; where that is not enough, `BODIES` and `READY` say what it needs.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from litestar.handlers import HTTPRouteHandler

from chatter.api import build_api
from chatter.identity.mailboxes import Claim, sealed
from chatter.kit.settings import Settings
from chatter.kit.web.examples import with_examples
from tests.architecture.test_routes import ASKING, ROUTES, UNSAFE
from tests.llm.apps import calling
from tests.people import PASSWORD, Person, sign_up
from tests.security.catalogue import GLOBAL_TABLES
from tests.security.operations import PARAMETERS
from tests.security.world import World, populate
from tests.servers import SECRET_KEY
from tests.tenancy.name_server import NameServer, serve_names
from tests.upstream.server import Upstream, serve_upstream

MUTATIONS = [
    (path, handler)
    for path, handler in ROUTES
    if handler.http_methods & UNSAFE and not (handler.operation_id in ASKING and handler.opt.get("audit") is None)
]
IDS = [str(handler.operation_id) for _, handler in MUTATIONS]
every_mutation = pytest.mark.parametrize(("path", "handler"), MUTATIONS, ids=IDS)

# What the example can't know. `{upstream}` stands for a provider on loopback, `{<parameter>}` for an id of the world,
# `{fresh}` for a word that nobody has used yet.
BODIES: dict[str, dict[str, Any]] = {
    "SignIn": {"email": "{email}", "password": PASSWORD},
    "SignUp": {"email": "{fresh}@example.test"},
    "ChangePassword": {"current": PASSWORD},
    "AddMember": {"email": "{fresh}@example.test"},
    "CreateProvider": {"kind": "custom", "base_url": "{upstream}"},
    "UpdateProvider": {"base_url": "{upstream}"},
    "TestProviderDraft": {"kind": "custom", "base_url": "{upstream}", "model": "echo"},
    "TestProvider": {"model": "echo"},
    "ChooseDefaultModel": {"model_id": "{model_id}"},
    "CreateTurn": {"parent_id": None, "model_id": None},
    "CreateInvitation": {"email": "{fresh}@example.test", "team_ids": ["{team_id}"]},
    "AcceptInvitation": {"organization_id": "{organization_id}", "token": "{fresh}"},
    "AcceptInvitationSignedIn": {"organization_id": "{organization_id}", "token": "{fresh}"},
    "OffboardMember": {"successor_id": "{app_user_id}", "hand_over": ["documents"]},
    "TransferOwnership": {"user_id": "{user_id}", "password": PASSWORD},
    "ProveEmail": {"token": "{proof}"},
    "RequestDeletion": {"name": "Acme", "password": PASSWORD},
}
# What the world must look like before: what is set in which table of the organisation.
READY: dict[str, str] = {
    "TestProvider": "provider set key_sealed = null, kind = 'custom', base_url = '{upstream}'",
    "ChooseDefaultModel": "model set kind = 'chat', enabled = true",
    "UpdateModel": "model set kind = 'chat'",
    "RetryDocument": "document set state = 'failed'",
    "CancelRun": "run set state = 'running'",
    "UpdateDomain": "mail_domain set name = '{fresh}.test', verified_at = now()",
    "VerifyDomain": "mail_domain set name = '{fresh}.test'",
    "AcceptInvitation": "invitation set email = '{fresh}@example.test', token_hash = sha256('{fresh}')",
    "AcceptInvitationSignedIn": "invitation set email = '{email}', token_hash = sha256('{fresh}')",
    "ReactivateMember": "membership set suspended_at = case role when 'viewer' then now() end",
    "RestoreOrganization": "organization set state = 'deleting', purge_after = now() + interval '1 day'",
}
COLLEAGUES = {
    "RemoveMember", "ChangeMemberRole", "OffboardMember", "SuspendMember", "ReactivateMember", "TransferOwnership",
    "AddTeamMember",
}  # fmt: skip
"""What is done to somebody else: the last owner can't be changed, and is in the team already."""
# Rows that belong to a change and are not the route's own.
ALSO = {
    "SignUp": {"tenancy:organization:created"},
}


@pytest_asyncio.fixture(scope="module")
async def upstream() -> AsyncIterator[Upstream]:
    async with serve_upstream() as serving:
        yield serving


@pytest_asyncio.fixture(scope="module")
async def names() -> AsyncIterator[NameServer]:
    async with serve_names() as serving:
        yield serving


@pytest_asyncio.fixture(scope="module")
async def caller(settings: Settings, upstream: Upstream, names: NameServer) -> AsyncIterator[httpx.AsyncClient]:
    """An API that asks the provider and the name server on loopback, and offers a key of its environment."""
    own = {
        "dns_servers": [names.address],
        "egress_allow": [f"127.0.0.1:{upstream.port}"],
        "local_models_url": upstream.url,
        "offer_environment_providers": True,
        "smtp_url": "smtp://127.0.0.1:9",  # nobody listens: the mails that are asked for here stay in their jobs
    }
    async with calling(build_api(settings.model_copy(update=own))) as client:
        yield client


@pytest_asyncio.fixture
async def world(caller: httpx.AsyncClient, admin: asyncpg.Connection) -> World:
    return await populate(admin, await sign_up(caller), skip=GLOBAL_TABLES)


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    """Each operation of the OpenAPI document by its id."""
    document = with_examples(build_api(Settings(secret_key="0" * 32)).openapi_schema.to_schema())
    return {
        operation["operationId"]: operation
        for methods in document["paths"].values()
        for operation in methods.values()
        if "operationId" in operation
    }


@every_mutation
async def test_a_mutation_leaves_exactly_the_row_that_it_declares(
    world: World,
    upstream: Upstream,
    names: NameServer,
    operations: dict[str, dict[str, Any]],
    admin: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    *,
    path: str,
    handler: HTTPRouteHandler,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    name, request_id = str(handler.operation_id), uuid4().hex
    person = await _who(world, name)
    ids = await _ids(world, name) | {"email": person.email, "upstream": upstream.url}
    if name in READY:
        await admin.execute(f"update {READY[name].format_map(ids)} where tenant_id = $1", world.person.organization_id)
    if name == "VerifyDomain":
        [domain] = (await person.get("/domains")).json()["items"]
        names.records[domain["record_name"]] = [domain["record_value"]]
    answer = await _send(person, path, handler, operations[name], ids, request_id)
    assert answer.status_code < 300, (name, answer.text)
    left = await _actions(admin, request_id)
    assert left.count(handler.opt["audit"].value) == 1, (name, left)
    assert set(left) <= {handler.opt["audit"].value} | ALSO.get(name, set()), (name, left)


@every_mutation
async def test_a_mutation_that_is_refused_leaves_none(
    world: World,
    operations: dict[str, dict[str, Any]],
    admin: asyncpg.Connection,
    *,
    path: str,
    handler: HTTPRouteHandler,
) -> None:
    name, request_id = str(handler.operation_id), uuid4().hex
    nobody = Person(world.person.client, "no-such-token", uuid4(), uuid4(), "")
    broken = {"email": "nobody", "fresh": "not a name", "upstream": "", "model_id": str(uuid4()), "proof": "none"}
    answer = await _send(nobody, path, handler, operations[name], await _ids(world, name) | broken, request_id)
    assert answer.status_code >= 400, (name, answer.text)
    assert await _actions(admin, request_id) == []


async def _who(world: World, name: str) -> Person:
    """Whoever may do it: the owner, where nothing speaks against it."""
    if name == "LeaveOrganization":
        return await world.person.colleague("viewer")
    if name == "AcceptInvitationSignedIn":
        return await sign_up(world.person.client)
    return world.person


async def _ids(world: World, name: str) -> dict[str, str]:
    """The world's own ids."""
    ids = {f"{table}_id": str(row["id"]) for table, row in world.rows.items() if "id" in row}
    ids |= {parameter: str(world.id_of(table)) for parameter, table in PARAMETERS.items()}
    if name in COLLEAGUES:
        ids["user_id"] = str((await world.person.colleague("viewer")).user_id)
    return ids | {"offer_id": "openai", "fresh": uuid4().hex[:12], "proof": _proof(world.person)}


def _proof(person: Person) -> str:
    """What the link in a mail to this person would hold."""
    until = datetime.now(UTC) + timedelta(hours=1)
    claim = Claim(tenant_id=person.organization_id, user_id=person.user_id, email=person.email, until=until)
    return sealed(SECRET_KEY, claim)


async def _send(
    person: Person,
    path: str,
    handler: HTTPRouteHandler,
    operation: dict[str, Any],
    ids: dict[str, str],
    request_id: str,
) -> httpx.Response:
    address = path.removeprefix("/api/v1")
    for part in (part for part in path.split("/") if part.startswith("{")):
        address = address.replace(part, ids[part.strip("{}").partition(":")[0]])
    content = operation.get("requestBody", {}).get("content", {})
    headers = {"X-Request-ID": request_id}
    (method,) = handler.http_methods
    if "multipart/form-data" in content:
        files = [("files", (f"{request_id}.txt", request_id.encode()))]
        return await person.call(method, address, files=files, headers=headers)
    if "application/json" not in content:
        return await person.call(method, address, headers=headers)
    body = content["application/json"]["example"] | BODIES.get(str(handler.operation_id), {})
    filled = {key: _filled(value, ids) for key, value in body.items()}
    return await person.call(method, address, json=filled, headers=headers)


def _filled(value: object, ids: dict[str, str]) -> object:
    if isinstance(value, list):
        return [_filled(item, ids) for item in value]
    return value.format_map(ids) if isinstance(value, str) and "{" in value else value


async def _actions(admin: asyncpg.Connection, request_id: str) -> list[str]:
    rows = await admin.fetch("select action from audit_event where request_id = $1", request_id)
    return [row["action"] for row in rows]
