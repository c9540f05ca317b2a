"""What a provider calls a person is forgotten by the person or an administrator, and nobody shuts themselves out."""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from tests.people import Person, sign_up
from tests.sso.company import Company
from tests.sso.test_enforcement import enforce


@pytest.fixture
async def comer(company: Company) -> Person:
    """Somebody who has come in by the provider, and has nothing else."""
    started = (await company.sign_in()).json()
    return replace(company.owner, token=started["token"], user_id=started["user"]["id"])


async def own(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await person.get("/me/external-identities")).json()["items"]
    return items


async def test_a_person_sees_by_which_account_they_come_in_and_keeps_one_way(company: Company, comer: Person) -> None:
    (known,) = await own(comer)
    assert (known["provider_name"], known["user_id"]) == ("Evil", str(comer.user_id))
    refused = await comer.delete(f"/me/external-identities/{known['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_way_in")
    assert "password" in refused.json()["remedy"]


async def test_with_a_password_of_their_own_they_remove_it_and_its_sessions_end(
    company: Company, comer: Person, admin: asyncpg.Connection
) -> None:
    (known,) = await own(comer)
    await admin.execute("update app_user set password_hash = 'a hash' where id = $1", comer.user_id)
    assert (await comer.delete(f"/me/external-identities/{known['id']}")).status_code == 204
    assert (await comer.get("/me")).status_code == 401
    again = (await company.sign_in()).json()
    (anew,) = await own(replace(comer, token=again["token"]))
    assert anew["id"] != known["id"]


async def test_a_password_is_no_way_in_while_single_sign_on_is_enforced(
    company: Company, comer: Person, admin: asyncpg.Connection
) -> None:
    await admin.execute("update app_user set password_hash = 'a hash' where id = $1", comer.user_id)
    assert (await enforce(company, company.owner)).status_code == 200
    (known,) = await own(comer)
    refused = await comer.delete(f"/me/external-identities/{known['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_way_in")
    assert "administrator" in refused.json()["remedy"]


async def test_an_administrator_unlinks_somebody_and_the_log_says_whom(
    company: Company, comer: Person, admin: asyncpg.Connection
) -> None:
    administrator, colleague = await company.owner.colleague("admin"), await company.owner.colleague()
    path = f"/identity-providers/{company.provider_id}/identities"
    (known,) = (await administrator.get(path)).json()["items"]
    assert (await colleague.delete(f"{path}/{known['id']}")).status_code == 403
    assert (await administrator.delete(f"{path}/{known['id']}")).status_code == 204
    assert (await comer.get("/me")).status_code == 401
    assert (await administrator.delete(f"{path}/{known['id']}")).status_code == 404
    noted = (
        "select actor_id, target from audit_event where action = 'sso:external_identity:unlinked' and tenant_id = $1"
    )
    (row,) = await admin.fetch(noted, company.owner.organization_id)
    assert (str(row["target"]), row["actor_id"]) == (known["id"], administrator.user_id)


async def test_whoever_else_came_in_by_the_provider_stays(company: Company, comer: Person) -> None:
    company.provider.subject, company.provider.email = "subject-of-eli", f"eli@{company.domain}"
    other = replace(comer, token=(await company.sign_in()).json()["token"])
    path = f"/identity-providers/{company.provider_id}/identities"
    known = next(one for one in (await company.owner.get(path)).json()["items"] if one["user_id"] == str(comer.user_id))
    assert (await other.delete(f"/me/external-identities/{known['id']}")).status_code == 404
    assert (await company.owner.delete(f"{path}/{known['id']}")).status_code == 204
    assert ((await comer.get("/me")).status_code, (await other.get("/me")).status_code) == (401, 200)


async def test_an_owner_who_is_not_marked_keeps_the_providers_account_while_it_is_enforced(
    company: Company, comer: Person, admin: asyncpg.Connection
) -> None:
    await admin.execute("update app_user set password_hash = 'a hash' where id = $1", comer.user_id)
    assert (await company.owner.patch(f"/members/{comer.user_id}", json={"role": "owner"})).status_code == 200
    assert (await enforce(company, company.owner)).status_code == 200
    (known,) = await own(comer)
    refused = await comer.delete(f"/me/external-identities/{known['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_way_in")


async def test_nobody_unlinks_who_may_do_more_than_they(company: Company, comer: Person) -> None:
    promoted = await company.owner.patch(f"/members/{comer.user_id}", json={"role": "owner"})
    assert promoted.status_code == 200
    administrator = await company.owner.colleague("admin")
    path = f"/identity-providers/{company.provider_id}/identities"
    (known,) = (await administrator.get(path)).json()["items"]
    assert (await administrator.delete(f"{path}/{known['id']}")).json()["code"] == "permission_not_held"


async def test_another_organisations_names_are_not_found(company: Company, comer: Person) -> None:
    (known,) = await own(comer)
    stranger = await sign_up(company.owner.client, organization="Elsewhere")
    for path in (
        f"/me/external-identities/{known['id']}",
        f"/identity-providers/{company.provider_id}/identities/{known['id']}",
    ):
        assert (await stranger.delete(path)).status_code == 404, path
