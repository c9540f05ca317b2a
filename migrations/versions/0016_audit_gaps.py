"""The head of each chain as a row of its own, readers of runs that others began, and who had titles listed.

Seals that are gone from the end of a chain are missed with it, and what follows leaves a gap.
"""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import enable_rls, platform_policy

revision = "0016_audit_gaps"
down_revision = "0014_service_accounts"

HEAD = """
create table audit_seal_head (
    tenant_id uuid primary key,
    position bigint not null,
    event_id uuid not null,
    txid xid8 not null,
    chain bytea not null
)
"""
HEADS_SO_FAR = """
insert into audit_seal_head (tenant_id, position, event_id, txid, chain)
select distinct on (s.tenant_id) s.tenant_id, s.position, s.event_id, s.txid, s.chain
from audit_seal s order by s.tenant_id, s.position desc
"""

# As before, but it goes on from the head that it noted, whatever the seals say.
SEAL = """
create or replace function audit_seal_next(p_limit integer) returns integer language plpgsql
security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    e audit_event; n bigint; last bytea; head audit_seal_head; payload_digest bytea; sealed integer := 0;
    waiting refcursor;
    t uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
    if t is null then
        raise exception 'no tenant is bound' using errcode = 'insufficient_privilege';
    end if;
    if not pg_try_advisory_xact_lock(hashtextextended('audit_seal:' || t, 0)) then
        return -1;
    end if;
    select * into head from audit_seal_head h where h.tenant_id = t;
    n := coalesce(head.position, 0);
    last := coalesce(head.chain, sha256(convert_to('chatter.audit:' || t, 'UTF8')));
    if head.txid < pg_snapshot_xmax(pg_current_snapshot()) then
        open waiting for
            select a.* from audit_event a
            where a.tenant_id = t and (a.txid, a.id) > (head.txid, head.event_id)
                and a.txid < pg_snapshot_xmin(pg_current_snapshot())
                -- rows that a restore brought were sealed before their number was reached
                and not exists (select from audit_seal s where s.tenant_id = t and s.event_id = a.id)
            order by a.txid, a.id limit p_limit;
    else
        open waiting for
            select a.* from audit_event a
            where a.tenant_id = t
                and (a.txid < pg_snapshot_xmin(pg_current_snapshot()) or a.txid >= pg_snapshot_xmax(pg_current_snapshot()))
                and not exists (select from audit_seal s where s.tenant_id = t and s.event_id = a.id)
            order by a.txid >= pg_snapshot_xmax(pg_current_snapshot()) desc, a.txid, a.id limit p_limit;
    end if;
    loop
        fetch waiting into e;
        exit when not found;
        n := n + 1;
        payload_digest := sha256(audit_payload(e));
        insert into audit_seal (tenant_id, position, event_id, txid, digest, previous, chain)
        values (t, n, e.id, e.txid, payload_digest, last, sha256(last || int8send(n) || uuid_send(e.id) || payload_digest))
        returning chain into last;
        head := row(t, n, e.id, e.txid, last);
        sealed := sealed + 1;
    end loop;
    if sealed > 0 then
        insert into audit_seal_head as h select head.*
        on conflict (tenant_id) do update set
            position = excluded.position, event_id = excluded.event_id, txid = excluded.txid, chain = excluded.chain
        where h.tenant_id = t;
    end if;
    return sealed;
end $$
"""
# One statement for whoever asks: the run is theirs, or the answer of a conversation that they may see, or is not there.
READING = """
create function run_reading(p_tenant uuid, p_run uuid, p_user uuid)
returns table (owned boolean, state text, last_seq integer, hidden uuid[]) language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        select r.owner_id = p_user, r.state, r.last_seq,
            case when r.owner_id = p_user then '{}'
                else array(select h.id from documents_hidden_from(p_tenant, p_user) h) end
        from run r
        where r.tenant_id = p_tenant and r.id = p_run and (r.owner_id = p_user or exists (
            select from message m, conversation_access(p_tenant, p_user, m.conversation_id) a
            where m.tenant_id = p_tenant and m.id = r.subject_id and r.kind = 'chat.turn' and a.rank >= 1));
end $$
"""
# Pages of titles that administrators had listed: few, asked for when somebody opens a conversation of theirs.
LISTED = """
create index audit_event_listing on audit_event (tenant_id, at)
    where action = 'chat:conversation:listed_by_administrator'
"""


def upgrade() -> None:
    op.execute(HEAD)
    op.execute("alter table audit_seal no force row level security")
    op.execute(HEADS_SO_FAR)
    op.execute("alter table audit_seal force row level security")
    enable_rls("audit_seal_head", privileges="select")
    platform_policy("audit_seal_head", privileges="select (tenant_id)")
    op.execute("create policy audit_seal_head_audit on audit_seal_head to chatter_audit using (true) with check (true)")
    op.execute("grant select, insert, update on audit_seal_head to chatter_audit")
    op.get_bind().exec_driver_sql(SEAL)
    op.execute(READING)
    op.execute(LISTED)


def downgrade() -> None:
    op.execute("drop index audit_event_listing")
    op.execute("drop function run_reading(uuid, uuid, uuid)")
    before: str = _earlier("0009_audit").SEAL
    op.get_bind().exec_driver_sql(before.replace("create function", "create or replace function", 1))
    op.execute("drop table audit_seal_head")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
