"""Service accounts: members with no person behind them."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.people import Person, sign_up


@pytest.fixture
async def service(owner: Person) -> Person:
    return await owner.service("editor", name="Nightly import")


async def shown(owner: Person, service: Person) -> dict[str, Any]:
    answer = await owner.get(f"/service-accounts/{service.user_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestMaking:
    async def test_an_account_has_a_role_a_state_and_whoever_made_it(self, owner: Person, service: Person) -> None:
        account = await shown(owner, service)
        assert (account["name"], account["role"], account["role_name"]) == ("Nightly import", "editor", "Editor")
        assert (account["suspended_at"], account["keys"], account["created_by_name"]) == (None, 1, "Dana Reyes")
        listed = (await owner.get("/service-accounts")).json()["items"]
        assert [one["id"] for one in listed] == [str(service.user_id)]

    async def test_a_name_is_used_once_whatever_its_case(self, owner: Person, service: Person) -> None:
        again = await owner.post("/service-accounts", json={"name": "NIGHTLY import"})
        assert (again.status_code, again.json()["code"]) == (409, "service_account_name_taken")

    async def test_nobody_makes_one_that_may_do_more_than_they(self, owner: Person) -> None:
        maker = await owner.colleague("admin")
        as_owner = await maker.post("/service-accounts", json={"name": "A", "role": "owner"})
        assert (as_owner.status_code, as_owner.json()["code"]) == (422, "owner_is_person")
        body = {"name": "Maker", "permissions": ["identity:service_account:create", "identity:api_key:create"]}
        role = (await owner.post("/roles", json=body)).json()
        limited = await owner.colleague(role["key"])
        refused = await limited.post("/service-accounts", json={"name": "A", "role": "admin"})
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")
        assert (await limited.post("/service-accounts", json={"name": "A", "role": role["key"]})).status_code == 201

    async def test_nobody_makes_a_key_of_one_that_may_do_more_than_they(self, owner: Person) -> None:
        powerful = await owner.service("admin")
        role = (await owner.post("/roles", json={"name": "Keys", "permissions": ["identity:api_key:create"]})).json()
        limited = await owner.colleague(role["key"])
        refused = await limited.post(f"/service-accounts/{powerful.user_id}/keys", json={"name": "Mine"})
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")

    async def test_nobody_changes_or_reactivates_one_that_may_do_more_than_they(self, owner: Person) -> None:
        powerful = await owner.service("admin")
        body = {"name": "Update", "permissions": ["identity:service_account:update"]}
        own = (await owner.post("/roles", json=body)).json()["key"]
        limited = await owner.colleague(own)
        path = f"/service-accounts/{powerful.user_id}"
        refused = [await limited.patch(path, json={"role": own}), await limited.post(f"{path}/reactivate")]
        equal = await owner.service(own)
        refused.append(await limited.patch(f"/service-accounts/{equal.user_id}", json={"role": "admin"}))
        assert [(one.status_code, one.json()["code"]) for one in refused] == [(403, "permission_not_held")] * 3

    async def test_a_role_that_an_account_has_can_not_be_removed(self, owner: Person) -> None:
        role = (await owner.post("/roles", json={"name": "Reader", "permissions": []})).json()
        await owner.service(role["key"])
        assert (await owner.delete(f"/roles/{role['id']}")).json()["code"] == "role_in_use"


class TestActing:
    async def test_an_account_does_what_its_role_allows_and_no_more(self, service: Person) -> None:
        assert (await service.get("/documents")).status_code == 200
        refused = await service.get("/audit/events")
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_missing")

    async def test_another_role_holds_from_the_next_request_on(self, owner: Person, service: Person) -> None:
        changed = await owner.patch(f"/service-accounts/{service.user_id}", json={"role": "auditor"})
        assert (changed.status_code, changed.json()["role_name"]) == (200, "Auditor")
        assert (await service.get("/audit/events")).status_code == 200

    async def test_a_suspended_account_is_out_until_it_is_reactivated(self, owner: Person, service: Person) -> None:
        path = f"/service-accounts/{service.user_id}"
        assert (await owner.post(f"{path}/suspend")).json()["suspended_at"] is not None
        assert (await service.get("/documents")).status_code == 401
        assert (await owner.post(f"{path}/reactivate")).json()["suspended_at"] is None
        assert (await service.get("/documents")).status_code == 200

    async def test_what_it_does_is_audited_in_its_name_with_its_key(
        self, owner: Person, service: Person, admin: asyncpg.Connection
    ) -> None:
        made = (await service.post("/conversations", json={})).json()
        row = (await admin.fetch("select * from audit_event where target = $1", UUID(made["id"])))[0]
        assert (row["actor_kind"], row["actor_id"], row["actor_label"]) == (
            "service",
            service.user_id,
            "Nightly import",
        )
        key = (await owner.get(f"/service-accounts/{service.user_id}/keys")).json()["items"][0]
        assert (row["key_id"], row["session_id"]) == (UUID(key["id"]), None)
        found = (await owner.get("/audit/events", params={"actor": str(service.user_id)})).json()["items"]
        assert [(one["actor_label"], one["key_id"]) for one in found] == [("Nightly import", key["id"])]

    async def test_it_is_refused_what_is_for_people(self, owner: Person) -> None:
        service = await owner.service("admin")
        asked = [await service.get("/me"), await service.post("/organization/leave")]
        body = {"name": "Another"}
        asked += [await service.post("/organizations", json=body), await service.post("/service-accounts", json=body)]
        asked.append(await service.post(f"/service-accounts/{service.user_id}/keys", json=body))
        assert [(one.status_code, one.json()["code"]) for one in asked] == [(403, "people_only")] * 5


class TestBelonging:
    async def test_it_is_no_person_of_the_organisation(self, owner: Person, service: Person) -> None:
        members = (await owner.get("/members")).json()["items"]
        assert str(service.user_id) not in [member["user_id"] for member in members]
        path = f"/members/{service.user_id}"
        answers = [await owner.patch(path, json={"role": "owner"}), await owner.delete(path)]
        answers += [await owner.post(f"{path}/suspend"), await owner.get(f"{path}/belongings")]
        assert {answer.status_code for answer in answers} == {404}

    async def test_the_last_owner_is_a_person(self, owner: Person, admin: asyncpg.Connection) -> None:
        service = await owner.service("admin")
        with pytest.raises(asyncpg.CheckViolationError, match="membership_owner_is_a_person"):
            await admin.execute(
                "update membership set role = 'owner' where tenant_id = $1 and user_id = $2",
                *(owner.organization_id, service.user_id),
            )
        assert (await owner.post("/organization/leave")).json()["code"] == "last_owner"

    async def test_it_is_in_teams_and_reaches_what_is_shared_with_them(self, owner: Person, service: Person) -> None:
        team = (await owner.post("/teams", json={"name": "Support"})).json()
        put = await owner.put(f"/teams/{team['id']}/members/{service.user_id}")
        assert [(one["name"], one["kind"]) for one in put.json()["members"]] == [("Nightly import", "service")]
        kept = await restricted(owner)
        assert (await service.get(f"/documents/{kept}")).status_code == 404
        await share(owner, kept, kind="team", subject=UUID(team["id"]))
        assert (await service.get(f"/documents/{kept}")).status_code == 200

    async def test_things_are_shared_with_it_as_with_a_person(self, owner: Person, service: Person) -> None:
        kept = await restricted(owner)
        subjects = (await owner.get("/access/subjects")).json()
        assert [one["name"] for one in subjects["service_accounts"]] == ["Nightly import"]
        grant = await share(owner, kept, kind="user", subject=service.user_id)
        assert (grant["subject_name"], grant["subject_is_service"]) == ("Nightly import", True)
        assert (await service.get(f"/documents/{kept}")).status_code == 200
        assert [one["resource_id"] for one in (await service.get("/access/shared")).json()["items"]] == [kept]
        question = {"user_id": str(service.user_id), "resource_kind": "document", "resource_id": kept}
        told = (await owner.get("/access/explain", params=question)).json()
        assert (told["allowed"], told["user_name"], told["role_name"]) == (True, "Nightly import", "Editor")

    async def test_what_it_owns_is_its_own_and_names_it(self, owner: Person, service: Person) -> None:
        mine = (await service.post("/conversations", json={"title": "Mine"})).json()["id"]
        assert (await owner.get(f"/conversations/{mine}")).status_code == 404
        assert (await service.get(f"/conversations/{mine}")).status_code == 200
        kept = await restricted(service)
        question = {"resource_kind": "document", "resource_id": kept}
        assert (await service.get("/grants", params=question)).json()["owner_name"] == "Nightly import"


class TestDeleting:
    async def test_its_keys_open_nothing_and_its_place_is_gone_at_once(self, owner: Person, service: Person) -> None:
        kept = await restricted(owner)
        await share(owner, kept, kind="user", subject=service.user_id)
        order = await owner.post(f"/service-accounts/{service.user_id}/delete", json={})
        assert (order.status_code, order.json()["person"], order.json()["state"]) == (201, "Nightly import", "waiting")
        assert (await service.get("/documents")).status_code == 401
        assert (await owner.get(f"/service-accounts/{service.user_id}")).status_code == 404
        grants = await owner.get("/grants", params={"resource_kind": "document", "resource_id": kept})
        assert grants.json()["items"] == []

    async def test_what_it_owns_is_counted_and_handed_to_a_person_only(self, owner: Person, service: Person) -> None:
        await service.post("/conversations", json={})
        path = f"/service-accounts/{service.user_id}"
        counts = {one["kind"]: one["count"] for one in (await owner.get(f"{path}/belongings")).json()["items"]}
        assert {kind: count for kind, count in counts.items() if count} == {"conversations": 1}
        assert {"documents", "restricted_documents", "collections"} <= counts.keys()
        heir = await owner.service("admin")
        order = {"successor_id": str(heir.user_id), "hand_over": ["conversations"]}
        refused = await owner.post(f"{path}/delete", json=order)
        assert (refused.status_code, refused.json()["code"]) == (409, "successor_unfit")
        order["successor_id"] = str(owner.user_id)
        assert (await owner.post(f"{path}/delete", json=order)).status_code == 201

    async def test_private_things_are_handed_over_by_owners_only(self, owner: Person, service: Person) -> None:
        admin = await owner.colleague("admin")
        order = {"successor_id": str(admin.user_id), "hand_over": ["conversations"]}
        refused = await admin.post(f"/service-accounts/{service.user_id}/delete", json=order)
        assert (refused.status_code, refused.json()["code"]) == (403, "owner_only")
        assert (await service.get("/documents")).status_code == 200


async def test_an_account_of_another_organisation_is_absent(client: httpx.AsyncClient, service: Person) -> None:
    stranger = await sign_up(client)
    path = f"/service-accounts/{service.user_id}"
    answers = [await stranger.get(path), await stranger.get(f"{path}/keys"), await stranger.post(f"{path}/suspend")]
    answers.append(await stranger.post(f"{path}/keys", json={"name": "Mine"}))
    assert {answer.status_code for answer in answers} == {404}


async def restricted(person: Person) -> str:
    """A document of the person's that is kept to them."""
    uploaded = await person.post(
        "/documents", files=[("files", ("kept.txt", f"the plans of {person.user_id}".encode()))]
    )
    document_id: str = uploaded.json()["items"][0]["document"]["id"]
    kept = await person.patch(f"/documents/{document_id}", json={"visibility": "restricted"})
    assert kept.status_code == 200, kept.text
    return document_id


async def share(person: Person, document_id: str, *, kind: str, subject: UUID) -> dict[str, Any]:
    body = {"resource_kind": "document", "resource_id": document_id, "level": "view"}
    made = await person.post("/grants", json=body | {"subject_kind": kind, "subject_id": str(subject)})
    assert made.status_code == 201, made.text
    grant: dict[str, Any] = made.json()
    return grant
