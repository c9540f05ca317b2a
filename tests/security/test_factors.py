"""The functions of second factors, called as the superuser: each touches the person that it is told, and nobody else.

No policy holds for these tables, which have no tenant; what a function forgets, nothing else refuses.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg

from tests.security.stand import Stand

TABLES = ("totp_authenticator", "recovery_code", "passkey", "sign_in_challenge", "user_session")
ENROLL = (
    "insert into totp_authenticator (user_id, secret_sealed, last_step) values ($1, $2, 5)",
    "insert into recovery_code (user_id, code_hash) values ($1, $2)",
    """
    insert into passkey (id, user_id, credential_id, public_key, sign_count, transports, backed_up, name)
    values (uuidv7(), $1, $2, 'key', 5, '{}', false, 'Laptop')
    """,
    """
    insert into sign_in_challenge (token_hash, purpose, browser_hash, user_id, methods, expires_at)
    values ($2, 'second_factor', 'browser', $1, '{password}', now() + interval '5 minutes')
    """,
)
ATTEMPT = "select user_id from challenge_attempt($1, $2, 5, 10)"
TRIED = """
insert into sign_in_challenge (token_hash, purpose, browser_hash, user_id, methods, attempts, expires_at)
values ('elsewhere', 'second_factor', 'another', $2, '{password}', $1, now() + interval '5 minutes')
on conflict (token_hash) do update set attempts = $1
"""
LONG_AGO = "update sign_in_challenge set created_at = now() - interval '61 minutes' where token_hash = 'elsewhere'"
TAKE = "select challenge_take($1, $2, $3, $4)"


@asynccontextmanager
async def enrolled(stand: Stand) -> AsyncIterator[tuple[UUID, UUID]]:
    """The attacker and the victim with one of everything each; undone afterwards."""
    people = stand.attacker.person.user_id, stand.victim.person.user_id
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        for person in people:
            for statement in ENROLL:
                await stand.admin.execute(statement, person, person.bytes)
        yield people
    finally:
        await transaction.rollback()


ROWS = "select t::text from {} t where user_id = $1 order by 1"


async def rows_of(admin: asyncpg.Connection, person: UUID) -> dict[str, list[str]]:
    return {table: [row[0] for row in await admin.fetch(ROWS.format(table), person)] for table in TABLES}


async def passkey_of(admin: asyncpg.Connection, person: UUID) -> UUID:
    found: UUID = await admin.fetchval("select id from passkey where user_id = $1", person)
    return found


async def test_what_a_person_has_is_counted_and_listed_for_that_person_alone(stand: Stand) -> None:
    async with enrolled(stand) as (attacker, _):
        stand.attacks += 3
        counted = await stand.admin.fetch("select * from factors_of($1)", attacker)
        assert [tuple(row) for row in counted] == [(True, 1, 1)]
        assert len(await stand.admin.fetch("select * from totp_of($1)", attacker)) == 1
        listed = await stand.admin.fetch("select credential_id from passkeys_of($1)", attacker)
        assert [row["credential_id"] for row in listed] == [attacker.bytes]
        nobodys = await stand.admin.fetch("select * from factors_of($1)", uuid4())
        assert [tuple(row) for row in nobodys] == [(False, 0, 0)]


async def test_a_change_of_ones_own_factors_leaves_those_of_others(stand: Stand) -> None:
    changes = (
        "totp_create($1, $2, 9)",
        "totp_accept($1, 9 + 0 * length($2::bytea))",
        "recovery_code_use($1, $2)",
        "recovery_codes_replace($1, array[$2]::bytea[])",
        "totp_delete($1) where $2::bytea is not null",
    )
    async with enrolled(stand) as (attacker, victim):
        before = await rows_of(stand.admin, victim)
        for change in changes:
            stand.attacks += 1
            await stand.admin.execute(f"select {change}", attacker, attacker.bytes)
            assert await rows_of(stand.admin, victim) == before, change


async def test_what_belongs_to_another_person_does_not_count(stand: Stand) -> None:
    async with enrolled(stand) as (attacker, victim):
        before, theirs = await rows_of(stand.admin, victim), await passkey_of(stand.admin, victim)
        stand.attacks += 3
        assert await stand.admin.fetchval("select recovery_code_use($1, $2)", attacker, victim.bytes) is False
        assert await stand.admin.fetchval("select passkey_rename($1, $2, 'Mine')", attacker, theirs) is None
        assert await stand.admin.fetchval("select passkey_delete($1, $2)", attacker, theirs) is None
        assert await rows_of(stand.admin, victim) == before


async def test_a_code_and_a_use_of_a_passkey_count_forward_only(stand: Stand) -> None:
    async with enrolled(stand) as (attacker, victim):
        own = await passkey_of(stand.admin, attacker)
        before = await rows_of(stand.admin, victim)
        for count, counts in ((4, False), (5, False), (6, True), (6, False)):
            stand.attacks += 2
            assert await stand.admin.fetchval("select totp_accept($1, $2)", attacker, count) is counts
            assert await stand.admin.fetchval("select passkey_used($1, $2, false)", own, count) is counts
        assert await rows_of(stand.admin, victim) == before


async def test_a_challenge_is_attempted_by_its_token_in_its_browser_while_it_lasts(stand: Stand) -> None:
    async with enrolled(stand) as (attacker, victim):
        before, token = await rows_of(stand.admin, victim), attacker.bytes
        stand.attacks += 4
        assert await stand.admin.fetchval(ATTEMPT, b"no such token", b"browser") is None
        for attempts in (10, 0):  # nor does a token that never existed tell that somebody's attempts are used up
            await stand.admin.execute(TRIED, attempts, attacker)
            assert await stand.admin.fetchval(ATTEMPT, b"no such token", b"browser") is None
        assert await stand.admin.fetchval(ATTEMPT, token, b"another browser") is None
        assert await stand.admin.fetchval(ATTEMPT, token, b"browser") == attacker
        assert await rows_of(stand.admin, victim) == before
        await stand.admin.execute("update sign_in_challenge set expires_at = now()")
        assert await stand.admin.fetchval(ATTEMPT, token, b"browser") is None


async def test_what_was_tried_in_the_last_hour_counts_and_nothing_before_it(stand: Stand) -> None:
    too_many = ATTEMPT.replace("user_id", "too_many")
    async with enrolled(stand) as (attacker, _):
        await stand.admin.execute(TRIED, 10, attacker)
        stand.attacks += 1
        assert await stand.admin.fetchval(too_many, attacker.bytes, b"browser") is True
        await stand.admin.execute(LONG_AGO)
        assert await stand.admin.fetchval(too_many, attacker.bytes, b"browser") is False


async def test_a_challenge_is_taken_by_its_token_for_its_purpose_and_person_while_it_lasts(stand: Stand) -> None:
    async with enrolled(stand) as (attacker, victim):
        before = await rows_of(stand.admin, victim)
        right = (attacker.bytes, b"browser", "second_factor", attacker)
        for place, wrong in enumerate((b"no such token", b"another browser", "passkey_registration", victim)):
            stand.attacks += 1
            given = [*right[:place], wrong, *right[place + 1 :]]
            assert await stand.admin.fetchval(TAKE, *given) is False, wrong
        await stand.admin.execute("update sign_in_challenge set expires_at = now() where user_id = $1", attacker)
        assert await stand.admin.fetchval(TAKE, *right) is False
        own = "update sign_in_challenge set expires_at = now() + interval '1 minute' where user_id = $1"
        await stand.admin.execute(own, attacker)
        assert await stand.admin.fetchval(TAKE, *right) is True
        assert await stand.admin.fetchval(TAKE, *right) is False
        assert await rows_of(stand.admin, victim) == before


async def test_an_organisation_sees_and_resets_the_factors_of_its_own_people_alone(stand: Stand) -> None:
    async with enrolled(stand) as (attacker, victim):
        own = stand.attacker.person.organization_id
        await stand.admin.execute("select set_config('app.tenant_id', $1, true)", str(own))
        members = await stand.admin.fetch(
            "select user_id from membership where tenant_id = $1 and kind = 'person'", own
        )
        before = await rows_of(stand.admin, victim)
        stand.attacks += 3
        seen = await stand.admin.fetch("select user_id from factors_of_bound_tenant()")
        assert {row["user_id"] for row in seen} == {row["user_id"] for row in members}
        assert await stand.admin.fetchval("select member_factors_reset($1)", victim) is False
        assert await stand.admin.fetchval("select member_factors_reset($1)", attacker) is True
        assert await rows_of(stand.admin, victim) == before
        assert not any((await rows_of(stand.admin, attacker)).values())


async def test_what_another_organisation_relies_on_is_reset_with_a_proven_domain_of_ones_own_alone(
    stand: Stand,
) -> None:
    theirs, own = stand.victim.person.organization_id, stand.attacker.person.organization_id
    domain = stand.attacker.person.email.partition("@")[2]
    for holder, verified, reset in ((theirs, True, False), (own, False, False), (own, True, True)):
        async with enrolled(stand) as (attacker, _):
            await stand.admin.execute(
                "insert into membership (tenant_id, user_id, role) values ($1, $2, 'member')", theirs, attacker
            )
            await stand.admin.execute("delete from mail_domain where name = $1", domain)
            await stand.admin.execute(
                "insert into mail_domain (tenant_id, id, name, verified_at) "
                "values ($1, $2, $3, case when $4 then now() end)",
                *(holder, uuid4(), domain, verified),
            )
            await stand.admin.execute("select set_config('app.tenant_id', $1, true)", str(own))
            stand.attacks += 1
            assert await stand.admin.fetchval("select member_factors_reset($1)", attacker) is reset
