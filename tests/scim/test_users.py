"""Users of a directory: who becomes a member, who can't, and what ends with a deactivation."""

from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chatter.scim.permissions import HANDED_ON
from tests.people import Person, sign_up
from tests.scim.directory import Directory, connect, user, verify_domain

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


async def members(directory: Directory) -> dict[str, dict[str, object]]:
    return {one["email"]: one for one in (await directory.owner.get("/members")).json()["items"]}


async def test_a_user_in_a_proven_domain_becomes_a_member_with_the_token_s_role(directory: Directory) -> None:
    made = await directory.user("bo", displayName="Bo Lind", externalId="ext-1")
    assert made["active"] is True
    member = (await members(directory))[directory.address("bo")]
    assert (member["name"], member["role"]) == ("Bo Lind", "member")
    assert made["roles"] == [{"value": "member", "primary": True}]


async def test_a_user_in_a_domain_that_is_not_proven_is_refused_whether_or_not_somebody_is_it(
    directory: Directory, client: httpx.AsyncClient
) -> None:
    somebody = await sign_up(client)
    said = []
    for address in (somebody.email, f"{uuid4().hex[:12]}@example.test"):
        refused = await directory.post("/Users", user(address))
        assert refused.status_code == 403
        assert refused.headers["content-type"].startswith("application/scim+json")
        said.append(refused.text.replace(address, "?"))
    assert said[0] == said[1]
    assert (await directory.get("/Users")).json()["totalResults"] == 0


async def test_a_member_is_known_to_the_directory_whatever_their_domain(directory: Directory) -> None:
    colleague = await directory.owner.colleague("editor")
    made = (await directory.post("/Users", user(colleague.email))).json()
    assert made["roles"][0]["value"] == "editor"
    assert (await colleague.get("/me")).status_code == 200
    await directory.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": False})
    assert (await colleague.get("/me")).status_code == 401


async def test_a_person_of_other_organisations_joins_and_their_profile_stays_theirs(
    directory: Directory, client: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    other = await sign_up(client, name="Own Name")
    await admin.execute("update app_user set email = $2 where id = $1", other.user_id, directory.address("other"))
    made = await directory.user("other", displayName="The Directory's Word")
    row = await admin.fetchrow("select name, email from app_user where id = $1", other.user_id)
    assert row is not None
    assert (row["name"], row["email"]) == ("Own Name", directory.address("other"))
    assert "Own Name" not in str(made)
    refused = await directory.patch(
        f"/Users/{made['id']}", {"op": "replace", "path": "userName", "value": directory.address("new")}
    )
    assert refused.status_code == 403
    await directory.delete(f"/Users/{made['id']}")
    assert (await other.get("/me", headers={"Chatter-Organization": str(other.organization_id)})).status_code == 200


async def test_a_person_who_is_this_organisation_s_alone_is_renamed_with_their_entry(
    directory: Directory, admin: asyncpg.Connection
) -> None:
    made = await directory.user("maiden", displayName="Ada Maiden")
    changed = await directory.patch(
        f"/Users/{made['id']}",
        {"op": "Replace", "value": {"userName": directory.address("married"), "displayName": "Ada Married"}},
    )
    assert changed.status_code == 200
    name = await admin.fetchval("select name from app_user where email = $1", directory.address("married"))
    assert name == "Ada Married"
    elsewhere = await directory.patch(
        f"/Users/{made['id']}", {"op": "replace", "path": "userName", "value": f"{uuid4().hex}@elsewhere.test"}
    )
    assert elsewhere.status_code == 403


async def test_a_user_without_an_address_is_kept_and_is_nobody_until_they_have_one(directory: Directory) -> None:
    made = (await directory.post("/Users", user("jdoe", emails=[{"value": "jdoe@elsewhere.test"}]))).json()
    assert "roles" not in made
    before = len(await members(directory))
    address = directory.address("jdoe")
    await directory.patch(
        f"/Users/{made['id']}", {"op": "replace", "path": "emails", "value": [{"value": address, "primary": True}]}
    )
    assert address in await members(directory)
    assert len(await members(directory)) == before + 1


async def test_two_users_never_share_a_name_or_a_person(directory: Directory) -> None:
    await directory.user("bo")
    again = await directory.post("/Users", user(directory.address("bo").upper()))
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    other = await directory.post("/Users", user("bo", emails=[{"value": directory.address("bo")}]))
    assert (other.status_code, other.json()["scimType"]) == (409, "uniqueness")


async def test_a_role_is_given_by_its_name_and_never_one_beyond_the_maker_s(
    directory: Directory, admin: asyncpg.Connection
) -> None:
    made = await directory.user("bo", roles=[{"value": "Editor", "primary": True}])
    assert made["roles"] == [{"value": "editor", "primary": True}]
    unknown = await directory.post("/Users", user(directory.address(), roles=[{"value": "pilot"}]))
    assert (unknown.status_code, unknown.json()["scimType"]) == (400, "invalidValue")
    owner = await directory.post("/Users", user(directory.address(), roles=[{"value": "owner"}]))
    assert owner.status_code == 403
    permissions = ["scim:token:create", *HANDED_ON]
    narrow = await directory.owner.post("/roles", json={"name": "Connector", "permissions": permissions})
    maker = await directory.owner.colleague("viewer")
    await directory.owner.patch(f"/members/{maker.user_id}", json={"role": f"custom:{narrow.json()['id']}"})
    refused = await maker.post("/scim/tokens", json={"name": "More", "default_role": "admin"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")
    token = await maker.post("/scim/tokens", json={"name": "Own", "default_role": f"custom:{narrow.json()['id']}"})
    weak = Directory(directory.client, token.json()["secret"], directory.token_id, directory.owner, directory.domain)
    beyond = await weak.post("/Users", user(weak.address(), roles=[{"value": "admin"}]))
    assert beyond.status_code == 403
    own = await weak.post("/Users", user(weak.address()))
    assert own.status_code == 201
    raised = {"op": "replace", "path": "roles", "value": [{"value": "admin"}]}
    assert (await weak.patch(f"/Users/{own.json()['id']}", raised)).status_code == 403
    chief = await directory.user("chief", roles=[{"value": "admin"}])
    for change in (
        {"op": "replace", "path": "roles", "value": [{"value": f"custom:{narrow.json()['id']}"}]},
        {"op": "replace", "path": "userName", "value": directory.address("mine")},
        {"op": "replace", "path": "active", "value": False},
    ):
        assert (await weak.patch(f"/Users/{chief['id']}", change)).status_code == 403, change
    assert (await weak.delete(f"/Users/{chief['id']}")).status_code == 403
    back = {"op": "replace", "path": "active", "value": True}
    assert (await directory.patch(f"/Users/{chief['id']}", back | {"value": False})).status_code == 200
    assert (await weak.patch(f"/Users/{chief['id']}", back)).status_code == 403


@pytest.mark.parametrize("said", [False, "False", "false"])
async def test_a_deactivated_user_is_out_and_comes_back(directory: Directory, said: object) -> None:
    made = await directory.user("bo")
    body = {"op": "Replace", "path": "active", "value": said}
    assert (await directory.patch(f"/Users/{made['id']}", body)).json()["active"] is False
    assert (await members(directory))[directory.address("bo")]["suspended_at"] is not None
    await directory.patch(f"/Users/{made['id']}", {"op": "Add", "value": {"active": "True"}})
    assert (await members(directory))[directory.address("bo")]["suspended_at"] is None


async def test_a_deactivated_user_s_own_keys_and_sessions_open_nothing(directory: Directory) -> None:
    colleague = await directory.owner.colleague("editor")
    key = (await colleague.post("/me/keys", json={"name": "Laptop"})).json()["secret"]
    by_key = Person(colleague.client, key, colleague.user_id, colleague.organization_id, "")
    assert (await by_key.get("/documents")).status_code == 200
    made = (await directory.post("/Users", user(colleague.email))).json()
    for active, status in ((False, 401), (True, 200)):
        await directory.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": active})
        assert (await by_key.get("/documents")).status_code == status
        assert (await colleague.get("/documents")).status_code == status


async def test_a_deleted_user_is_no_member_and_is_not_found(directory: Directory) -> None:
    made = await directory.user("bo")
    assert (await directory.delete(f"/Users/{made['id']}")).status_code == 204
    assert directory.address("bo") not in await members(directory)
    assert (await directory.get(f"/Users/{made['id']}")).status_code == 404
    assert (await directory.user("bo"))["id"] != made["id"]


async def test_the_last_owner_is_never_deactivated_or_deleted(directory: Directory) -> None:
    made = (await directory.post("/Users", user(directory.owner.email))).json()
    for refused in (
        await directory.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": False}),
        await directory.delete(f"/Users/{made['id']}"),
    ):
        assert refused.status_code == 409
        assert "last owner" in refused.json()["detail"]
    assert (await directory.owner.get("/me")).json()["role"] == "owner"


async def test_an_owner_is_beyond_a_token_that_an_administrator_made(
    directory: Directory, admin: asyncpg.Connection
) -> None:
    second = await directory.owner.colleague("viewer")
    await directory.owner.patch(f"/members/{second.user_id}", json={"role": "owner"})
    administrator = await directory.owner.colleague("admin")
    token = (await administrator.post("/scim/tokens", json={"name": "Admin's"})).json()["secret"]
    weaker = Directory(directory.client, token, directory.token_id, directory.owner, directory.domain)
    made = (await weaker.post("/Users", user(second.email))).json()
    assert (await weaker.delete(f"/Users/{made['id']}")).status_code == 403
    lower = {"op": "replace", "path": "roles", "value": [{"value": "viewer"}]}
    for token in (weaker, directory):
        assert (await token.patch(f"/Users/{made['id']}", lower)).json()["detail"].startswith("An owner's role")
    assert (await second.get("/me")).json()["role"] == "owner"
    assert (await directory.delete(f"/Users/{made['id']}")).status_code == 204


async def test_whoever_may_not_change_members_makes_no_token(directory: Directory) -> None:
    role = await directory.owner.post("/roles", json={"name": "Half", "permissions": ["scim:token:create"]})
    maker = await directory.owner.colleague("viewer")
    own = f"custom:{role.json()['id']}"
    await directory.owner.patch(f"/members/{maker.user_id}", json={"role": own})
    refused = await maker.post("/scim/tokens", json={"name": "Mine", "default_role": own})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")


async def test_an_owner_s_address_is_changed_by_an_owner_s_token_alone_and_is_unproven_then(
    directory: Directory, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        "update app_user set email = $2, email_proven_at = now() where id = $1",
        *(directory.owner.user_id, directory.address("boss")),
    )
    administrator = await directory.owner.colleague("admin")
    token = (await administrator.post("/scim/tokens", json={"name": "Admin's"})).json()["secret"]
    weaker = Directory(directory.client, token, directory.token_id, directory.owner, directory.domain)
    made = (await weaker.post("/Users", user(directory.address("boss")))).json()
    moved = {"op": "replace", "path": "userName", "value": directory.address("mine")}
    assert (await weaker.patch(f"/Users/{made['id']}", moved)).status_code == 403
    kept = "select email, email_proven_at from app_user where id = $1"
    row = await admin.fetchrow(kept, directory.owner.user_id)
    assert row is not None
    assert (row["email"], row["email_proven_at"] is None) == (directory.address("boss"), False)
    assert (await directory.patch(f"/Users/{made['id']}", moved)).status_code == 200
    row = await admin.fetchrow(kept, directory.owner.user_id)
    assert row is not None
    assert (row["email"], row["email_proven_at"]) == (directory.address("mine"), None)


async def test_somebody_whom_people_took_out_is_inactive_until_the_directory_says_otherwise(
    directory: Directory,
) -> None:
    made = await directory.user("bo")
    user_id = (await members(directory))[directory.address("bo")]["user_id"]
    assert (await directory.owner.delete(f"/members/{user_id}")).status_code == 204
    assert (await directory.get(f"/Users/{made['id']}")).json()["active"] is False
    back = await directory.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": True})
    assert back.json()["active"] is True
    assert directory.address("bo") in await members(directory)


async def test_all_that_a_directory_tells_is_kept_and_told_back(directory: Directory) -> None:
    told = {
        "name": {"givenName": "Bo", "familyName": "Lind"},
        "title": "Pilot",
        "phoneNumbers": [{"value": "+47 1", "type": "mobile"}],
        ENTERPRISE: {"department": "Air", "employeeNumber": "7", "manager": {"value": str(uuid4())}},
    }
    made = await directory.user("bo", **told)
    assert {key: made[key] for key in told} == told
    replaced = await directory.put(f"/Users/{made['id']}", user(directory.address("bo"), title="Captain"))
    assert replaced.json()["title"] == "Captain"
    assert "phoneNumbers" not in replaced.json()
    assert replaced.json()["active"] is True


async def test_a_version_that_is_not_the_present_one_changes_nothing(directory: Directory) -> None:
    made = await directory.user("bo")
    shown = await directory.get(f"/Users/{made['id']}")
    version = shown.headers["etag"]
    assert version == shown.json()["meta"]["version"] == made["meta"]["version"]
    unchanged = await directory.get(f"/Users/{made['id']}", headers={"If-None-Match": version})
    assert unchanged.status_code == 304
    title = {"op": "add", "path": "title", "value": "Pilot"}
    assert (await directory.patch(f"/Users/{made['id']}", title, headers={"If-Match": version})).status_code == 200
    stale = await directory.patch(f"/Users/{made['id']}", title, headers={"If-Match": version})
    assert stale.status_code == 412
    assert (await directory.delete(f"/Users/{made['id']}", headers={"If-Match": version})).status_code == 412
    assert (await directory.delete(f"/Users/{made['id']}", headers={"If-Match": "*"})).status_code == 204


async def test_attributes_that_are_asked_for_are_told_and_those_left_out_are_not(directory: Directory) -> None:
    made = await directory.user("bo", title="Pilot", nickName="B")
    only = (await directory.get(f"/Users/{made['id']}?attributes=title")).json()
    assert {"id", "title"} <= only.keys()
    assert "nickName" not in only
    without = (await directory.get(f"/Users/{made['id']}?excludedAttributes=title")).json()
    assert "title" not in without
    assert without["nickName"] == "B"


async def test_what_is_no_scim_is_refused_in_scim_s_words(directory: Directory) -> None:
    made = await directory.user("bo")
    for body, kind in (
        (b"{", "invalidSyntax"),
        (b"[]", "invalidSyntax"),
        (b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}', "invalidValue"),
        (b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a\\u0000b"}', "invalidValue"),
        (b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":" "}', "invalidValue"),
        (
            b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a","title":"\\u0000"}',
            "invalidValue",
        ),
    ):
        refused = await directory.call("POST", "/Users", content=body)
        assert (refused.status_code, refused.json().get("scimType")) == (400, kind), (body, refused.text)
    for operation, kind in (
        ({"op": "replace", "path": "no such(", "value": 1}, "invalidPath"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "launch", "path": "title"}, "invalidValue"),
        ({"op": "replace", "path": "id", "value": "1"}, "mutability"),
    ):
        refused = await directory.patch(f"/Users/{made['id']}", operation)
        assert (refused.status_code, refused.json().get("scimType")) == (400, kind), (operation, refused.text)
    large = await directory.call("POST", "/Users", content=b" " * (1024 * 1024 + 1))
    assert large.status_code == 413
    for method, path, status in (
        ("GET", "/Me", 501),
        ("GET", "/nothing", 404),
        ("GET", "/Users/no-uuid", 404),
        ("PATCH", "/Users", 405),
        ("GET", "/Schemas/urn:nothing", 404),
        ("GET", "/Schemas?filter=id%20pr", 403),
        ("GET", "/ResourceTypes?filter=id%20pr", 403),
    ):
        answer = await directory.call(method, path)
        assert answer.status_code == status, (method, path, answer.text)
        assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert answer.json()["status"] == str(status)


async def test_a_domain_that_is_proven_later_brings_who_waited(directory: Directory, admin: asyncpg.Connection) -> None:
    domain = f"late{uuid4().hex[:8]}.test"
    made = (await directory.post("/Users", user("late", emails=[{"value": f"late@{domain}"}]))).json()
    await verify_domain(directory.owner, admin, domain)
    await directory.patch(f"/Users/{made['id']}", {"op": "add", "path": "title", "value": "Pilot"})
    assert f"late@{domain}" in await members(directory)


async def test_each_change_leaves_a_row_of_the_token_s_and_an_event(
    directory: Directory, admin: asyncpg.Connection
) -> None:
    made = await directory.user("bo")
    await directory.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": False})
    await directory.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": False})
    await directory.delete(f"/Users/{made['id']}")
    rows = await admin.fetch(
        "select action, actor_kind, actor_label, actor_id, key_id from audit_event where tenant_id = $1 "
        "and actor_kind = 'scim' order by id",
        directory.owner.organization_id,
    )
    assert {(row["actor_label"], row["actor_id"], row["key_id"]) for row in rows} == {
        ("Entra ID", directory.token_id, directory.token_id)
    }
    assert sorted(row["action"] for row in rows) == sorted(
        [
            *("scim:user:created", "tenancy:member:added"),
            *("scim:user:updated", "tenancy:member:suspended"),
            *("scim:user:deleted", "tenancy:member:removed"),
        ]
    )
    events = await admin.fetch("select name from outbox where tenant_id = $1", directory.owner.organization_id)
    assert {"scim.user.created", "scim.user.updated", "scim.user.deleted"} <= {row["name"] for row in events}


async def test_another_organisation_s_token_finds_nothing(
    directory: Directory, client: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    made = await directory.user("bo")
    other = await connect(await sign_up(client), admin)
    foreign = await other.get(f"/Users/{made['id']}")
    never = await other.get(f"/Users/{UUID(int=1)}")
    assert (foreign.status_code, foreign.content) == (404, never.content)
    assert (await other.get("/Users")).json()["totalResults"] == 0
