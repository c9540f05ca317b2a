"""The functions of links in mails, called as the superuser: a link that is for something else, or spent, opens nothing.

No policy holds for these tables, which have no tenant; the program asks more than once, and each answer counts here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from tests.security.stand import Stand

MAIL_LINK = """
insert into mail_link (id, purpose, user_id, email, expires_at)
select uuidv7(), 'password_reset', u.id, u.email, now() + interval '1 hour' from app_user u where u.id = $1 returning id
"""
SIGN_UP = """
insert into sign_up (id, email, name, organization_name, expires_at, mailed)
values (uuidv7(), 'newcomer@links.test', 'Noor', 'Acme', now() + interval '1 hour', true) returning id
"""
OPENS = {
    "mail_link": "select true from mail_link_opened($1, 'password_reset')",
    "sign_up": "select true from sign_up_opened($1)",
}
USES = {
    "mail_link": "select password_reset($1, 'a hash') is not null",
    "sign_up": "select sign_up_used($1)",
}
CLAIMS = {"mail_link": "select id from mail_links_claim(1000)", "sign_up": "select id from sign_ups_claim(1000)"}
ASKS = {
    "mail_link": "select mail_link_request(uuidv7(), 'password_reset', $1, now() + interval '1 hour')",
    "sign_up": "select sign_up_request(uuidv7(), $1, 'Noor', 'Acme', now() + interval '1 hour', true)",
}
SPENT = ("expires_at = now()", "used_at = now()")


@asynccontextmanager
async def undone(stand: Stand) -> AsyncIterator[asyncpg.Connection]:
    stand.attacks += 1
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        yield stand.admin
    finally:
        await transaction.rollback()


async def made(stand: Stand, table: str) -> UUID:
    about = [stand.victim.person.user_id] if table == "mail_link" else []
    link: UUID = await stand.admin.fetchval(MAIL_LINK if about else SIGN_UP, *about)
    return link


async def asked(stand: Stand, table: str, link: UUID) -> tuple[bool, bool]:
    """Whether it opens, and whether it can be used: one is asked before the work, the other with it."""
    opened = await stand.admin.fetchval(OPENS[table], link)
    return bool(opened), bool(await stand.admin.fetchval(USES[table], link))


@pytest.mark.parametrize("table", ["mail_link", "sign_up"])
async def test_a_link_opens_what_it_is_for_and_once(stand: Stand, table: str) -> None:
    async with undone(stand):
        link = await made(stand, table)
        assert await asked(stand, table, link) == (True, True)
        assert await asked(stand, table, link) == (False, False)


@pytest.mark.parametrize("table", ["mail_link", "sign_up"])
@pytest.mark.parametrize("change", SPENT)
async def test_a_link_that_ran_out_or_was_used_opens_nothing(stand: Stand, table: str, change: str) -> None:
    async with undone(stand) as admin:
        link = await made(stand, table)
        await admin.execute(f"update {table} set {change} where id = $1", link)
        assert await asked(stand, table, link) == (False, False)


async def test_a_link_to_an_address_that_the_person_no_longer_has_opens_nothing(stand: Stand) -> None:
    async with undone(stand) as admin:
        link = await made(stand, "mail_link")
        await admin.execute("update mail_link set email = 'before@links.test' where id = $1", link)
        assert await asked(stand, "mail_link", link) == (False, False)


@pytest.mark.parametrize("table", ["mail_link", "sign_up"])
@pytest.mark.parametrize("change", ["expires_at = now()", "claimed_at = now()", "sent_at = now()"])
async def test_what_ran_out_or_is_being_sent_is_not_sent(stand: Stand, table: str, change: str) -> None:
    async with undone(stand) as admin:
        link = await made(stand, table)
        await admin.execute(f"update {table} set {change} where id = $1", link)
        assert link not in [row["id"] for row in await admin.fetch(CLAIMS[table])]


@pytest.mark.parametrize("table", ["mail_link", "sign_up"])
async def test_an_address_is_sent_one_mail_a_minute_whoever_else_is_sent_one(stand: Stand, table: str) -> None:
    counted = f"select count(*) from {table} where email = $1 and sent_at is null" + (
        " and mailed" if table == "sign_up" else ""
    )
    async with undone(stand) as admin:
        await admin.execute(f"delete from {table}")
        addresses = [
            await admin.fetchval("select email from app_user where id = $1", cast.person.user_id)
            for cast in (stand.attacker, stand.victim)
        ]
        for address in (addresses[0], addresses[0], addresses[1]):
            await admin.execute(ASKS[table], address)
        assert [await admin.fetchval(counted, address) for address in addresses] == [1, 1]
        await admin.execute(f"update {table} set created_at = now() - interval '61 seconds'")
        await admin.execute(ASKS[table], addresses[0])
        assert await admin.fetchval(counted, addresses[0]) == 2
