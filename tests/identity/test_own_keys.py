"""Keys that people make for themselves: narrowed by permissions and addresses, never more than their holder."""

from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar

from tests.people import Person

READ = "documents:document:read"


async def make(person: Person, **body: object) -> dict[str, Any]:
    answer = await person.post("/me/keys", json={"name": "Laptop"} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def holding(person: Person, made: dict[str, Any]) -> Person:
    """A program that has the key."""
    return Person(person.client, made["secret"], person.user_id, person.organization_id, "")


class TestActing:
    async def test_a_key_acts_as_the_person_and_the_log_names_both(
        self, owner: Person, admin: asyncpg.Connection
    ) -> None:
        made = await make(owner)
        conversation = (await holding(owner, made).post("/conversations", json={})).json()
        logged = await admin.fetchrow(
            "select actor_kind, actor_id, actor_label, session_id, key_id from audit_event where target = $1",
            UUID(conversation["id"]),
        )
        key_id = UUID(made["key"]["id"])
        assert tuple(logged or ()) == ("user", owner.user_id, owner.email, None, key_id)

    async def test_a_key_may_what_its_scopes_and_its_holders_present_role_both_allow(self, owner: Person) -> None:
        editor = await owner.colleague("editor")
        wide = holding(editor, await make(editor))
        narrow = holding(editor, await make(editor, scopes=[READ]))
        assert [(await key.get("/documents")).status_code for key in (wide, narrow)] == [200, 200]
        assert (await wide.post("/conversations", json={})).status_code == 201
        refused = await narrow.post("/conversations", json={})
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
        await owner.patch(f"/members/{editor.user_id}", json={"role": "billing"})
        refused = await narrow.get("/documents")
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")

    async def test_a_narrowed_key_hands_on_nothing_that_it_was_not_given(self, owner: Person) -> None:
        invite = "tenancy:invitation:create"
        narrow = holding(owner, await make(owner, scopes=[invite]))
        refused = await narrow.post("/invitations", json={"email": "x@example.test", "role": "admin"})
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")

    async def test_a_narrowed_key_is_not_told_what_was_shared_with_its_holder(self, owner: Person) -> None:
        assert (await holding(owner, await make(owner)).get("/access/shared")).status_code == 200
        refused = await holding(owner, await make(owner, scopes=[READ])).get("/access/shared")
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")

    async def test_nobody_gives_a_key_what_they_do_not_hold(self, owner: Person) -> None:
        viewer = await owner.colleague("viewer")
        for scope in ("tenancy:member:update", "no:such:thing"):
            refused = await viewer.post("/me/keys", json={"name": "More", "scopes": [scope]})
            assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")

    async def test_a_key_of_a_service_account_is_narrowed_alike(self, owner: Person) -> None:
        service = await owner.service("editor")
        body = {"name": "Reader", "scopes": [READ]}
        made = (await owner.post(f"/service-accounts/{service.user_id}/keys", json=body)).json()
        reader = holding(service, made)
        assert (await reader.get("/documents")).status_code == 200
        assert (await reader.post("/conversations", json={})).json()["code"] == "scope_missing"

    async def test_whoever_finds_a_key_makes_no_other_with_it(self, owner: Person) -> None:
        found = holding(owner, await make(owner))
        for method, path in (("POST", "/me/keys"), ("GET", "/me/keys"), ("POST", "/me/password"), ("GET", "/me")):
            refused = await found.call(method, path, json={"name": "Another", "current": "x", "new": "y" * 12})
            assert (refused.status_code, refused.json()["code"]) == (403, "people_only"), path


class TestAddresses:
    @pytest.mark.parametrize(
        ("bound", "address", "status"),
        [
            (["127.0.0.1"], "127.0.0.1", 200),
            (["10.0.0.0/8", "127.0.0.0/8"], "127.0.0.1", 200),
            (["10.0.0.0/8"], "127.0.0.1", 403),
            (["::1"], "127.0.0.1", 403),
            (["2001:db8::/32"], "2001:db8::7", 200),
            (["127.0.0.1"], "::ffff:127.0.0.1", 200),
        ],
    )
    async def test_a_key_works_from_its_addresses_alone(
        self, owner: Person, api: Litestar, bound: list[str], address: str, status: int
    ) -> None:
        made = await make(owner, addresses=bound)
        transport = httpx.ASGITransport(app=cast(Any, api), client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://chatter.test") as there:
            headers = {"Authorization": f"Bearer {made['secret']}"}
            answer = await there.get("/api/v1/documents", headers=headers)
            assert answer.status_code == status
            if status == 403:
                assert (answer.json()["code"], address in answer.json()["detail"]) == ("key_address_refused", True)
                told = await there.get("/api/v1/documents", headers=headers | {"X-Forwarded-For": bound[0]})
                assert told.status_code == 403

    async def test_an_address_is_kept_in_its_usual_form(self, owner: Person) -> None:
        made = await make(owner, addresses=["10.1.2.3/8", " 2001:DB8::1 "])
        assert made["key"]["addresses"] == ["10.0.0.0/8", "2001:db8::1/128"]

    async def test_what_is_no_address_is_refused(self, owner: Person) -> None:
        refused = await owner.post("/me/keys", json={"name": "A", "addresses": ["example.test"]})
        assert (refused.status_code, refused.json()["code"]) == (422, "key_address_invalid")


class TestEnding:
    async def test_a_person_revokes_their_own_and_no_colleagues(self, owner: Person) -> None:
        made, other = await make(owner), await owner.colleague("admin")
        path = f"/me/keys/{made['key']['id']}"
        assert (await other.delete(path)).status_code == 404
        assert (await holding(owner, made).get("/documents")).status_code == 200
        assert (await owner.delete(path)).status_code == 204
        assert (await holding(owner, made).get("/documents")).status_code == 401
        assert [key["state"] for key in (await owner.get("/me/keys")).json()["items"]] == ["revoked"]

    async def test_a_key_ends_with_the_membership(self, owner: Person, admin: asyncpg.Connection) -> None:
        member = await owner.colleague()
        key = holding(member, await make(member))
        await owner.post(f"/members/{member.user_id}/suspend")
        assert (await key.get("/documents")).status_code == 401
        await owner.post(f"/members/{member.user_id}/reactivate")
        assert (await key.get("/documents")).status_code == 200
        await owner.delete(f"/members/{member.user_id}")
        assert (await key.get("/documents")).status_code == 401
        assert await admin.fetchval("select count(*) from api_key where user_id = $1", member.user_id) == 0


class TestAdministrators:
    async def test_administrators_see_and_revoke_the_keys_of_everybody(self, owner: Person) -> None:
        member, service = await owner.colleague(), await owner.service()
        made = await make(member, scopes=[READ])
        listed = (await owner.get("/keys")).json()["items"]
        kinds = {(key["holder_id"], key["holder_kind"]) for key in listed}
        assert kinds == {(str(member.user_id), "person"), (str(service.user_id), "service")}
        assert made["secret"] not in str(listed)
        assert (await owner.delete(f"/keys/{made['key']['id']}")).status_code == 204
        assert (await holding(member, made).get("/documents")).status_code == 401
        refused = await member.get("/keys")
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")

    async def test_keys_are_listed_a_page_at_a_time(self, owner: Person) -> None:
        names = [f"Key {number}" for number in range(5)]
        for name in names:
            await make(owner, name=name)
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await owner.get("/keys", params={"limit": 2, "cursor": cursor})).json()
            seen += [key["name"] for key in page["items"]]
            cursor = page["next_cursor"]
        assert seen == names[::-1]
