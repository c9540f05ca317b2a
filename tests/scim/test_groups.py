"""Groups of a directory: teams, whose members follow; what real directories send for them; many operations at once."""

from typing import Any
from uuid import UUID, uuid4

from tests.scim.directory import GROUP, Directory, user


async def team(directory: Directory, name: str) -> dict[str, Any] | None:
    teams = (await directory.owner.get("/teams")).json()["items"]
    found = next((one for one in teams if one["name"] == name), None)
    shown: dict[str, Any] | None = (await directory.owner.get(f"/teams/{found['id']}")).json() if found else None
    return shown


async def inside(directory: Directory, name: str) -> set[str]:
    found = await team(directory, name)
    return {one["email"] for one in found["members"]} if found else set()


async def test_a_group_is_a_team_and_its_members_follow(directory: Directory) -> None:
    bo, cy = await directory.user("bo"), await directory.user("cy")
    crew = await directory.group("Crew", bo)
    assert await inside(directory, "Crew") == {directory.address("bo")}
    await directory.patch(f"/Groups/{crew['id']}", {"op": "Add", "path": "members", "value": [{"value": cy["id"]}]})
    assert await inside(directory, "Crew") == {directory.address("bo"), directory.address("cy")}
    await directory.patch(f"/Groups/{crew['id']}", {"op": "remove", "path": f'members[value eq "{bo["id"]}"]'})
    assert await inside(directory, "Crew") == {directory.address("cy")}
    entra = {"op": "Remove", "path": "members", "value": [{"value": cy["id"]}]}
    assert (await directory.patch(f"/Groups/{crew['id']}", entra)).status_code == 200
    assert await inside(directory, "Crew") == set()
    shown = (await directory.get(f"/Users/{bo['id']}")).json()
    assert "groups" not in shown


async def test_a_version_of_a_group_that_is_not_the_present_one_changes_nothing(directory: Directory) -> None:
    crew = await directory.group("Crew")
    earlier = {"If-Match": crew["meta"]["version"]}
    rename = {"op": "replace", "value": {"displayName": "Pilots"}}
    assert (await directory.patch(f"/Groups/{crew['id']}", rename, headers=earlier)).status_code == 200
    assert (await directory.patch(f"/Groups/{crew['id']}", rename, headers=earlier)).status_code == 412
    assert (await directory.delete(f"/Groups/{crew['id']}", headers=earlier)).status_code == 412
    assert await team(directory, "Pilots") is not None


async def test_a_group_is_renamed_replaced_and_deleted(directory: Directory) -> None:
    bo, cy = await directory.user("bo"), await directory.user("cy")
    crew = await directory.group("Crew", bo, externalId="g-1")
    renamed = await directory.patch(f"/Groups/{crew['id']}", {"op": "replace", "value": {"displayName": "Pilots"}})
    assert (renamed.json()["displayName"], renamed.json()["externalId"]) == ("Pilots", "g-1")
    body = {"schemas": [GROUP], "displayName": "Pilots", "members": [{"value": cy["id"]}]}
    assert (await directory.put(f"/Groups/{crew['id']}", body)).status_code == 200
    assert await inside(directory, "Pilots") == {directory.address("cy")}
    assert (await directory.get(f"/Users/{cy['id']}")).json()["groups"][0]["display"] == "Pilots"
    assert (await directory.delete(f"/Groups/{crew['id']}")).status_code == 204
    assert await team(directory, "Pilots") is None
    assert (await directory.get(f"/Groups/{crew['id']}")).status_code == 404
    assert (await directory.get(f"/Users/{cy['id']}")).status_code == 200


async def test_a_team_that_people_made_is_never_taken_over(directory: Directory) -> None:
    await directory.owner.post("/teams", json={"name": "Board"})
    refused = await directory.post("/Groups", {"schemas": [GROUP], "displayName": "board"})
    assert (refused.status_code, refused.json()["scimType"]) == (409, "uniqueness")
    assert (await directory.get("/Groups")).json()["totalResults"] == 0


async def test_a_team_that_people_delete_is_a_group_no_more(directory: Directory) -> None:
    crew = await directory.group("Crew")
    found = await team(directory, "Crew")
    assert found is not None
    await directory.owner.delete(f"/teams/{found['id']}")
    assert (await directory.get(f"/Groups/{crew['id']}")).status_code == 404


async def test_whoever_is_no_user_of_the_directory_is_in_no_group(directory: Directory) -> None:
    bo = await directory.user("bo")
    crew = await directory.group("Crew", bo)
    for stranger in (str(uuid4()), "nobody", crew["id"], str(directory.owner.user_id)):
        add = {"op": "add", "path": "members", "value": [{"value": stranger}]}
        refused = await directory.patch(f"/Groups/{crew['id']}", add)
        assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue"), stranger
    assert await inside(directory, "Crew") == {directory.address("bo")}


async def test_whoever_comes_back_is_in_their_teams_again(directory: Directory) -> None:
    bo = await directory.user("bo")
    await directory.group("Crew", bo)
    members = (await directory.owner.get("/members")).json()["items"]
    user_id = next(one["user_id"] for one in members if one["email"] == directory.address("bo"))
    await directory.owner.delete(f"/members/{user_id}")
    assert await inside(directory, "Crew") == set()
    await directory.patch(f"/Users/{bo['id']}", {"op": "replace", "path": "active", "value": True})
    assert await inside(directory, "Crew") == {directory.address("bo")}


async def test_whoever_has_no_address_yet_joins_the_team_with_it(directory: Directory) -> None:
    nobody = (await directory.post("/Users", user("bo"))).json()
    await directory.group("Crew", nobody)
    await directory.group("Others", (await directory.post("/Users", user("cy"))).json())
    assert await inside(directory, "Crew") == set()
    mails = {"op": "add", "path": "emails", "value": [{"value": directory.address("bo"), "type": "work"}]}
    await directory.patch(f"/Users/{nobody['id']}", mails)
    assert await inside(directory, "Crew") == {directory.address("bo")}
    assert await inside(directory, "Others") == set()


async def test_members_come_in_batches(directory: Directory) -> None:
    crew = await directory.group("Crew")
    users = [(await directory.post("/Users", user(f"u{n}"))).json() for n in range(12)]
    for start in range(0, 12, 4):
        batch = [{"value": one["id"]} for one in users[start : start + 4]]
        added = await directory.patch(f"/Groups/{crew['id']}", {"op": "add", "path": "members", "value": batch})
        assert len(added.json()["members"]) == start + 4
    again = {"op": "add", "path": "members", "value": [{"value": users[0]["id"]}]}
    assert len((await directory.patch(f"/Groups/{crew['id']}", again)).json()["members"]) == 12
    await directory.patch(f"/Groups/{crew['id']}", {"op": "replace", "path": "members", "value": []})
    assert "members" not in (await directory.get(f"/Groups/{crew['id']}")).json()


def bulk(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": list(operations), **more}


def statuses(answer: Any) -> list[str]:
    return [one["status"] for one in answer.json()["Operations"]]


async def test_a_bulk_names_what_it_makes_whatever_comes_first(directory: Directory) -> None:
    answer = await directory.post(
        "/Bulk",
        bulk(
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "crew",
                "data": {"schemas": [GROUP], "displayName": "Crew", "members": [{"value": "bulkId:bo"}]},
            },
            {"method": "POST", "path": "/Users", "bulkId": "bo", "data": user(directory.address("bo"))},
            {
                "method": "PATCH",
                "path": "/Users/bulkId:bo",
                "data": {
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [{"op": "add", "path": "title", "value": "Pilot"}],
                },
            },
        ),
    )
    assert answer.status_code == 200, answer.text
    assert sorted(statuses(answer)) == ["200", "201", "201"], answer.text
    assert await inside(directory, "Crew") == {directory.address("bo")}
    found = (await directory.get("/Users", params={"filter": 'title eq "pilot"'})).json()
    assert found["totalResults"] == 1


async def test_a_bulk_ends_at_as_many_errors_as_were_allowed_and_undoes_nothing(directory: Directory) -> None:
    bad = {"method": "DELETE", "path": f"/Users/{UUID(int=1)}"}
    good = {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("a")}
    unnamed = {"method": "POST", "path": "/Users", "data": user("b")}
    lost = {"method": "DELETE", "path": "/Users/bulkId:never"}
    odd = {"method": "BREW", "path": "/Users"}
    strange = {"method": "DELETE", "path": "/Planets/1"}
    ended = await directory.post("/Bulk", bulk(good, bad, bad, bad, failOnErrors=2))
    assert statuses(ended) == ["201", "404", "404"]
    whole = await directory.post("/Bulk", bulk(good, unnamed, odd, strange, bad, lost))
    assert statuses(whole) == ["409", "400", "400", "400", "404", "409"]
    assert whole.json()["Operations"][0]["response"]["scimType"] == "uniqueness"
    assert (await directory.get("/Users")).json()["totalResults"] == 1


async def test_a_bulk_is_no_larger_than_was_said(directory: Directory) -> None:
    config = (await directory.get("/ServiceProviderConfig")).json()["bulk"]
    one = {"method": "DELETE", "path": f"/Users/{UUID(int=1)}"}
    assert (await directory.post("/Bulk", bulk(*[one] * config["maxOperations"]))).status_code == 200
    assert (await directory.post("/Bulk", bulk(*[one] * (config["maxOperations"] + 1)))).status_code == 413
    for body in ({"Operations": 1}, {}, bulk(failOnErrors=0), {"Operations": ["x"]}):
        assert (await directory.post("/Bulk", body)).status_code == 400
