"""What opens nothing any more is removed a month later; what may still open something stays."""

from uuid import uuid4

import asyncpg
import httpx

from chatter.identity.lapsed import remove_lapsed
from chatter.kit.services import Services
from tests.oauth.app import App
from tests.people import Person

OF = "select count(*) from {table} where {mine} = $1"
LINK = (
    "insert into mail_link (id, purpose, user_id, email, expires_at) "
    "select $1, 'password_reset', id, email, now() - $3::text::interval from app_user where id = $2"
)
CHALLENGE = (
    "insert into sign_in_challenge (token_hash, purpose, browser_hash, user_id, methods, expires_at) "
    "values (sha256($1::text::bytea), 'second_factor', '', $2, '{}', now() - $3::text::interval)"
)


async def test_families_of_apps_go_a_month_after_their_end(
    owner: Person, client: httpx.AsyncClient, services: Services, admin: asyncpg.Connection
) -> None:
    app = await App.registered(client)
    standing, ended, lately, unclaimed = [await _family(app, owner, admin) for _ in range(4)]
    await admin.execute("update oauth_family set ended_at = now() - interval '31 days' where id = $1", ended)
    await admin.execute("update oauth_family set ended_at = now() - interval '29 days' where id = $1", lately)
    nobody_came = (
        "update oauth_family set redeemed_at = null, code_expires_at = now() - interval '2 days' where id = $1"
    )
    await admin.execute(nobody_came, unclaimed)
    await remove_lapsed(services)
    left = await admin.fetch("select id from oauth_family where tenant_id = $1", owner.organization_id)
    assert {row["id"] for row in left} == {standing, lately}


async def test_links_challenges_and_sessions_go_too(
    owner: Person, services: Services, admin: asyncpg.Connection
) -> None:
    for age in ("31 days", "29 days"):
        await admin.execute(LINK, uuid4(), owner.user_id, age)
    for age in ("2 hours", "1 minute"):
        await admin.execute(CHALLENGE, str(uuid4()), owner.user_id, age)
    colleague = await owner.colleague()
    await admin.execute(
        "update user_session set expires_at = now() - interval '31 days' where user_id = $1", colleague.user_id
    )
    removed = await remove_lapsed(services)
    assert min(removed.values()) >= 0
    for table in ("mail_link", "sign_in_challenge"):
        assert await admin.fetchval(OF.format(table=table, mine="user_id"), owner.user_id) == 1, table
    for person, sessions in ((colleague, 0), (owner, 1)):
        assert await admin.fetchval(OF.format(table="user_session", mine="user_id"), person.user_id) == sessions
    assert (await owner.get("/me")).status_code == 200


async def test_where_somebody_signed_in_a_year_ago_is_forgotten_but_for_the_last_place(
    owner: Person, services: Services, admin: asyncpg.Connection
) -> None:
    await admin.execute("delete from known_device where user_id = $1", owner.user_id)
    seen = (
        "insert into known_device (user_id, device, address, seen_at) values ($1, $2, '', now() - $3::text::interval)"
    )
    for device, ago in (("Oldest", "800 days"), ("Old", "400 days"), ("Lately", "300 days")):
        await admin.execute(seen, owner.user_id, device, ago)
    places = "select device from known_device where user_id = $1 order by seen_at"
    await remove_lapsed(services)
    assert [row["device"] for row in await admin.fetch(places, owner.user_id)] == ["Lately"]
    await admin.execute(
        "update known_device set seen_at = now() - interval '2 years' where user_id = $1", owner.user_id
    )
    await remove_lapsed(services)
    assert [row["device"] for row in await admin.fetch(places, owner.user_id)] == ["Lately"]


async def _family(app: App, person: Person, admin: asyncpg.Connection) -> object:
    """The id of a new one, connected."""
    await app.connected(person)
    newest = "select id from oauth_family where tenant_id = $1 order by created_at desc, id desc limit 1"
    return await admin.fetchval(newest, person.organization_id)
