"""The audit log in full: who, from where, in which run; and the chain that seals it.

Rows commit unsealed, so that no writer waits for another. `audit_seal_next` chains those whose transaction lies below
every transaction still running: none can come before them any more. It is the only way to write a seal. The chain is
over digests, so that it holds after the rows themselves were erased.
"""

from alembic import op

from chatter.kit.db.rls import enable_rls, platform_policy

revision = "0009_audit"
down_revision = "0008_teams"

EVENT_COLUMNS = (
    "alter column actor_id drop not null",
    "alter column session_id drop not null",
    "add column actor_kind text not null default 'user'",
    "add column actor_label text not null default ''",
    "add column key_id uuid",
    "add column client_address text",
    "add column run_id uuid",
    "add column txid xid8 not null default pg_current_xact_id()",
    """add column search tsvector not null generated always as (to_tsvector('simple'::regconfig,
        translate(action, '_:', '  ') || ' ' || actor_label || ' ' || request_id || ' ' || coalesce(client_address, '')
        || ' ' || coalesce(target::text, '') || ' ' || left(coalesce(before, ''), 20000)
        || ' ' || left(coalesce(after, ''), 20000))) stored""",
    "add constraint audit_event_actor_kind check (actor_kind in ('system', 'operator', 'service', 'user'))",
    "add constraint audit_event_actor check (actor_id is not null or actor_kind in ('system', 'operator'))",
)
WRITTEN = (
    "tenant_id, id, actor_kind, actor_id, actor_label, actor_role, session_id, key_id, client_address, request_id, "
    "run_id, action, target, before, after"
)
"""What the application may write: neither the time nor the transaction, which the order of the chain rests on."""

TABLES = (
    """
    create table audit_seal (
        tenant_id uuid not null,
        position bigint not null,
        event_id uuid not null,
        txid xid8 not null,
        digest bytea not null,
        previous bytea not null,
        chain bytea not null,
        sealed_at timestamptz not null default clock_timestamp(),
        primary key (tenant_id, position),
        constraint audit_seal_event unique (tenant_id, event_id)
    )
    """,
    """
    create table audit_anchor (
        tenant_id uuid not null,
        day date not null,
        position bigint not null,
        chain bytea not null,
        anchored_at timestamptz not null default now(),
        primary key (tenant_id, day)
    )
    """,
    """
    create table audit_sink (
        tenant_id uuid primary key references organization (tenant_id) on delete cascade,
        url text not null,
        header_name text,
        header_sealed bytea,
        state text not null default 'active',
        position bigint not null default 0,
        failures integer not null default 0,
        last_error text,
        last_error_at timestamptz,
        last_delivered_at timestamptz,
        next_attempt_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint audit_sink_state check (state in ('active', 'paused')),
        constraint audit_sink_header check ((header_name is null) = (header_sealed is null))
    )
    """,
)
INDEXES = (
    "create index audit_event_at on audit_event (tenant_id, at, id)",
    "create index audit_event_order on audit_event (tenant_id, txid, id)",
    "create index audit_event_txid on audit_event (txid, tenant_id)",
    "create index audit_event_search on audit_event using gin (tenant_id, search)",
    "create index audit_sink_due on audit_sink (next_attempt_at) where state = 'active'",
)

# A field's length stands before it, so that no two events can have the same bytes.
FIELD = """
create function audit_field(value text) returns text language sql immutable parallel safe
as $$ select coalesce(octet_length(value) || ':' || value, '-') $$
"""
PAYLOAD = """
create function audit_payload(e audit_event) returns bytea language sql stable parallel safe as $$
    select convert_to(concat_ws(',', audit_field(e.tenant_id::text), audit_field(e.id::text),
        audit_field((extract(epoch from e.at) * 1000000)::bigint::text), audit_field(e.txid::text),
        audit_field(e.actor_kind), audit_field(e.actor_id::text), audit_field(e.actor_label), audit_field(e.actor_role),
        audit_field(e.session_id::text), audit_field(e.key_id::text), audit_field(e.client_address),
        audit_field(e.request_id), audit_field(e.run_id::text), audit_field(e.action), audit_field(e.target::text),
        audit_field(e.before), audit_field(e.after)), 'UTF8') $$
"""
BOUND = """
    t uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
    if t is null then
        raise exception 'no tenant is bound' using errcode = 'insufficient_privilege';
    end if;
"""
DEFINER = "security definer set search_path = pg_catalog, public, pg_temp"

# Returns how many rows it sealed, -1 when another sealer is at work. A visible row whose transaction is not below xmax was
# written by another cluster and restored into this one. Such rows come first; once a row of this cluster follows them in
# the chain, all of them are sealed, and what is left to seal lies beyond the head.
SEAL = f"""
create function audit_seal_next(p_limit integer) returns integer language plpgsql {DEFINER} as $$
declare
    e audit_event; n bigint; last bytea; head audit_seal; payload_digest bytea; sealed integer := 0;
    waiting refcursor;
{BOUND}
    if not pg_try_advisory_xact_lock(hashtextextended('audit_seal:' || t, 0)) then
        return -1;
    end if;
    select * into head from audit_seal s where s.tenant_id = t order by s.position desc limit 1;
    n := coalesce(head.position, 0);
    last := coalesce(head.chain, sha256(convert_to('chatter.audit:' || t, 'UTF8')));
    if head.txid < pg_snapshot_xmax(pg_current_snapshot()) then
        open waiting for
            select a.* from audit_event a
            where a.tenant_id = t and (a.txid, a.id) > (head.txid, head.event_id)
                and a.txid < pg_snapshot_xmin(pg_current_snapshot())
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
        sealed := sealed + 1;
    end loop;
    return sealed;
end $$
"""  # noqa: S608  # constants of ours
# The one way to search: row-level security keeps full-text operators from their index, so this names the tenant itself.
FIND = f"""
create function audit_find(p_actor uuid, p_action text, p_target uuid, p_since timestamptz, p_until timestamptz,
    p_request text, p_text text, p_event uuid, p_before timestamptz, p_before_id uuid, p_limit integer)
returns table (id uuid, at timestamptz, actor_kind text, actor_id uuid, actor_label text, actor_role text,
    session_id uuid, key_id uuid, client_address text, request_id text, run_id uuid, action text, target uuid,
    before text, after text, seal_position bigint)
language plpgsql stable {DEFINER} set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
{BOUND}
    return query
    select e.id, e.at, e.actor_kind, e.actor_id, e.actor_label, e.actor_role, e.session_id, e.key_id, e.client_address,
        e.request_id, e.run_id, e.action, e.target, e.before, e.after, s.position
    from audit_event e left join audit_seal s on s.tenant_id = t and s.event_id = e.id
    where e.tenant_id = t
        and (p_event is null or e.id = p_event)
        and (p_actor is null or e.actor_id = p_actor)
        and (p_action is null or starts_with(e.action, p_action))
        and (p_target is null or e.target = p_target)
        and (p_since is null or e.at >= p_since)
        and (p_until is null or e.at < p_until)
        and (p_request is null or e.request_id = p_request)
        and (p_text is null or e.search @@ websearch_to_tsquery('simple', p_text))
        and (p_before is null or (e.at, e.id) < (p_before, p_before_id))
    order by e.at desc, e.id desc limit p_limit;
end $$
"""  # noqa: S608  # constants of ours
# Retention: removes sealed rows and says so in a row of its own, whose seal lets the chain be verified without them.
ERASE = f"""
create function audit_erase(p_before timestamptz, p_reason text) returns bigint language plpgsql {DEFINER} as $$
declare
    erased bigint; positions int8multirange;
{BOUND}
    with gone as (
        delete from audit_event e using audit_seal s
        where e.tenant_id = t and s.tenant_id = t and s.event_id = e.id and e.at < p_before
            and e.action <> 'audit:event:erased'
        returning s.position
    )
    select count(*), range_agg(int8range(gone.position, gone.position, '[]')) into erased, positions from gone;
    if erased > 0 then
        insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action, after)
        values (t, uuidv7(), 'operator', 'operator', '', 'audit:event:erased',
            json_build_object('before', p_before, 'reason', p_reason, 'positions', positions::text)::text);
    end if;
    return erased;
end $$
"""  # noqa: S608  # constants of ours
FUNCTIONS = {
    "audit_seal_next(integer)": (SEAL, "chatter_app"),
    "audit_find(uuid, text, uuid, timestamptz, timestamptz, text, text, uuid, timestamptz, uuid, integer)": (
        FIND,
        "chatter_app",
    ),
    "audit_erase(timestamptz, text)": (ERASE, "chatter_platform"),
}

# A turn writes its audit row inside the function that opens it.
OPEN_TURN = (
    ("p_payload text)", "p_payload text, p_actor_label text, p_client_address text)"),
    (
        "insert into audit_event (tenant_id, id, actor_id, actor_role, session_id, request_id, action, target)",
        "insert into audit_event (tenant_id, id, actor_id, actor_role, session_id, request_id, action, target, actor_label, client_address, run_id)",
    ),
    (
        "values (p_tenant, p_audit_id, p_owner, p_role, p_session, p_request_id, p_action, p_answer_id)",
        "values (p_tenant, p_audit_id, p_owner, p_role, p_session, p_request_id, p_action, p_answer_id, p_actor_label, p_client_address, p_run_id)",
    ),
)


def upgrade() -> None:
    op.execute("drop index audit_event_at")
    op.execute(f"alter table audit_event {', '.join(EVENT_COLUMNS)}")
    op.execute("revoke insert on audit_event from chatter_app")
    op.execute(f"grant insert ({WRITTEN}) on audit_event to chatter_app")
    for statement in (*TABLES, *INDEXES, FIELD, PAYLOAD):
        op.execute(statement)
    _rights()
    for signature, (body, caller) in FUNCTIONS.items():
        op.get_bind().exec_driver_sql(body)
        op.execute(f"alter function {signature} owner to chatter_audit")
        op.execute(f"revoke all on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {caller}")
    _rewrite_open_turn(OPEN_TURN)


def downgrade() -> None:
    _rewrite_open_turn(tuple((new, old) for old, new in OPEN_TURN))
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")
    op.execute("drop function audit_payload(audit_event)")
    op.execute("drop function audit_field(text)")
    for table in ("audit_sink", "audit_anchor", "audit_seal"):
        op.execute(f"drop table {table}")
    for policy in ("audit_event_platform", "audit_event_audit"):
        op.execute(f"drop policy {policy} on audit_event")
    op.execute("revoke all on audit_event from chatter_platform, chatter_audit")
    for name in ("audit_event_search", "audit_event_txid", "audit_event_order", "audit_event_at"):
        op.execute(f"drop index {name}")
    op.execute("alter table audit_event no force row level security")
    op.execute("delete from audit_event where actor_id is null or session_id is null")
    op.execute("alter table audit_event force row level security")
    op.execute(
        "alter table audit_event drop column search, drop column txid, drop column run_id, drop column client_address, "
        "drop column key_id, drop column actor_label, drop column actor_kind, "
        "alter column actor_id set not null, alter column session_id set not null"
    )
    op.execute("create index audit_event_at on audit_event (tenant_id, at desc)")
    op.execute("grant insert on audit_event to chatter_app")


def _rights() -> None:
    enable_rls("audit_seal", privileges="select")
    enable_rls("audit_anchor", privileges="select, insert")
    enable_rls("audit_sink")
    platform_policy("audit_event", privileges="select (tenant_id, id, txid)")
    platform_policy("audit_seal", privileges="select (tenant_id, position, event_id)")
    platform_policy("audit_anchor", privileges="select (tenant_id, day)")
    platform_policy("audit_sink", privileges="select (tenant_id, state, position, next_attempt_at)")
    for table, privileges in (("audit_event", "select, insert, delete"), ("audit_seal", "select, insert")):
        op.execute(f"create policy {table}_audit on {table} to chatter_audit using (true) with check (true)")
        op.execute(f"grant {privileges} on {table} to chatter_audit")


def _rewrite_open_turn(changes: tuple[tuple[str, str], ...]) -> None:
    """Make the function anew from its present text: its arguments change with it."""
    bind = op.get_bind()
    text: str = bind.exec_driver_sql("select pg_get_functiondef('chat_open_turn'::regproc)").scalar_one()
    for old, new in changes:
        if old not in text:
            raise LookupError(f"chat_open_turn holds no {old!r}")
        text = text.replace(old, new)
    bind.exec_driver_sql("drop function chat_open_turn")
    bind.exec_driver_sql(text)
