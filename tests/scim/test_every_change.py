"""Each SCIM route that declares an audit action leaves exactly that row and an event; a refused one leaves none."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from litestar.handlers import HTTPRouteHandler

from tests.architecture.test_routes import ROUTES
from tests.scim.directory import GROUP, Directory, user

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
CHANGES = [
    (path.removeprefix("/scim/v2"), handler)
    for path, handler in ROUTES
    if handler.opt.get("provisioning") and handler.opt.get("audit") is not None
]
BODIES: dict[str, Any] = {
    "ScimCreateUser": user("made"),
    "ScimReplaceUser": user("replaced", title="Pilot"),
    "ScimPatchUser": {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "Pilot"}]},
    "ScimCreateGroup": {"schemas": [GROUP], "displayName": "Made"},
    "ScimReplaceGroup": {"schemas": [GROUP], "displayName": "Replaced"},
    "ScimPatchGroup": {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "members", "value": []}]},
    "ScimBulk": {
        "Operations": [{"method": "PUT", "path": "/Users/<user>", "data": user("replaced", title="Pilot")}],
    },
}
ALSO = {
    "ScimCreateGroup": {"tenancy:team:created"},
    "ScimReplaceGroup": {"tenancy:team:updated"},
    "ScimDeleteGroup": {"tenancy:team:deleted"},
}
UNTOLD = """
select e.action from audit_event e where e.request_id = $1 and not exists (
    select from outbox o where o.tenant_id = e.tenant_id and o.xmin::text::bigint = e.txid::text::bigint % 4294967296)
"""
every_change = pytest.mark.parametrize(
    ("path", "handler"), CHANGES, ids=[str(handler.operation_id) for _, handler in CHANGES]
)


@every_change
async def test_a_change_leaves_exactly_the_row_that_it_declares(
    directory: Directory, admin: asyncpg.Connection, path: str, handler: HTTPRouteHandler
) -> None:
    kept = (await directory.post("/Users", user("kept"))).json()
    crew = await directory.group("Crew", kept)
    request_id, name = uuid4().hex, str(handler.operation_id)
    (method,) = handler.http_methods
    key = kept["id"] if path.startswith("/Users") else crew["id"]
    body = _with(BODIES.get(name), kept["id"])
    address = f"{path.partition('{')[0]}{key}" if "{" in path else path
    answer = await directory.call(str(method), address, json=body, headers={"X-Request-ID": request_id})
    assert answer.status_code < 300, answer.text
    rows = await admin.fetch("select action, actor_id, actor_kind from audit_event where request_id = $1", request_id)
    actions = [row["action"] for row in rows]
    assert actions.count(handler.opt["audit"].value) == 1, actions
    assert set(actions) <= {handler.opt["audit"].value} | ALSO.get(name, set())
    assert {(row["actor_id"], row["actor_kind"]) for row in rows} == {(directory.token_id, "scim")}
    assert await admin.fetch(UNTOLD, request_id) == []


@every_change
async def test_a_change_that_is_refused_leaves_none(
    directory: Directory, admin: asyncpg.Connection, path: str, handler: HTTPRouteHandler
) -> None:
    (method,) = handler.http_methods
    address = f"{path.partition('{')[0]}{UUID(int=1)}" if "{" in path else path
    request_id = uuid4().hex
    answer = await directory.call(str(method), address, json={}, headers={"X-Request-ID": request_id})
    assert answer.status_code >= 400
    assert await admin.fetch("select action from audit_event where request_id = $1", request_id) == []


def _with(body: Any, user_id: str) -> Any:
    if isinstance(body, dict):
        return {key: _with(inner, user_id) for key, inner in body.items()}
    if isinstance(body, list):
        return [_with(inner, user_id) for inner in body]
    return body.replace("<user>", user_id) if isinstance(body, str) else body
