"""Runs: their leases, their numbered events, their LangGraph checkpoints, and the functions of the hot path."""

from alembic import op

from chatter.kit.db.rls import enable_rls, platform_policy

revision = "0005_runs"
down_revision = "0004_documents"

TABLES = (
    """
    create table run (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        kind text not null,
        subject_id uuid not null,
        owner_id uuid not null,
        state text not null default 'running',
        lease_owner text,
        lease_expires_at timestamptz,
        fence bigint not null default 1,
        last_seq integer not null default 0,
        error_code text,
        error_message text,
        error_remedy text,
        request_id text not null default '',
        cancel_requested_at timestamptz,
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        primary key (tenant_id, id),
        constraint run_state check (state in ('queued', 'running', 'finished', 'failed', 'cancelled'))
    )
    """,
    "create index run_lease on run (lease_expires_at) where state in ('queued', 'running')",
    "create index run_subject on run (tenant_id, subject_id)",
    """
    create table run_part (
        tenant_id uuid not null,
        run_id uuid not null,
        first_seq integer not null,
        last_seq integer not null,
        frames bytea not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, run_id, first_seq),
        constraint run_part_run_fkey foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade
    )
    """,
    """
    create table checkpoint (
        tenant_id uuid not null,
        run_id uuid not null,
        ns text not null,
        checkpoint_id text not null,
        parent_id text,
        type text not null,
        body bytea not null,
        versions jsonb not null,
        metadata jsonb not null,
        primary key (tenant_id, run_id, ns, checkpoint_id),
        constraint checkpoint_run_fkey foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade
    )
    """,
    """
    create table checkpoint_blob (
        tenant_id uuid not null,
        run_id uuid not null,
        ns text not null,
        channel text not null,
        version text not null,
        type text not null,
        body bytea not null,
        primary key (tenant_id, run_id, ns, channel, version),
        constraint checkpoint_blob_run_fkey foreign key (tenant_id, run_id)
            references run (tenant_id, id) on delete cascade
    )
    """,
    """
    create table checkpoint_write (
        tenant_id uuid not null,
        run_id uuid not null,
        ns text not null,
        checkpoint_id text not null,
        task_id text not null,
        idx integer not null,
        task_path text not null,
        channel text not null,
        type text not null,
        body bytea not null,
        primary key (tenant_id, run_id, ns, checkpoint_id, task_id, idx),
        constraint checkpoint_write_run_fkey foreign key (tenant_id, run_id)
            references run (tenant_id, id) on delete cascade
    )
    """,
)

# They bind the tenant themselves, so that a call is one round trip, and run with the caller's rights: policies hold.
FUNCTIONS = {
    "run_open(p_tenant uuid, p_run uuid, p_kind text, p_subject uuid, p_owner uuid, p_lease_owner text,"
    " p_lease_seconds integer, p_request_id text)": """
        returns void as $$
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            insert into run (tenant_id, id, kind, subject_id, owner_id, lease_owner, lease_expires_at, request_id)
            values (p_tenant, p_run, p_kind, p_subject, p_owner, p_lease_owner,
                    now() + make_interval(secs => p_lease_seconds), p_request_id);
        end $$""",
    # Events of many runs at once. Returns the runs that are no longer ours: their fence moved or they are over.
    "run_append(p_tenants uuid[], p_runs uuid[], p_fences bigint[], p_firsts integer[], p_lasts integer[],"
    " p_frames bytea[])": """
        returns setof uuid as $$
        begin
            for i in 1 .. cardinality(p_runs) loop
                perform set_config('app.tenant_id', p_tenants[i]::text, true);
                perform from run where tenant_id = p_tenants[i] and id = p_runs[i] and fence = p_fences[i]
                    and state = 'running' for key share;
                if found then
                    insert into run_part (tenant_id, run_id, first_seq, last_seq, frames)
                    values (p_tenants[i], p_runs[i], p_firsts[i], p_lasts[i], p_frames[i]) on conflict do nothing;
                else
                    return next p_runs[i];
                end if;
            end loop;
        end $$""",
    # Keeps the leases; tells which are lost and which somebody wants stopped.
    "run_beat(p_tenants uuid[], p_runs uuid[], p_fences bigint[], p_lease_seconds integer)": """
        returns table (run_id uuid, held boolean, cancelled boolean) as $$
        begin
            for i in 1 .. cardinality(p_runs) loop
                perform set_config('app.tenant_id', p_tenants[i]::text, true);
                run_id := p_runs[i];
                cancelled := false;
                update run set lease_expires_at = now() + make_interval(secs => p_lease_seconds)
                where tenant_id = p_tenants[i] and id = p_runs[i] and fence = p_fences[i] and state = 'running'
                returning cancel_requested_at is not null into cancelled;
                held := found;
                return next;
            end loop;
        end $$""",
    # The end of a run with its last events, under the fence. False: somebody else has closed it or taken it over.
    "run_close(p_tenant uuid, p_run uuid, p_fence bigint, p_state text, p_error_code text, p_error_message text,"
    " p_error_remedy text, p_firsts integer[], p_lasts integer[], p_frames bytea[])": """
        returns boolean as $$
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            update run set state = p_state, error_code = p_error_code, error_message = p_error_message,
                error_remedy = p_error_remedy, finished_at = now(), lease_owner = null, lease_expires_at = null,
                last_seq = p_lasts[cardinality(p_lasts)]
            where tenant_id = p_tenant and id = p_run and fence = p_fence and state = 'running';
            if not found then
                return false;
            end if;
            insert into run_part (tenant_id, run_id, first_seq, last_seq, frames)
            select p_tenant, p_run, part.first_seq, part.last_seq, part.frames
            from unnest(p_firsts, p_lasts, p_frames) as part (first_seq, last_seq, frames) on conflict do nothing;
            return true;
        end $$""",
    "run_head(p_tenant uuid, p_run uuid, p_owner uuid)": """
        returns table (id uuid, kind text, subject_id uuid, state text, fence bigint, last_seq integer, error_code text,
            error_message text, error_remedy text, cancel_requested_at timestamptz, created_at timestamptz,
            finished_at timestamptz) as $$
        #variable_conflict use_column
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query select r.id, r.kind, r.subject_id, r.state, r.fence, r.last_seq, r.error_code, r.error_message,
                r.error_remedy, r.cancel_requested_at, r.created_at, r.finished_at
            from run r where r.tenant_id = p_tenant and r.id = p_run and r.owner_id = p_owner;
        end $$""",
    # A stored prefix and whether the run is over, in one snapshot: an over run's parts are complete.
    "run_parts(p_tenant uuid, p_run uuid, p_after integer)": """
        returns table (first_seq integer, last_seq integer, frames bytea, is_over boolean) as $$
        #variable_conflict use_column
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query select p.first_seq, p.last_seq, p.frames, r.state not in ('queued', 'running')
            from run r left join run_part p on p.tenant_id = p_tenant and p.run_id = r.id and p.last_seq > p_after
            where r.tenant_id = p_tenant and r.id = p_run order by p.first_seq;
        end $$""",
    # Null when there is no such run of this person.
    "run_cancel(p_tenant uuid, p_run uuid, p_owner uuid)": """
        returns text as $$
        declare found_state text;
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            update run set cancel_requested_at = now() where tenant_id = p_tenant and id = p_run and owner_id = p_owner
                and state in ('queued', 'running') and cancel_requested_at is null;
            select state into found_state from run where tenant_id = p_tenant and id = p_run and owner_id = p_owner;
            return found_state;
        end $$""",
    # Takes a lapsed lease and moves the fence, so that its former holder can write nothing more.
    "run_seize(p_tenant uuid, p_run uuid, p_lease_owner text, p_lease_seconds integer)": """
        returns table (fence bigint, kind text, subject_id uuid, owner_id uuid, request_id text, cancelled boolean)
        as $$
        #variable_conflict use_column
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query update run r set fence = r.fence + 1, lease_owner = p_lease_owner,
                lease_expires_at = now() + make_interval(secs => p_lease_seconds), state = 'running'
            where r.tenant_id = p_tenant and r.id = p_run and r.state in ('queued', 'running')
                and r.lease_expires_at < now()
            returning r.fence, r.kind, r.subject_id, r.owner_id, r.request_id, r.cancel_requested_at is not null;
        end $$""",
    # What a graph wants kept, in one round trip. A null fence writes whatever the run's state is.
    "checkpoint_store(p_tenant uuid, p_run uuid, p_fence bigint,"
    " b_ns text[], b_channel text[], b_version text[], b_type text[], b_body bytea[],"
    " c_ns text[], c_id text[], c_parent text[], c_type text[], c_body bytea[], c_versions text[], c_metadata text[],"
    " w_ns text[], w_checkpoint text[], w_task text[], w_idx integer[], w_path text[], w_channel text[], w_type text[],"
    " w_body bytea[])": """
        returns boolean as $$
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            perform from run where tenant_id = p_tenant and id = p_run
                and (p_fence is null or (fence = p_fence and state = 'running')) for key share;
            if not found then
                return false;
            end if;
            insert into checkpoint_blob (tenant_id, run_id, ns, channel, version, type, body)
            select p_tenant, p_run, b.* from unnest(b_ns, b_channel, b_version, b_type, b_body) as b
            on conflict do nothing;
            insert into checkpoint (tenant_id, run_id, ns, checkpoint_id, parent_id, type, body, versions, metadata)
            select p_tenant, p_run, c.ns, c.id, c.parent, c.type, c.body, c.versions::jsonb, c.metadata::jsonb
            from unnest(c_ns, c_id, c_parent, c_type, c_body, c_versions, c_metadata)
                as c (ns, id, parent, type, body, versions, metadata)
            on conflict (tenant_id, run_id, ns, checkpoint_id)
                do update set body = excluded.body, versions = excluded.versions, metadata = excluded.metadata;
            -- A special write (negative index: an error, an interrupt, a resume) replaces the one before it.
            insert into checkpoint_write as kept
                (tenant_id, run_id, ns, checkpoint_id, task_id, idx, task_path, channel, type, body)
            select p_tenant, p_run, w.ns, w.checkpoint, w.task, w.idx, w.path, w.channel, w.type, w.body
            from unnest(w_ns, w_checkpoint, w_task, w_idx, w_path, w_channel, w_type, w_body)
                as w (ns, checkpoint, task, idx, path, channel, type, body)
            on conflict (tenant_id, run_id, ns, checkpoint_id, task_id, idx)
                do update set channel = excluded.channel, type = excluded.type, body = excluded.body
                where kept.idx < 0;
            return true;
        end $$""",
    # Newest first; each null argument lifts its condition.
    "checkpoint_ids(p_tenant uuid, p_run uuid, p_ns text, p_id text, p_before text, p_filter text,"
    " p_limit integer)": """
        returns table (ns text, checkpoint_id text) as $$
        #variable_conflict use_column
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query select c.ns, c.checkpoint_id from checkpoint c
            where c.tenant_id = p_tenant and c.run_id = p_run and (p_ns is null or c.ns = p_ns)
                and (p_id is null or c.checkpoint_id = p_id) and (p_before is null or c.checkpoint_id < p_before)
                and c.metadata @> p_filter::jsonb
            order by c.checkpoint_id desc limit p_limit;
        end $$""",
    # The named checkpoint or, without a name, the newest one.
    "checkpoint_load(p_tenant uuid, p_run uuid, p_ns text, p_id text)": """
        returns table (checkpoint_id text, parent_id text, type text, body bytea, metadata text,
            b_channel text[], b_type text[], b_body bytea[],
            w_task text[], w_channel text[], w_type text[], w_body bytea[]) as $$
        #variable_conflict use_column
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query
                select c.checkpoint_id, c.parent_id, c.type, c.body, c.metadata::text,
                    blobs.channels, blobs.types, blobs.bodies,
                    writes.tasks, writes.channels, writes.types, writes.bodies
                from (
                    select * from checkpoint k
                    where k.tenant_id = p_tenant and k.run_id = p_run and k.ns = p_ns
                        and (p_id is null or k.checkpoint_id = p_id)
                    order by k.checkpoint_id desc limit 1
                ) c
                left join lateral (
                    select array_agg(b.channel) channels, array_agg(b.type) types, array_agg(b.body) bodies
                    from jsonb_each_text(c.versions) v
                    join checkpoint_blob b on b.tenant_id = p_tenant and b.run_id = p_run and b.ns = p_ns
                        and b.channel = v.key and b.version = v.value
                ) blobs on true
                left join lateral (
                    select array_agg(w.task_id order by w.task_path, w.task_id, w.idx) tasks,
                        array_agg(w.channel order by w.task_path, w.task_id, w.idx) channels,
                        array_agg(w.type order by w.task_path, w.task_id, w.idx) types,
                        array_agg(w.body order by w.task_path, w.task_id, w.idx) bodies
                    from checkpoint_write w
                    where w.tenant_id = p_tenant and w.run_id = p_run and w.ns = p_ns
                        and w.checkpoint_id = c.checkpoint_id
                ) writes on true;
        end $$""",
}


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table in ("run", "run_part", "checkpoint", "checkpoint_blob", "checkpoint_write"):
        enable_rls(table)
    platform_policy("run", privileges="select")
    for signature, body in FUNCTIONS.items():
        head, _, code = body.strip().partition("as $$")
        op.execute(f"create function {signature} {head} language plpgsql as $${code}")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature.partition('(')[0]}")
    for table in ("checkpoint_write", "checkpoint_blob", "checkpoint", "run_part", "run"):
        op.execute(f"drop table {table}")
