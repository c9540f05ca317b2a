"""The functions of the database, without policies: called as the superuser, for whom none holds.

Each is called in the attacker's organisation. With the victim's ids it must do what it does for ids that never existed;
with ids that the attacker shares with a twin it must touch the attacker's rows and never the twin's. What a call finds
by luck of the order is left to the last test, which reads each function and asks for the tenant at each table.
"""

import hashlib
import json
import re
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chatter.kit.identifiers import new_id
from tests.rbac.library import add_document
from tests.security.catalogue import tenant_tables
from tests.security.functions import Function, arguments, functions, tables_of, unknown_ids
from tests.security.stand import Stand
from tests.security.world import MARKER, World, digest

OPEN_RUNS = """
update run set state = 'running', fence = 1, lease_owner = 'x', lease_expires_at = now() - interval '1 minute',
    cancel_requested_at = null
"""
BOUND = re.compile(
    r"\b(?:(\w+)\.)?tenant_id = (?:p_tenant\b|p_tenants\[i\]|t\b|\$1\b|\w+\.tenant_id\b|nullif\(current_setting)"
)
EMPTIED = {"chat_close_turn": ("message_part", "message_passage", "citation")}
"""What must not be there yet when a function is to come to its end."""
OPENING = {"run_open"}
"""They make something for whom they are told."""
UNBOUND = {"session_by_token", "session_stands", "organizations_of", "auto_joins_of", "first_organization"}
UNBOUND |= {"oauth_end_families"}  # of one person, in all their organisations: attacked by itself
UNBOUND |= {
    "remove_lapsed"
}  # by time alone, in all organisations, and answers with counts: tests/identity/test_lapsed.py
UNBOUND |= {"sso_provider_by_domain"}
UNBOUND |= {"web_origin_listed"}  # of any organisation, and no more than whether: attacked in tests/tenancy
UNBOUND |= {"provisioned_person_update"}  # asks whether a person is known elsewhere too: attacked in test_scim.py
"""They run before a tenant is known. The first four filter by the person, and are attacked by themselves; the fifth
answers with the oldest organisation's id alone, which decides whose owner reads the mails that a server without a mail
server keeps; the last finds an organisation by a domain that it alone has verified, and tests/sso attacks it.
"""
PROVE_ADDRESS = "update app_user set email_proven_at = case when $2 then now() end where id = $1"
PROVE_DOMAIN = """
update mail_domain set name = $2, verified_at = case when $3 then now() end, auto_join_role = 'viewer'
where tenant_id = $1
"""
GRANT = """
update resource_grant set subject_kind = $2, subject_id = $3, expires_at = now() + $4::text::interval
where tenant_id = $1
"""
COLLECTIONS = """
insert into collection (tenant_id, id, name, visibility, created_by)
values ($1, $2, 'Opened', 'organization', $4), ($1, $3, 'Kept', 'restricted', $4)
"""
GRANTS = """
insert into resource_grant (tenant_id, id, resource_kind, resource_id, subject_kind, subject_id, level, granted_by)
select $1, gen_random_uuid(), 'document', coalesce($3, gen_random_uuid()), 'user', $2, 'edit', $2
from generate_series(1, $4::int)
"""
NEWEST = "select name, rank from documents_newest($1, $2, null, null, null, null, 1000, $3)"
ANSWERING = "update run set kind = 'chat.turn', subject_id = $3, owner_id = $4 where tenant_id = $1 and id = $2"
SHARED = """
insert into resource_grant (tenant_id, id, resource_kind, resource_id, subject_kind, subject_id, level, granted_by)
select $1, gen_random_uuid(), 'conversation', conversation_id, 'user', $3, 'view', $3
from message where tenant_id = $1 and id = $2
"""
HEAD = """
insert into audit_seal_head select tenant_id, position, event_id, txid, chain from audit_seal where tenant_id = $1
"""
JOINED = "insert into membership (tenant_id, user_id, role) values ($1, $2, 'member')"
SEEN = "insert into known_device (user_id, device, address, seen_at) values ($1, $2, '', now() - $3::text::interval)"
SIGNED_IN = """
select session_create(
    uuidv7(), $1, $2::text::bytea, now() + interval '1 day', interval '1 hour', '{password}', null, 'x', '', $2
)
"""
PERSONS_KEY = "update api_key set user_id = $2 where tenant_id = $1"
ENABLED = "update identity_provider set enabled = true where tenant_id = $1"
DEMANDED = "update sign_in_policy set require_sso = true where tenant_id = $1"
FIND = "select id from audit_find(null, null, null, null, null, null, null, $1, null, null, 1000)"


async def test_every_id_that_a_function_takes_is_known_to_this_suite(stand: Stand) -> None:
    unknown = {f.name: unknown_ids(f, stand.victim) for f in await functions(stand.admin)}
    assert {name: found for name, found in unknown.items() if found} == {}, "see tests/security/functions.py"


async def test_a_function_treats_a_foreign_id_as_one_that_never_existed(stand: Stand) -> None:
    for function in await functions(stand.admin):
        if function.names_a_tenant:
            stand.attacks += 1
            never = await _called(stand, function, ids=None, like=stand.victim, watched=stand.victim)
            foreign = await _called(stand, function, ids=stand.victim, like=stand.victim, watched=stand.victim)
            assert foreign == never, function.name


async def test_a_function_never_touches_a_twin_that_has_the_same_ids(stand: Stand) -> None:
    for function in await functions(stand.admin):
        if function.names_a_tenant:
            stand.attacks += 1
            result = await _called(stand, function, ids=stand.attacker, like=stand.attacker, watched=stand.twin)
            assert MARKER not in result, function.name
            assert result == "!UniqueViolationError" or not result.startswith("!"), (function.name, result)


async def test_a_function_treats_what_a_colleague_owns_as_what_never_existed(stand: Stand) -> None:
    stranger = stand.cast.insiders["admin"].user_id
    for function in await functions(stand.admin):
        if "p_owner" in function.arguments and function.name not in OPENING:
            stand.attacks += 1
            call = partial(_called, stand, function, tenant=stand.victim, like=stand.victim, watched=stand.victim)
            assert await call(ids=stand.victim, owner=stranger) == await call(ids=None, owner=stranger), function.name


async def test_searching_finds_nothing_of_another_tenant_without_policies(stand: Stand) -> None:
    search = next(f for f in await functions(stand.admin) if f.name == "search_chunks")
    for world in (stand.attacker, stand.twin):
        own, theirs = [world.id_of("collection")], [stand.victim.id_of("collection")]
        for chosen, found in ((None, [world.marker]), (own, [world.marker]), (theirs, [])):
            async with stand.admin.transaction():
                await stand.admin.execute(
                    "select set_config('app.tenant_id', $1, true)", str(world.person.organization_id)
                )
                rows = await stand.admin.fetch(
                    search.call.replace("$3::halfvec", "$3::text::halfvec"),
                    *(world.id_of("app_user"), MARKER, str([0.1] * 384), world.marker, 20, chosen),
                )
            stand.attacks += 1
            assert [row["content"] for row in rows] == found, (world.person.organization_id, chosen)


async def test_the_documents_that_are_listed_are_those_that_their_reader_sees_however_many_are_granted(
    stand: Stand,
) -> None:
    """Each of the list's forms: few grants, many, and in one collection. Only the owner, and who is let in, manage."""
    own, author = stand.attacker.person.organization_id, stand.cast.outsiders["editor"].user_id
    reader, opened, kept = stand.cast.outsiders["member"].user_id, new_id(), new_id()
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute(COLLECTIONS, own, opened, kept, author)
        places = {
            "open": ("organization", None, 1),
            "granted": ("restricted", None, 3),
            "alone": ("restricted", None, None),
            "in an open one": ("organization", opened, 1),
            "restricted in an open one": ("restricted", opened, None),
            "in a restricted one": ("organization", kept, None),
        }
        for text, (visibility, collection, _) in places.items():
            made = await add_document(stand.admin, own, author, text=text, visibility=visibility)
            await stand.admin.execute(
                "update document set collection_id = $2 where id = $1", made.document_id, collection
            )
            if text == "granted":
                await stand.admin.execute(GRANTS, own, reader, made.document_id, 1)
        for grants in (0, 150):
            await stand.admin.execute(GRANTS, own, reader, None, grants)
            for person, ranks in (
                (reader, {f"{text}.txt": rank for text, (_, _, rank) in places.items() if rank}),
                (author, {f"{text}.txt": 4 for text in places}),
            ):
                for within in (None, opened, kept):
                    stand.attacks += 1
                    rows = await stand.admin.fetch(NEWEST, own, person, within)
                    found = {row["name"]: row["rank"] for row in rows if row["name"].removesuffix(".txt") in places}
                    asked = {f"{text}.txt" for text, (_, place, _) in places.items() if within in (None, place)}
                    assert found == {name: rank for name, rank in ranks.items() if name in asked}, (grants, within)
    finally:
        await transaction.rollback()


async def test_a_shared_answer_is_told_to_be_its_owners_and_without_what_its_reader_may_not_see(stand: Stand) -> None:
    world, reader = stand.attacker, stand.cast.outsiders["member"].user_id
    own, run, owner = world.person.organization_id, world.id_of("run"), world.person.user_id
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        kept = (await add_document(stand.admin, own, owner, text="kept", visibility="restricted")).document_id
        await stand.admin.execute(ANSWERING, own, run, world.id_of("message"), owner)
        for person, shared, told in (
            (owner, False, (True, False)),
            (reader, False, None),
            (reader, True, (False, True)),
        ):
            if shared:
                await stand.admin.execute(SHARED, own, world.id_of("message"), reader)
            stand.attacks += 1
            row = await stand.admin.fetchrow("select owned, hidden from run_reading($1, $2, $3)", own, run, person)
            assert (row and (row["owned"], kept in row["hidden"])) == told
    finally:
        await transaction.rollback()


async def test_a_shared_conversation_tells_its_reader_neither_what_tools_did_nor_of_other_versions(
    stand: Stand,
) -> None:
    world, reader = stand.attacker, stand.cast.outsiders["member"].user_id
    own, run, owner = world.person.organization_id, world.id_of("run"), world.person.user_id
    conversation = await stand.admin.fetchval(
        "select conversation_id from message where tenant_id = $1 and id = $2", own, world.id_of("message")
    )
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute(
            "update message set run_id = $2 where tenant_id = $1 and id = $3", own, run, world.id_of("message")
        )
        await stand.admin.execute(SHARED, own, world.id_of("message"), reader)
        for person, told in ((owner, (True,) * 3), (reader, (False,) * 3)):
            stand.attacks += 1
            read = await stand.admin.fetchval("select chat_messages($1, $2, $3, null, 100)", own, person, conversation)
            answer = next(m for m in json.loads(read) if m["branch"])
            seen = answer["tool_calls"], answer["branch"]["source_run_id"], answer["versions"]
            assert tuple(map(bool, seen)) == told
    finally:
        await transaction.rollback()


async def test_the_audit_log_is_read_sealed_and_erased_within_the_bound_tenant_without_policies(stand: Stand) -> None:
    """The twin's row has the id of the attacker's, so that each of the three meets both."""
    own = stand.attacker.person.organization_id
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute("select set_config('app.tenant_id', $1, true)", str(own))
        before = [await digest(stand.admin, world) for world in (stand.twin, stand.victim)]
        rows = await stand.admin.fetchval("select count(*) from audit_event where tenant_id = $1", own)
        stand.attacks += 4
        assert len(await stand.admin.fetch(FIND, None)) == rows
        assert await stand.admin.fetch(FIND, stand.victim.id_of("audit_event")) == []
        await stand.admin.execute("select audit_seal_next(1000)")
        assert await stand.admin.fetchval("select audit_erase(now() + interval '1 day', 'a reason')") > 0
        assert [await digest(stand.admin, world) for world in (stand.twin, stand.victim)] == before
    finally:
        await transaction.rollback()


async def test_the_sealer_chains_the_rows_of_the_bound_tenant_and_all_of_them_without_policies(stand: Stand) -> None:
    """The twin's rows have the ids of the attacker's and are sealed: neither they nor their seals are taken for its."""
    own = stand.attacker.person.organization_id
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        for world in (stand.victim, stand.twin):
            await _sealed_by(stand, world.person.organization_id)
        await _sealed_by(stand, own)
        rows = await stand.admin.fetchval("select count(*) from audit_event where tenant_id = $1", own)
        for kept in (0, 1):
            await stand.admin.execute("delete from audit_seal where tenant_id = $1 and position > $2", own, kept)
            await stand.admin.execute("delete from audit_seal_head where tenant_id = $1", own)
            await stand.admin.execute(HEAD, own)
            stand.attacks += 1
            assert await _sealed_by(stand, own) == rows - kept
            seals = await stand.admin.fetch("select position from audit_seal where tenant_id = $1 order by 1", own)
            assert [seal["position"] for seal in seals] == list(range(1, rows + 1))
    finally:
        await transaction.rollback()


async def test_a_visit_of_the_operator_is_found_by_its_own_token_in_its_own_organisation_alone(stand: Stand) -> None:
    for world, other in ((stand.victim, stand.attacker), (stand.attacker, stand.twin), (stand.twin, stand.victim)):
        own, token = world.person.organization_id, world.rows["support_visit"]["token_hash"]
        stand.attacks += 3
        for tenant, digest_of, told in (
            (own, token, [world.id_of("support_visit")]),
            (own, b"no such token", []),
            (other.person.organization_id, b"no such token", []),
        ):
            rows = await stand.admin.fetch("select visit_id from support_visitor($1, $2)", tenant, digest_of)
            assert [row["visit_id"] for row in rows] == told


async def test_a_visit_of_the_operator_is_found_no_more_once_it_or_its_grant_is_over(stand: Stand) -> None:
    own, token = stand.attacker.person.organization_id, stand.attacker.rows["support_visit"]["token_hash"]
    for over in (
        "update support_visit set expires_at = now()",
        "update support_visit set ended_at = now()",
        "update support_grant set expires_at = now()",
        "update support_grant set revoked_at = now()",
    ):
        transaction = stand.admin.transaction()
        await transaction.start()
        try:
            await stand.admin.execute(f"{over} where tenant_id = $1", own)
            stand.attacks += 1
            assert await stand.admin.fetch("select * from support_visitor($1, $2)", own, token) == [], over
        finally:
            await transaction.rollback()


async def test_a_grant_holds_for_whom_it_names_until_it_ends(stand: Stand) -> None:
    world, colleague = stand.attacker, stand.cast.outsiders["member"].user_id
    own, person, team = world.person.organization_id, world.person.user_id, world.rows["team_member"]["team_id"]
    for kind, subject, until, holders in (
        ("everyone", None, None, {person, colleague}),
        ("everyone", None, "1 hour", {person, colleague}),
        ("user", person, "1 hour", {person}),
        ("user", colleague, None, {colleague}),
        ("team", team, "1 hour", {person}),
        ("everyone", None, "-1 second", set()),
        ("user", person, "-1 second", set()),
        ("team", team, "-1 second", set()),
    ):
        transaction = stand.admin.transaction()
        await transaction.start()
        try:
            await stand.admin.execute(GRANT, own, kind, subject, until)
            for somebody in (person, colleague):
                stand.attacks += 2
                listed = await stand.admin.fetch("select * from access_grants($1, $2, 'document')", own, somebody)
                asked = await stand.admin.fetchval(
                    "select rank from access_granted($1, $2, 'document', $3)", own, somebody, world.id_of("document")
                )
                assert bool(listed) == (asked > 0) == (somebody in holders), (kind, until, somebody == person)
        finally:
            await transaction.rollback()


async def test_what_runs_before_a_tenant_is_known_tells_of_the_persons_own_organisation_alone(stand: Stand) -> None:
    for world in (stand.victim, stand.attacker, stand.twin):
        own, other = world.person.organization_id, (stand.attacker if world is stand.victim else stand.victim)
        token = hashlib.sha256(world.person.token.encode()).digest()
        stand.attacks += 4
        listed = await stand.admin.fetch("select id from organizations_of($1)", world.person.user_id)
        assert [row["id"] for row in listed] == [own]
        for named, told in ((None, [own]), (own, [own]), (other.person.organization_id, [])):
            rows = await stand.admin.fetch("select tenant_id from session_by_token($1, $2)", token, named)
            assert [row["tenant_id"] for row in rows] == told


async def test_a_session_opens_nothing_once_a_lifetime_of_its_own_or_of_the_organisation_is_over(stand: Stand) -> None:
    token = hashlib.sha256(stand.attacker.person.token.encode()).digest()
    own, others = stand.attacker.person.organization_id, stand.victim.person.organization_id
    hour_ago = "now() - interval '1 hour' where token_hash = $1"
    for column, limit, tenant, stands in (
        ("expires_at", "idle_minutes = null", own, False),
        ("last_used_at", "idle_minutes = 61", own, True),
        ("last_used_at", "idle_minutes = 60", own, False),
        ("last_used_at", "idle_minutes = 60", others, True),
        ("created_at", "absolute_hours = 2", own, True),
        ("created_at", "absolute_hours = 1", own, False),
        ("created_at", "absolute_hours = 1", others, True),
        ("idle = interval '1 hour', last_used_at", "idle_minutes = null", own, False),
    ):
        transaction = stand.admin.transaction()
        await transaction.start()
        try:
            await stand.admin.execute("update user_session set last_used_at = now()")
            await stand.admin.execute(f"update user_session set {column} = {hour_ago}", token)
            await stand.admin.execute(f"update sign_in_policy set {limit} where tenant_id = $1", tenant)
            stand.attacks += 2
            opened = await stand.admin.fetch("select tenant_id from session_by_token($1, $2)", token, own)
            assert [row["tenant_id"] for row in opened] == [own] * stands, (column, limit)
            assert await stand.admin.fetchval("select session_stands($1, $2)", token, own) is stands, (column, limit)
        finally:
            await transaction.rollback()


async def test_a_session_that_one_organisation_vouches_for_opens_no_other(stand: Stand) -> None:
    person = stand.attacker.person
    token, theirs = hashlib.sha256(person.token.encode()).digest(), stand.victim.person.organization_id
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute(JOINED, theirs, person.user_id)
        for bound, opened in ((None, {theirs, person.organization_id}), (theirs, {theirs})):
            await stand.admin.execute(
                "update user_session set bound_tenant_id = $2 where token_hash = $1", token, bound
            )
            for named in (theirs, person.organization_id, None):
                stand.attacks += 1
                rows = await stand.admin.fetch("select tenant_id from session_by_token($1, $2)", token, named)
                told = {row["tenant_id"] for row in rows}
                assert told == ({named} & opened if named else told & opened), (bound, named)
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("other_way", ["model_team", "model_role"])
async def test_a_model_for_a_role_or_a_team_is_for_no_colleague_without_it(stand: Stand, other_way: str) -> None:
    world = stand.victim
    tenant, model, colleague = world.person.organization_id, world.id_of("model"), world.id_of("service_account")
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute(f"delete from {other_way} where tenant_id = $1", tenant)
        await stand.admin.execute("delete from team_member where tenant_id = $1 and user_id = $2", tenant, colleague)
        for user, may in ((world.person.user_id, True), (colleague, False), (stand.attacker.person.user_id, False)):
            stand.attacks += 1
            assert await stand.admin.fetchval("select llm_may_use($1, $2, $3)", tenant, user, model) is may, user
    finally:
        await transaction.rollback()


async def test_a_persons_sessions_are_told_and_ended_by_one_of_them_and_by_nobody_elses(stand: Stand) -> None:
    by_token = "select id from user_session where token_hash = sha256($1::text::bytea)"
    own = await stand.admin.fetchval(by_token, stand.attacker.person.token)
    theirs = await stand.admin.fetchval(by_token, stand.victim.person.token)
    other, tenant = stand.attacker.id_of("user_session"), stand.attacker.person.organization_id
    sessions = "select array_agg(id order by id) from user_session"
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        everybodys = await stand.admin.fetchval(sessions)
        stand.attacks += 4
        told = {row["id"] for row in await stand.admin.fetch("select id from sessions_of($1)", own)}
        assert told == {own, other}
        assert await stand.admin.fetchval("select session_end_of_same($1, $2)", own, theirs) is False
        await stand.admin.execute("update user_session set bound_tenant_id = $2 where id = $1", own, tenant)
        told = {row["id"] for row in await stand.admin.fetch("select id from sessions_of($1)", own)}
        assert told == {own}
        assert await stand.admin.fetchval("select session_end_of_same($1, $2)", own, other) is False
        await stand.admin.execute("select sessions_end_of_same($1)", own)
        assert await stand.admin.fetchval(sessions) == everybodys
        await stand.admin.execute("update user_session set bound_tenant_id = null where id = $1", own)
        await stand.admin.execute("select sessions_end_of_same($1)", own)
        assert set(everybodys) - set(await stand.admin.fetchval(sessions)) == {other}
    finally:
        await transaction.rollback()


@pytest.mark.parametrize("over", ["expires_at = now()", "last_used_at = now() - idle"])
async def test_a_session_that_is_over_is_told_of_no_more(stand: Stand, over: str) -> None:
    own = await stand.admin.fetchval(
        "select id from user_session where token_hash = sha256($1::text::bytea)", stand.attacker.person.token
    )
    other = stand.attacker.id_of("user_session")
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        for left in ({own, other}, {own}):
            stand.attacks += 1
            assert {row["id"] for row in await stand.admin.fetch("select id from sessions_of($1)", own)} == left
            await stand.admin.execute(f"update user_session set {over} where id = $1", other)
    finally:
        await transaction.rollback()


async def test_a_session_from_before_its_member_was_signed_out_opens_the_organisation_no_more(stand: Stand) -> None:
    token = hashlib.sha256(stand.attacker.person.token.encode()).digest()
    own, user = stand.attacker.person.organization_id, stand.attacker.person.user_id
    for tenant, since, opened in (
        (own, "now()", False),
        (own, "now() - interval '1 year'", True),
        (stand.victim.person.organization_id, "now()", True),
    ):
        transaction = stand.admin.transaction()
        await transaction.start()
        try:
            await stand.admin.execute(JOINED, stand.victim.person.organization_id, user)
            signed_out = f"update membership set sessions_since = {since} where tenant_id = $1 and user_id = $2"
            await stand.admin.execute(signed_out, tenant, user)
            stand.attacks += 2
            rows = await stand.admin.fetch("select user_id from session_by_token($1, $2)", token, own)
            assert [row["user_id"] for row in rows] == [user] * opened
            assert await stand.admin.fetchval("select session_stands($1, $2)", token, own) is opened
        finally:
            await transaction.rollback()


async def test_where_somebody_signed_in_is_told_of_and_forgotten_by_their_own_places_alone(stand: Stand) -> None:
    """The first place of a person is no news, and their last one stays, whatever others have seen meanwhile."""
    person, other = stand.attacker.person.user_id, stand.victim.person.user_id
    told = "select count(*) from mail_link where purpose = 'new_device' and user_id = $1"
    places = "select device from known_device where user_id = $1 order by device"
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute("delete from known_device where user_id = $1", person)
        before = await stand.admin.fetchval(told, person)
        await stand.admin.execute(SEEN, other, "Elsewhere", "1 minute")
        for device, news in (("First", 0), ("Second", 1)):
            stand.attacks += 1
            await stand.admin.execute(SIGNED_IN, person, device)
            assert await stand.admin.fetchval(told, person) == before + news, device
        await stand.admin.execute("delete from known_device where user_id = $1 and device = 'Second'", person)
        await stand.admin.execute(
            "update known_device set seen_at = now() - interval '2 years' where user_id = $1", person
        )
        stand.attacks += 1
        await stand.admin.execute("select remove_lapsed()")
        assert [row["device"] for row in await stand.admin.fetch(places, person)] == ["First"]
    finally:
        await transaction.rollback()


async def test_a_domain_opens_an_organisation_only_when_both_it_and_the_address_are_proven(stand: Stand) -> None:
    person, theirs = stand.attacker.person, stand.victim.person.organization_id
    domain = person.email.partition("@")[2]
    for address_proven, domain_proven in ((False, True), (True, False), (True, True)):
        transaction = stand.admin.transaction()
        await transaction.start()
        try:
            await stand.admin.execute(PROVE_ADDRESS, person.user_id, address_proven)
            await stand.admin.execute(PROVE_DOMAIN, theirs, domain, domain_proven)
            await stand.admin.execute("insert into organization (tenant_id, name) values ($1, 'elsewhere')", new_id())
            stand.attacks += 1
            opened = await stand.admin.fetch("select tenant_id from auto_joins_of($1)", person.user_id)
            assert [row["tenant_id"] for row in opened] == ([theirs] if address_proven and domain_proven else [])
        finally:
            await transaction.rollback()


async def test_a_use_of_a_session_and_a_proof_in_it_are_noted_for_it_and_for_no_other(stand: Stand) -> None:
    token = hashlib.sha256(stand.attacker.person.token.encode()).digest()
    session_id = await stand.admin.fetchval("select id from user_session where token_hash = $1", token)
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        hour = "now() - interval '1 hour'"
        await stand.admin.execute(f"update user_session set last_used_at = {hour}, authenticated_at = {hour}")
        stand.attacks += 2
        await stand.admin.execute("select session_used($1, now(), null)", session_id)
        await stand.admin.execute("select session_confirm($1, 'passkey')", session_id)
        for noted in ("last_used_at = now()", "authenticated_at = now()", "'passkey' = any (methods)"):
            rows = await stand.admin.fetch(f"select token_hash from user_session where {noted}")
            assert [row["token_hash"] for row in rows] == [token], noted
    finally:
        await transaction.rollback()


async def test_signing_a_persons_apps_out_ends_theirs_in_each_organisation_and_nobody_elses(stand: Stand) -> None:
    """The twin's grant has the id of the attacker's, and is another person's."""
    ended = "select tenant_id from oauth_family where ended_at = now() and end_reason = 'signed_out'"
    for world in (stand.victim, stand.attacker, stand.twin):
        async with stand.admin.transaction():
            stand.attacks += 1
            await stand.admin.execute("select oauth_end_families($1)", world.rows["oauth_grant"]["user_id"])
            assert {row["tenant_id"] for row in await stand.admin.fetch(ended)} == {world.person.organization_id}
            await stand.admin.execute("update oauth_family set ended_at = null, end_reason = null")


async def test_a_family_of_tokens_is_found_in_its_own_organisation_alone_and_while_its_grant_stands(
    stand: Stand,
) -> None:
    """As the superuser: the twin's family and grant have the ids of the attacker's."""
    found = "select email from principal_by_family($1, $2)"
    family = stand.attacker.id_of("oauth_family")
    for world in (stand.attacker, stand.twin):
        own = world.person.organization_id
        stand.attacks += 2
        assert [row["email"] for row in await stand.admin.fetch(found, own, family)] == [world.person.email]
        assert await stand.admin.fetch(found, own, stand.victim.id_of("oauth_family")) == []
        for over in (
            "update oauth_family set ended_at = now()",
            "update oauth_family set expires_at = now()",
            "update oauth_grant set revoked_at = now()",
            "update membership set suspended_at = now()",
        ):
            transaction = stand.admin.transaction()
            await transaction.start()
            try:
                await stand.admin.execute(f"{over} where tenant_id = $1", own)
                stand.attacks += 1
                assert await stand.admin.fetch(found, own, family) == [], over
            finally:
                await transaction.rollback()


@pytest.mark.parametrize("program", ["principal_by_key", "principal_by_family"])
async def test_a_program_does_without_the_organisation_s_sign_in_only_for_whoever_is_excused(
    stand: Stand, program: str
) -> None:
    """Known at its provider, or an owner for emergencies: each in person, and no colleague in their place."""
    world, colleague = stand.attacker, stand.cast.outsiders["member"].user_id
    own, owner = world.person.organization_id, world.person.user_id
    used = world.rows["api_key"]["token_hash"] if program == "principal_by_key" else world.id_of("oauth_family")
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        for statement in (PERSONS_KEY, ENABLED):
            await stand.admin.execute(statement, own, *((owner,) if "$2" in statement else ()))
        await stand.admin.execute(DEMANDED, own)
        for known, excused, lacks in (
            (owner, colleague, None),
            (colleague, owner, None),
            (colleague, colleague, "sso"),
        ):
            await stand.admin.execute("update external_identity set user_id = $2 where tenant_id = $1", own, known)
            await stand.admin.execute("update sso_break_glass set user_id = $2 where tenant_id = $1", own, excused)
            stand.attacks += 1
            rows = await stand.admin.fetch(f"select user_id, lacks from {program}($1, $2)", own, used)
            assert [tuple(row) for row in rows] == [(owner, lacks)], (known, excused)
    finally:
        await transaction.rollback()


async def test_a_session_is_held_to_its_persons_own_organisations_sign_in_unless_they_are_excused(stand: Stand) -> None:
    """Of each person's own session, in each organisation of theirs: both ask for their sign-in, by a provider each."""
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        for world in (stand.attacker, stand.victim):
            own, owner, colleague = world.person.organization_id, world.person.user_id, world.id_of("service_account")
            await stand.admin.execute(ENABLED, own)
            await stand.admin.execute(DEMANDED, own)
            await stand.admin.execute("update sso_break_glass set user_id = $2 where tenant_id = $1", own, colleague)
            token = hashlib.sha256(world.person.token.encode()).digest()
            for excused, told in ((False, [own]), (True, [])):
                if excused:
                    await stand.admin.execute(
                        "update sso_break_glass set user_id = $2 where tenant_id = $1", own, owner
                    )
                stand.attacks += 1
                rows = await stand.admin.fetch("select tenant_id from sso_demanded_of($1, null)", token)
                assert [row["tenant_id"] for row in rows] == told, excused
    finally:
        await transaction.rollback()


async def test_an_origin_is_listed_as_long_as_its_own_organisation_is_active(stand: Stand) -> None:
    own = stand.attacker.person.organization_id
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute("update web_origin set origin = 'https://own.test' where tenant_id = $1", own)
        for suspended, listed in (
            (stand.victim.person.organization_id, True),
            (own, False),
        ):
            await stand.admin.execute("update organization set state = 'suspended' where tenant_id = $1", suspended)
            stand.attacks += 1
            assert await stand.admin.fetchval("select web_origin_listed('https://own.test')") is listed
    finally:
        await transaction.rollback()


async def test_a_domain_leads_to_the_provider_of_whoever_has_verified_it(stand: Stand) -> None:
    """The attacker's rows and the twin's have the same ids: nothing but the tenant tells them apart."""
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        tenants = {
            name: world.person.organization_id for name, world in (("a.test", stand.attacker), ("t.test", stand.twin))
        }
        for name, tenant_id in tenants.items():
            await stand.admin.execute(PROVE_DOMAIN, tenant_id, name, True)
            await stand.admin.execute("update identity_provider set enabled = true where tenant_id = $1", tenant_id)
        for name, tenant_id in tenants.items():
            found = await stand.admin.fetch("select tenant_id from sso_provider_by_domain($1)", name)
            assert [row["tenant_id"] for row in found] == [tenant_id]
    finally:
        await transaction.rollback()


async def test_a_function_names_the_tenant_at_each_table_that_it_reads_or_changes(stand: Stand) -> None:
    tables = {str(row["relname"]) for row in await tenant_tables(stand.admin)}
    for function in await functions(stand.admin):
        if function.name not in UNBOUND:
            mentioned = tables_of(function, tables)
            bound = BOUND.findall(function.body)
            assert len(bound) >= len(mentioned), (function.name, mentioned, bound)
            for table, alias in mentioned:
                assert alias in bound or "" in bound, (function.name, table, alias)


async def _sealed_by(stand: Stand, tenant_id: UUID) -> int:
    await stand.admin.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
    return int(await stand.admin.fetchval("select audit_seal_next(1000)"))


async def _called(
    stand: Stand,
    function: Function,
    *,
    ids: World | None,
    like: World,
    watched: World,
    tenant: World | None = None,
    owner: UUID | None = None,
) -> str:
    """What the function answers, or raises; undone afterwards. Fails when it changed a row of who is watched."""
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        await stand.admin.execute(OPEN_RUNS)
        for table in EMPTIED.get(function.name, ()):
            await stand.admin.execute(
                f"delete from {table} where tenant_id = $1", stand.attacker.person.organization_id
            )
        before = await digest(stand.admin, watched)
        values = arguments(function, tenant=tenant or stand.attacker, ids=ids, like=like)
        if owner is not None:
            values[list(function.arguments).index("p_owner")] = owner
        result = await _answer(stand.admin, function, values)
        if not result.startswith("!"):
            assert await digest(stand.admin, watched) == before, f"{function.name} changed the rows of another tenant"
        return result
    finally:
        await transaction.rollback()


async def _answer(admin: asyncpg.Connection, function: Function, values: list[Any]) -> str:
    try:
        rows = await admin.fetch(function.call, *values)
    except asyncpg.PostgresError as error:
        return f"!{type(error).__name__}"
    given = {str(value) for value in values}
    given |= {str(item) for value in values if isinstance(value, list) for item in value}
    return repr([_without(tuple(row.values()), given) for row in rows])


def _without(row: tuple[Any, ...], given: set[str]) -> tuple[Any, ...]:
    """What was given comes back in some answers."""
    return tuple("given" if str(value) in given else value for value in row)
