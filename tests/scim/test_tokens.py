"""SCIM tokens: shown once, taken back at once, good for SCIM alone; and what administrators see of a directory."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chatter.scim.secrets import new_token
from tests.people import Person, sign_up
from tests.scim.directory import Directory, connect


async def test_a_token_is_shown_once_and_only_its_hash_is_kept(directory: Directory, admin: asyncpg.Connection) -> None:
    row = await admin.fetchrow("select * from scim_token where id = $1", directory.token_id)
    assert row is not None
    assert directory.token not in str(dict(row))
    listed = (await directory.owner.get("/scim/tokens")).json()["items"]
    assert [(one["name"], one["state"], directory.token.endswith(one["hint"])) for one in listed] == [
        ("Entra ID", "active", True)
    ]
    assert directory.token not in str(listed)


async def test_a_token_opens_the_scim_routes_and_nothing_else(directory: Directory) -> None:
    assert (await directory.get("/Users")).status_code == 200
    headers = {"Authorization": f"Bearer {directory.token}"}
    for path in ("/me", "/documents", "/organization", "/scim/tokens"):
        assert (await directory.client.get(f"/api/v1{path}", headers=headers)).status_code == 401


async def test_nothing_but_a_token_opens_the_scim_routes(directory: Directory) -> None:
    robot = await directory.owner.service("admin")
    unknown = new_token(directory.owner.organization_id)
    said = set()
    for shown in (directory.owner.token, robot.token, unknown, "nonsense", ""):
        headers = {"Authorization": f"Bearer {shown}", "X-Request-ID": "same-request"}
        answer = await directory.client.get("/scim/v2/Users", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        said.add(answer.text)
    cookie = {"Cookie": f"chatter_session={directory.owner.token}", "X-Request-ID": "same-request"}
    said.add((await directory.client.get("/scim/v2/Users", headers=cookie)).text)
    assert len(said) == 1


async def test_a_token_in_an_address_is_refused(directory: Directory) -> None:
    assert (await directory.get(f"/Users?token={directory.token}")).status_code == 400


async def test_a_revoked_or_expired_token_opens_nothing(directory: Directory, admin: asyncpg.Connection) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    second = await connect(directory.owner, admin, expires_at=soon)
    assert (await second.get("/Users")).status_code == 200
    await admin.execute("update scim_token set expires_at = now() where id = $1", second.token_id)
    assert (await second.get("/Users")).status_code == 401
    assert (await directory.owner.delete(f"/scim/tokens/{directory.token_id}")).status_code == 204
    assert (await directory.owner.delete(f"/scim/tokens/{directory.token_id}")).status_code == 204
    assert (await directory.get("/Users")).status_code == 401
    states = {one["state"] for one in (await directory.owner.get("/scim/tokens")).json()["items"]}
    assert states == {"revoked", "expired"}


async def test_a_token_with_an_end_in_the_past_is_not_made(owner: Person) -> None:
    past = {"name": "Late", "expires_at": "2020-01-01T00:00:00Z"}
    refused = await owner.post("/scim/tokens", json=past)
    assert (refused.status_code, refused.json()["code"]) == (422, "scim_lifetime_invalid")


@pytest.mark.parametrize("role", ["editor", "member", "viewer", "billing"])
async def test_who_may_not_connect_a_directory_sees_nothing_of_it(directory: Directory, role: str) -> None:
    person = await directory.owner.colleague(role)
    for method, path in (
        ("GET", "/scim"),
        ("GET", "/scim/tokens"),
        ("GET", "/scim/requests"),
        ("POST", "/scim/tokens"),
    ):
        answer = await person.call(method, path, json={"name": "Mine"} if method == "POST" else None)
        assert answer.status_code == 403


async def test_an_organisation_that_is_closed_has_no_directory(directory: Directory, admin: asyncpg.Connection) -> None:
    await admin.execute(
        "update organization set state = 'suspended' where tenant_id = $1", directory.owner.organization_id
    )
    closed = await directory.get("/Users")
    assert (closed.status_code, closed.json()["status"]) == (403, "403")


async def test_administrators_see_what_the_directory_asked_for_last(directory: Directory) -> None:
    await directory.get("/Users", params={"filter": 'userName eq "bo"'})
    await directory.post("/Users", {"userName": f"x@{uuid4().hex}.test"})
    await directory.user("bo")
    newest = (await directory.owner.get("/scim/requests")).json()["items"]
    assert [(one["method"], one["status"]) for one in newest] == [("POST", 201), ("POST", 403), ("GET", 200)]
    assert "has not verified" in newest[1]["detail"]
    assert newest[2]["path"].startswith("/Users?filter=")
    tokens = (await directory.owner.get("/scim/tokens")).json()["items"]
    assert tokens[0]["last_used_at"] is not None
    setup = (await directory.owner.get("/scim")).json()
    assert (setup["users"], setup["members"], setup["groups"]) == (1, 1, 0)
    assert setup["verified_domains"] == [directory.domain]
    assert setup["base_url"].endswith("/scim/v2")


async def test_only_the_newest_requests_are_kept(directory: Directory, admin: asyncpg.Connection) -> None:
    await admin.execute(
        "insert into scim_request (tenant_id, id, scim_token_id, method, path, status) "
        "select $1, uuidv7(), $2, 'GET', '/Users', 200 from generate_series(1, 300)",
        *(directory.owner.organization_id, directory.token_id),
    )
    await directory.get("/Users")
    left = await admin.fetchval("select count(*) from scim_request where scim_token_id = $1", directory.token_id)
    assert left == 200


async def test_another_organisation_s_tokens_are_not_there(directory: Directory, client: httpx.AsyncClient) -> None:
    stranger = await sign_up(client)
    assert (await stranger.delete(f"/scim/tokens/{directory.token_id}")).status_code == 404
    assert (await stranger.get("/scim/requests")).json()["items"] == []
