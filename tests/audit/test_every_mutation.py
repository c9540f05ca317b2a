"""Each route that declares an audit action is driven: it must leave exactly that row, and an event beside it.

The routes and their bodies come from the OpenAPI document, the rows that they work on from the database's catalogue. A
route that is added is driven by its example; where that is not enough, `BODIES` and `READY` say what it needs.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from litestar.handlers import HTTPRouteHandler

from chatter.api import build_api
from chatter.identity.mail_links import PASSWORD_RESET, link_token
from chatter.identity.mailboxes import Claim, sealed
from chatter.kit.settings import Settings
from chatter.kit.web.examples import with_examples
from chatter.oauth.authorizing import about
from chatter.oauth.clients import CLI
from chatter.oauth.consent import consent_token
from chatter.oauth.schemas import AppRequest
from tests.architecture.test_routes import ASKING, ROUTES, UNSAFE
from tests.audit.branch_steps import answered
from tests.audit.factor_steps import PUBLIC_URL, Step
from tests.audit.factor_steps import STEPS as FACTOR_STEPS
from tests.llm.apps import calling
from tests.oauth.app import challenge_of
from tests.people import PASSWORD, Person, sign_up, sign_up_token
from tests.security.catalogue import GLOBAL_TABLES
from tests.security.operations import PARAMETERS
from tests.security.world import World, populate
from tests.servers import SECRET_KEY
from tests.sso.driven import finish_sso, tell_of_a_logout
from tests.tenancy.name_server import NameServer
from tests.upstream.server import Upstream, serve_upstream

MUTATIONS = [
    (path, handler)
    for path, handler in ROUTES
    if (handler.opt.get("audit") is not None or (handler.http_methods & UNSAFE and handler.operation_id not in ASKING))
    and not handler.opt.get("provisioning")  # directories' own: tests/scim/test_every_change.py
]
IDS = [str(handler.operation_id) for _, handler in MUTATIONS]
every_mutation = pytest.mark.parametrize(("path", "handler"), MUTATIONS, ids=IDS)

# What the example can't know. `{upstream}` stands for a provider on loopback, `{<parameter>}` for an id of the world.
BODIES: dict[str, dict[str, Any]] = {
    "SignIn": {"email": "{email}", "password": PASSWORD},
    "FinishSignUp": {"token": "{sign_up}", "password": PASSWORD},
    "ChangePassword": {"current": PASSWORD},
    "ConfirmSession": {"password": PASSWORD},
    "BackchannelLogout": {"logout_token": "no.token"},
    "CreateProvider": {"kind": "custom", "base_url": "{upstream}"},
    "UpdateProvider": {"base_url": "{upstream}"},
    "TestProviderDraft": {"kind": "custom", "base_url": "{upstream}", "model": "echo"},
    "TestProvider": {"model": "echo"},
    "ChooseDefaultModel": {"model_id": "{model_id}"},
    "SetModelAudience": {"everyone": False, "roles": ["editor"], "team_ids": ["{team_id}"]},
    "SetModelPrice": {"cached": None, "valid_from": None},
    "ChooseFallbackModels": {"model_ids": ["{model_id}"]},
    "SetAuditSink": {"url": "{upstream}"},
    "CreateInvitation": {"email": "{fresh}@example.test", "team_ids": []},
    "AcceptInvitation": {"organization_id": "{organization_id}", "token": "{fresh}"},
    "AcceptInvitationSignedIn": {"organization_id": "{organization_id}", "token": "{fresh}"},
    "OffboardMember": {"successor_id": None, "hand_over": []},
    "DeleteServiceAccount": {"successor_id": None, "hand_over": []},
    "TransferOwnership": {"user_id": "{user_id}"},
    "RequestDeletion": {"name": "Acme"},
    "ProveEmail": {"token": "{proof}"},
    "ResetPassword": {"token": "{reset}", "password": "another horse battery"},
    "CreateRole": {"permissions": ["documents:document:read"]},
    "UpdateRole": {"permissions": ["documents:document:read"]},
    "CreateGrant": {"resource_id": "{document_id}", "subject_id": "{user_id}", "expires_at": None},
    "UpdateGrant": {"expires_at": None},
    "CreateIdentityProvider": {"issuer": "{upstream}", "mappings": []},
    "UpdateIdentityProvider": {"issuer": "{upstream}", "mappings": []},
    "ChangeSsoEnforcement": {"break_glass_ids": []},
    "CreateScimToken": {"expires_at": None},
    "EnterSupport": {"organization_id": "{organization_id}", "token": "{fresh}"},
    "SetRateLimit": {"amount": 1000},
    "CreateTurn": {"parent_id": None, "model_id": None},
    "QueueMessage": {"model_id": None},
    "DecideToolCall": {"decision": "skip"},
    "CreateConversation": {"collection_ids": []},
    "UpdateConversation": {"collection_ids": [], "shown_message_id": "{message_id}"},
    "MoveDocuments": {"document_ids": ["{document_id}"], "collection_id": None},
    "IssueToken": {"grant_type": "authorization_code", "client_id": "{app}", "code": "{code}"}
    | {"redirect_uri": "http://127.0.0.1/callback", "code_verifier": "{verifier}"},
    "RevokeToken": {"client_id": "{app}", "token": "{refresh_token}"},
    "AllowApp": {"consent": "{consent}"},
    "AllowDevice": {"user_code": "{user_code}", "consent": "{consent}"},
    "RefuseDevice": {"user_code": "{user_code}", "consent": "{consent}"},
}
# What the world must look like before: $1 is the organisation.
_CHOOSABLE = "update model set kind = 'chat', enabled = true where tenant_id = $1"
_INVITED = (
    "update invitation set accepted_at = null, revoked_at = null, expires_at = now() + interval '1 day', "
    "role = 'viewer', email = '{stranger}', invited_by = '{owner}', token_hash = sha256('{fresh}') where tenant_id = $1"
)
_OF_THE_CLI = "with g as (update oauth_grant set client_key = sha256('chatter-cli') where tenant_id = $1) "
READY: dict[str, str] = {
    "IssueToken": _OF_THE_CLI + "update oauth_family set code_hash = sha256('{code}'), code_challenge = '{challenge}', "
    "redirect_uri = 'http://127.0.0.1/callback', code_expires_at = now() + interval '1 minute', redeemed_at = null "
    "where tenant_id = $1",
    "RevokeToken": _OF_THE_CLI + "update oauth_family set secret_hash = sha256('{secret}') where tenant_id = $1",
    "TestProvider": "update provider set key_sealed = null, kind = 'custom', base_url = '{upstream}' "
    "where tenant_id = $1",
    "ChooseDefaultModel": _CHOOSABLE,
    "UpdateModel": _CHOOSABLE,
    "TestAuditSink": "update audit_sink set url = '{upstream}', header_name = null, header_sealed = null "
    "where tenant_id = $1",
    "RevokeOwnKey": "update api_key set user_id = '{owner}' where tenant_id = $1",
    "UnlinkOwnExternalIdentity": "update external_identity set user_id = '{owner}' where tenant_id = $1",
    "TestIdentityProvider": "update identity_provider set issuer = '{upstream}' where tenant_id = $1",
    "RetryDocument": "update document set state = 'failed' where tenant_id = $1",
    "ListOthersConversations": "update access_policy set admins_read_conversations = true where tenant_id = $1",
    "DecideToolCall": "with waiting as (update run set state = 'queued', lease_expires_at = 'infinity', "
    "cancel_requested_at = null where tenant_id = $1) "
    "update tool_call set state = 'begun', key = 'call01000' where tenant_id = $1",
    "DeleteNote": "update note set owner_id = '{owner}' where tenant_id = $1",
    "CancelRun": "update run set state = 'running' where tenant_id = $1",
    "SteerRun": "update run set state = 'running' where tenant_id = $1",
    "QueueMessage": "update message set state = 'streaming' where tenant_id = $1",
    "ResumeQueue": "with stopped as (update message set state = 'cancelled' where tenant_id = $1) "
    "update queued_message set owner_id = '{owner}', idempotency_key = null where tenant_id = $1",
    "AcceptInvitation": _INVITED,
    "AcceptInvitationSignedIn": _INVITED,
    "ResendInvitation": _INVITED,
    "RevokeInvitation": _INVITED,
    "ReactivateMember": "update membership set suspended_at = now() where tenant_id = $1 and role = 'viewer'",
    "ReactivateServiceAccount": "update membership set suspended_at = now() where tenant_id = $1 and kind = 'service'",
    "UpdateDomain": "update mail_domain set name = 'd{fresh}.test', verified_at = now() where tenant_id = $1",
    "ResetPassword": "insert into mail_link (id, purpose, user_id, email, expires_at) "
    "select '{link}', 'password_reset', id, email, now() + interval '1 hour' from app_user "
    "where id = '{owner}' and $1::uuid is not null",
    "FinishSignUp": "insert into sign_up (id, email, name, organization_name, mailed, expires_at) "
    "select '{link}', '{fresh}@example.test', 'Ada Moe', 'Globex', true, now() + interval '1 day' "
    "where $1::uuid is not null",
    "EnterSupport": "update support_visit set link_hash = sha256('{fresh}'), token_hash = null, entered_at = null, "
    "link_expires_at = now() + interval '1 minute' where tenant_id = $1",
    "RestoreOrganization": "update organization set state = 'deleting', purge_after = now() + interval '1 day' "
    "where tenant_id = $1",
}
# Who acts, when it is not the owner, and who is acted upon, when it can't be.
ACTING = {"AcceptInvitationSignedIn": "stranger", "LeaveOrganization": "colleague"}
ON_A_COLLEAGUE = {"RemoveMember", "ChangeMemberRole", "OffboardMember", "SuspendMember", "ReactivateMember"}
ON_A_COLLEAGUE |= {
    "SignOutMember",
    "ResetMemberSecondFactors",
    "AddTeamMember",
    "TransferOwnership",
    "LeaveOrganization",
}
# What a browser or a provider sends, after a way that an example can't go.
DRIVEN = {"FinishSso": finish_sso, "BackchannelLogout": tell_of_a_logout}
# What has to happen before, where rows alone are not enough.
STEPS = FACTOR_STEPS | {"BranchRun": answered}
# Rows that belong to a change and are not the route's own.
ALSO = {
    "FinishSignUp": {"tenancy:organization:created"},
    "RevokeSupport": {"tenancy:support_visit:ended"},
}
# Operations that leave a row and tell nobody, each with its reason.
TELL_NOBODY = {"ListOthersConversations": "a read: nothing has changed that anybody could act upon"}
_UNTOLD = """
select e.action from audit_event e where e.request_id = $1 and not exists (
    select from outbox o where o.tenant_id = e.tenant_id and o.xmin::text::bigint = e.txid::text::bigint % 4294967296)
"""
_WITHOUT_ITS_RUN = """
select e.action from audit_event e join run r on r.tenant_id = e.tenant_id and (r.request_id = $1 or r.id = e.target)
where e.request_id = $1 and e.run_id is distinct from r.id
"""


@pytest_asyncio.fixture(scope="module")
async def upstream() -> AsyncIterator[Upstream]:
    async with serve_upstream() as serving:
        yield serving


@pytest_asyncio.fixture(scope="module")
async def name_server() -> AsyncIterator[NameServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    yield server
    transport.close()


@pytest_asyncio.fixture(scope="module")
async def caller(settings: Settings, upstream: Upstream, name_server: NameServer) -> AsyncIterator[httpx.AsyncClient]:
    """An API that may call the providers on loopback, and offers a key of its environment."""
    own = {
        "egress_allow": ["127.0.0.0/8"],
        "local_models_url": upstream.url,
        "offer_environment_providers": True,
        "dns_servers": [name_server.address],
        "public_url": PUBLIC_URL,
        "smtp_url": "smtp://127.0.0.1:9",  # nobody listens, and the worker that would call does not run
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
    operations: dict[str, dict[str, Any]],
    name_server: NameServer,
    admin: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    *,
    path: str,
    handler: HTTPRouteHandler,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    name, request_id = str(handler.operation_id), uuid4().hex
    people = await _people(world, name)
    ids = _ids(world, people) | {"upstream": upstream.url}
    if name == "VerifyDomain":
        ids["domain_id"] = await _provable_domain(world.person, name_server)
    if name in {"AllowDevice", "RefuseDevice"}:
        ids |= await _waiting_device(world.person)
    if name in READY:
        await admin.execute(READY[name].format_map(ids), world.person.organization_id)
    acting = people.get(ACTING.get(name, ""), world.person)
    step = await STEPS[name](people.get("colleague", world.person)) if name in STEPS else Step()
    if name in DRIVEN:
        answer = await DRIVEN[name](world.person.client, admin, request_id)
    else:
        answer = await _send(acting, path, handler, operations[name], ids | step.ids, request_id, known=step.body)
    world.person.client.cookies.clear()
    assert answer.status_code < 300, (name, answer.text)
    left = await _actions(admin, request_id)
    assert left.count(handler.opt["audit"].value) == 1, (name, left)
    assert set(left) <= {handler.opt["audit"].value} | ALSO.get(name, set()), (name, left)
    untold = [row["action"] for row in await admin.fetch(_UNTOLD, request_id)]
    assert bool(untold) == (name in TELL_NOBODY), f"rows without an event of their own transaction: {untold}"
    assert await admin.fetch(_WITHOUT_ITS_RUN, request_id) == []


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
    broken = {
        "reset": "no.reset",
        "sign_up": "no.sign-up",
        "app": "nobody",
        "email": "nobody",
        "proof": "no.proof",
        "fresh": "not a name",
        "upstream": "",
        "model_id": str(uuid4()),
    }
    answer = await _send(nobody, path, handler, operations[name], _ids(world, {}) | broken, request_id)
    assert answer.status_code >= 400, (name, answer.text)
    assert await _actions(admin, request_id) == []


async def _people(world: World, name: str) -> dict[str, Person]:
    """Whom the operation needs beside the owner."""
    people = {}
    if name in ON_A_COLLEAGUE:
        people["colleague"] = await world.person.colleague("viewer")
    if ACTING.get(name) == "stranger":
        people["stranger"] = await sign_up(world.person.client)
    return people


def _ids(world: World, people: Mapping[str, Person]) -> dict[str, str]:
    """The world's own ids; the user is a colleague where there is one."""
    ids = {f"{table}_id": str(row["id"]) for table, row in world.rows.items() if "id" in row}
    ids |= {parameter: str(world.id_of(table)) for parameter, table in PARAMETERS.items()}
    if colleague := people.get("colleague"):
        ids["user_id"] = str(colleague.user_id)
    stranger = people["stranger"].email if "stranger" in people else f"{uuid4().hex[:12]}@example.test"
    own = {"offer_id": "openai", "email": world.person.email, "stranger": stranger, "fresh": uuid4().hex[:12]}
    own |= {"rule": "question-person", "passkey_id": str(uuid4()), "proof": _proof(world.person)}
    own |= {"owner": str(world.person.user_id), "call_id": "call01000"}
    link = uuid4()
    own |= {"link": str(link), "reset": link_token(SECRET_KEY, purpose=PASSWORD_RESET, link=link)}
    own |= {"sign_up": sign_up_token(link)}
    return ids | own | _app_ids(world.person)


def _app_ids(person: Person) -> dict[str, str]:
    """What an app knows that the person allows to act, and the word of the page on which they do."""
    secret, verifier = "s" * 43, "v" * 43
    request = AppRequest(
        client_id=CLI.id,
        redirect_uri="http://127.0.0.1:8765/callback",
        response_type="code",
        scope="documents:document:read",
        state="af0ifjsldkj",
        code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        code_challenge_method="S256",
    )
    until = int(datetime.now(UTC).timestamp()) + 60
    shown = consent_token(
        SECRET_KEY, tenant_id=person.organization_id, user_id=person.user_id, about=about(request), until=until
    )
    return {
        "app": CLI.id,
        "code": f"chatter_ac_{person.organization_id.hex}_{'c' * 43}",
        "verifier": verifier,
        "challenge": challenge_of(verifier),
        "secret": secret,
        "refresh_token": f"chatter_rt_{person.organization_id.hex}_{secret}{'t' * 43}",
        "consent": shown,
        "user_code": "BBBB-BBBB",
    }


async def _waiting_device(person: Person) -> dict[str, str]:
    codes = (await person.client.post("/api/v1/oauth/device", data={"client_id": CLI.id})).json()
    shown = (await person.post("/oauth/device/asked", json={"user_code": codes["user_code"]})).json()
    return {"user_code": codes["user_code"], "consent": shown["consent"]}


def _proof(person: Person) -> str:
    """What the link in a mail to the person says."""
    until = datetime.now(UTC) + timedelta(hours=1)
    claim = Claim(tenant_id=person.organization_id, user_id=person.user_id, email=person.email, until=until)
    return sealed(SECRET_KEY, claim)


async def _provable_domain(person: Person, name_server: NameServer) -> str:
    claimed = (await person.post("/domains", json={"name": f"d{uuid4().hex[:12]}.test"})).json()
    name_server.records[claimed["record_name"]] = [claimed["record_value"]]
    return str(claimed["id"])


async def _send(
    person: Person,
    path: str,
    handler: HTTPRouteHandler,
    operation: dict[str, Any],
    ids: dict[str, str],
    request_id: str,
    known: Mapping[str, Any] = MappingProxyType({}),
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
    if "application/x-www-form-urlencoded" in content:
        form = {name: str(_filled(value, ids)) for name, value in BODIES[str(handler.operation_id)].items()}
        return await person.client.post(path, data=form, headers=headers)
    if "application/json" not in content:
        return await person.call(method, address, headers=headers)
    body = content["application/json"]["example"] | BODIES.get(str(handler.operation_id), {})
    filled = {key: _filled(value, ids) for key, value in body.items()} | dict(known)
    return await person.call(method, address, json=filled, headers=headers)


def _filled(value: object, ids: dict[str, str]) -> object:
    if isinstance(value, list):
        return [_filled(one, ids) for one in value]
    return value.format_map(ids) if isinstance(value, str) and "{" in value else value


async def _actions(admin: asyncpg.Connection, request_id: str) -> list[str]:
    rows = await admin.fetch("select action from audit_event where request_id = $1", request_id)
    return [row["action"] for row in rows]
