"""Teams: named groups of members."""

import httpx

from tests.people import Person, sign_up


async def a_team(person: Person, name: str = "Support") -> str:
    created = await person.post("/teams", json={"name": name})
    assert created.status_code == 201, created.text
    team_id: str = created.json()["id"]
    return team_id


async def test_members_come_and_go(owner: Person) -> None:
    colleague = await owner.colleague()
    team_id = await a_team(owner)
    added = await owner.put(f"/teams/{team_id}/members/{colleague.user_id}")
    again = await owner.put(f"/teams/{team_id}/members/{colleague.user_id}")
    assert [one["user_id"] for one in added.json()["members"]] == [str(colleague.user_id)]
    assert again.json() == added.json()
    assert (await owner.get("/teams")).json()["items"][0]["member_count"] == 1
    await owner.put(f"/teams/{team_id}/members/{owner.user_id}")
    assert (await owner.delete(f"/teams/{team_id}/members/{colleague.user_id}")).status_code == 204
    assert (await owner.delete(f"/teams/{team_id}/members/{colleague.user_id}")).status_code == 404
    left = (await owner.get(f"/teams/{team_id}")).json()["members"]
    assert [one["user_id"] for one in left] == [str(owner.user_id)]


async def test_a_name_is_unique_whatever_its_case(owner: Person) -> None:
    await a_team(owner, "Support")
    other = await a_team(owner, "Sales")
    again = await owner.post("/teams", json={"name": "SUPPORT"})
    renamed = await owner.patch(f"/teams/{other}", json={"name": "support"})
    assert again.json()["code"] == renamed.json()["code"] == "team_name_taken"


async def test_two_organisations_may_use_the_same_name(owner: Person, client: httpx.AsyncClient) -> None:
    await a_team(owner)
    await a_team(await sign_up(client))


async def test_somebody_of_another_organisation_is_as_somebody_who_never_existed(
    owner: Person, client: httpx.AsyncClient
) -> None:
    stranger = await sign_up(client)
    team_id = await a_team(owner)
    assert (await owner.put(f"/teams/{team_id}/members/{stranger.user_id}")).status_code == 404


async def test_who_leaves_the_organisation_leaves_its_teams(owner: Person) -> None:
    colleague = await owner.colleague()
    team_id = await a_team(owner)
    await owner.put(f"/teams/{team_id}/members/{colleague.user_id}")
    await owner.delete(f"/members/{colleague.user_id}")
    assert (await owner.get("/teams")).json()["items"][0]["member_count"] == 0


async def test_a_deleted_team_leaves_its_members(owner: Person) -> None:
    colleague = await owner.colleague()
    team_id = await a_team(owner)
    await owner.put(f"/teams/{team_id}/members/{colleague.user_id}")
    assert (await owner.delete(f"/teams/{team_id}")).status_code == 204
    assert (await owner.get(f"/teams/{team_id}")).status_code == 404
    assert (await colleague.get("/me")).status_code == 200


async def test_a_member_sees_teams_and_changes_none(owner: Person) -> None:
    team_id = await a_team(owner)
    member = await owner.colleague("member")
    assert (await member.get("/teams")).json()["items"][0]["id"] == team_id
    assert (await member.patch(f"/teams/{team_id}", json={"name": "Mine"})).status_code == 403
    assert (await member.put(f"/teams/{team_id}/members/{member.user_id}")).status_code == 403
