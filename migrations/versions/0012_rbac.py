"""Roles of an organisation's own, grants on single things, and the version by which every process learns of a change."""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import disable_rls, enable_rls, grant_identity

revision = "0012_rbac"
down_revision = "0011_domains"

BUILT_IN = "role in ('owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor')"

TABLES = (
    """
    create table role (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        name text not null,
        description text not null default '',
        created_by uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id)
    )
    """,
    "create unique index role_name on role (tenant_id, lower(name))",
    """
    create table role_permission (
        tenant_id uuid not null,
        role_id uuid not null,
        permission text not null,
        primary key (tenant_id, role_id, permission),
        foreign key (tenant_id, role_id) references role (tenant_id, id) on delete cascade
    )
    """,
    # A membership names its role in one word. The id within that word is a column of its own, so that a foreign key with
    # the tenant in it holds it: a role that is given to somebody can't go, and another organisation's can't be given.
    "alter table membership drop constraint membership_role",
    f"alter table membership add constraint membership_role check ({BUILT_IN} or role ~ '^custom:[0-9a-f-]{{36}}$')",
    """
    alter table membership add column role_id uuid
        generated always as (case when role like 'custom:%' then substr(role, 8)::uuid end) stored
    """,
    """
    alter table membership add constraint membership_custom_role foreign key (tenant_id, role_id)
        references role (tenant_id, id)
    """,
    "create index membership_of_role on membership (tenant_id, role_id) where role_id is not null",
    """
    create table access_version (
        tenant_id uuid primary key references organization (tenant_id) on delete cascade,
        version bigint not null default 1,
        changed_at timestamptz not null default now()
    )
    """,
    """
    create table access_policy (
        tenant_id uuid primary key references organization (tenant_id) on delete cascade,
        admins_read_conversations boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
    )
    """,
    # Whom a grant is for is one column to the API and two foreign keys to the database.
    """
    create table resource_grant (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        resource_kind text not null,
        resource_id uuid not null,
        subject_kind text not null,
        subject_id uuid,
        level text not null,
        expires_at timestamptz,
        granted_by uuid not null,
        created_at timestamptz not null default now(),
        user_id uuid generated always as (case when subject_kind = 'user' then subject_id end) stored,
        team_id uuid generated always as (case when subject_kind = 'team' then subject_id end) stored,
        primary key (tenant_id, id),
        constraint resource_grant_subject_kind check (subject_kind in ('user', 'team', 'everyone')),
        constraint resource_grant_subject check ((subject_kind = 'everyone') = (subject_id is null)),
        constraint resource_grant_level check (level in ('view', 'comment', 'edit', 'manage')),
        constraint resource_grant_once unique nulls not distinct
            (tenant_id, resource_kind, resource_id, subject_kind, subject_id),
        foreign key (tenant_id, user_id) references membership (tenant_id, user_id) on delete cascade,
        foreign key (tenant_id, team_id) references team (tenant_id, id) on delete cascade
    )
    """,
    "create index resource_grant_subject_resources on resource_grant (tenant_id, subject_id, resource_kind)",
    "create index resource_grant_user on resource_grant (tenant_id, user_id) where user_id is not null",
    "create index resource_grant_team on resource_grant (tenant_id, team_id) where team_id is not null",
    """
    alter table document add column visibility text not null default 'organization',
        add constraint document_visibility check (visibility in ('organization', 'restricted'))
    """,
    "create index document_restricted on document (tenant_id) where visibility = 'restricted'",
    # Who read somebody's conversation as an administrator: a few rows, asked for whenever its owner opens it.
    """
    create index audit_event_reading on audit_event (tenant_id, target)
        where action = 'chat:conversation:read_by_administrator'
    """,
    # Who may not see a document must be able to add the same bytes: they are kept once for each circle of readers.
    "alter table document_version drop constraint document_version_content",
    "create index document_version_content on document_version (tenant_id, sha256)",
)

# At the end of the transaction, once, whatever it changed: the version moves with the change and never without it, and
# the word goes out with the commit. It runs as chatter_identity because an invitation is accepted before a tenant is
# bound; the lock on the version comes last and can't meet another.
CHANGED = """
create function access_changed() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    t uuid := case when tg_op = 'DELETE' then old.tenant_id else new.tenant_id end;
    mark text := pg_current_xact_id()::text || t;
begin
    if current_setting('app.access_changed', true) is distinct from mark then
        perform set_config('app.access_changed', mark, true);
        insert into access_version as v (tenant_id)
            select t where exists (select from organization o where o.tenant_id = t)
        on conflict (tenant_id) do update set version = v.version + 1, changed_at = now();
        perform pg_notify('access_changed', t::text);
    end if;
    return null;
end $$
"""
WATCHED = {
    "role": "insert or update or delete",
    "role_permission": "insert or delete",
    "membership": "insert or delete or update of role",
    "team_member": "insert or delete",
    "access_policy": "insert or update",
    "resource_grant": "insert or update or delete",
    "document": "update of visibility, created_by or delete",
    "conversation": "update of owner_id or delete",
}
KINDS = ("document", "conversation")

FUNCTIONS = {
    "access_rank(p_level text)": """
        returns integer language sql immutable parallel safe
        as $$ select array_position(array['view', 'comment', 'edit', 'manage'], p_level) $$""",
    # Everything that is granted to a person, to a team of theirs or to everybody, and has not expired.
    "access_grants(p_tenant uuid, p_user uuid, p_kind text)": """
        returns table (resource_id uuid, rank integer, expires_at timestamptz) language sql stable
        as $$
            select g.resource_id, access_rank(g.level), g.expires_at from resource_grant g
            where g.tenant_id = p_tenant and g.subject_id is null and g.resource_kind = p_kind
                and (g.expires_at is null or g.expires_at > now())
            union all
            select g.resource_id, access_rank(g.level), g.expires_at
            from (select 'user' as kind, p_user as id
                  union all
                  select 'team', m.team_id from team_member m where m.tenant_id = p_tenant and m.user_id = p_user) s
            join resource_grant g on g.tenant_id = p_tenant and g.subject_id = s.id and g.subject_kind = s.kind
                and g.resource_kind = p_kind and (g.expires_at is null or g.expires_at > now())
        $$""",
    # The same for one thing, by its own index: as many reads as the person has teams, however many grants there are.
    "access_granted(p_tenant uuid, p_user uuid, p_kind text, p_resource uuid)": """
        returns table (rank integer, until timestamptz) language plpgsql stable
        as $$
        begin
            return query
                select coalesce(max(access_rank(g.level)), 0), min(g.expires_at)
                from (select 'everyone' as kind, null::uuid as id
                      union all select 'user', p_user
                      union all select 'team', m.team_id from team_member m
                          where m.tenant_id = p_tenant and m.user_id = p_user) s
                cross join lateral (
                    select o.level, o.expires_at from resource_grant o
                    where s.id is not null and o.tenant_id = p_tenant and o.resource_kind = p_kind
                        and o.resource_id = p_resource and o.subject_kind = s.kind and o.subject_id = s.id
                    union all
                    select e.level, e.expires_at from resource_grant e
                    where s.id is null and e.tenant_id = p_tenant and e.resource_kind = p_kind
                        and e.resource_id = p_resource and e.subject_kind = 'everyone' and e.subject_id is null) g
                where g.expires_at is null or g.expires_at > now();
        end $$""",
    # What a person may do with a document: 0 nothing, 1 view, 2 comment, 3 edit, 4 manage. No row: no such document.
    "document_access(p_tenant uuid, p_user uuid, p_document uuid)": """
        returns table (rank integer, until timestamptz) language plpgsql stable
        as $$
        begin
            return query
                select greatest(case when d.created_by = p_user then 4 when d.visibility = 'organization' then 1 else 0 end,
                    a.rank), a.until
                from document d, access_granted(p_tenant, p_user, 'document', p_document) a
                where d.tenant_id = p_tenant and d.id = p_document;
        end $$""",
    "conversation_access(p_tenant uuid, p_user uuid, p_conversation uuid)": """
        returns table (rank integer, until timestamptz) language plpgsql stable
        as $$
        begin
            return query
                select greatest(case when c.owner_id = p_user then 4 else 0 end, a.rank), a.until
                from conversation c, access_granted(p_tenant, p_user, 'conversation', p_conversation) a
                where c.tenant_id = p_tenant and c.id = p_conversation;
        end $$""",
    # One round trip, asked once a second for each organisation that is busy; 0 where nothing has changed yet.
    "access_version_of(p_tenant uuid)": """
        returns bigint language plpgsql
        as $$
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return coalesce((select v.version from access_version v where v.tenant_id = p_tenant), 0);
        end $$""",
    # The documents that a person may not see: few, or none, in most organisations.
    "documents_hidden_from(p_tenant uuid, p_user uuid)": """
        returns table (id uuid, chunk_count integer) language sql stable
        as $$
            select d.id, d.chunk_count from document d
            where d.tenant_id = p_tenant and d.visibility = 'restricted' and d.created_by <> p_user
                and d.id not in (select g.resource_id from access_grants(p_tenant, p_user, 'document') g)
        $$""",
    "forget_grants()": """
        returns trigger language plpgsql
        as $$
        begin
            delete from resource_grant g where g.tenant_id = old.tenant_id and g.resource_kind = tg_argv[0]
                and g.resource_id = old.id;
            return null;
        end $$""",
}

# As before, and only among what the person may see: a passage of a hidden document is neither found by its words nor by
# its meaning. When little is left, its vectors are compared one by one; else the graph is walked past the hidden ones.
SEARCH = """
create function search_chunks(p_user uuid, p_question text, p_embedding halfvec, p_model text, p_limit integer)
returns table (
    chunk_id uuid, document_id uuid, document_name text, page integer, start_offset integer, end_offset integer,
    context text, content text, score double precision, similarity double precision, lexical double precision,
    matched text[], question_terms text[], question_weights double precision[]
)
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '150'
set hnsw.max_scan_tuples = '40000'
set jit = 'off'
as $$
declare
    t uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    n integer;
    hidden uuid[];
    shown uuid[];
    visible integer;
    lexemes text[];
    weights double precision[];
    singles tsquery[];
    finding integer;
    nearest text;
begin
    if t is null or p_user is null then
        raise exception 'no tenant is bound, or nobody asks' using errcode = 'insufficient_privilege';
    end if;
    select s.chunks into n from search_statistic s where s.tenant_id = t;
    n := greatest(coalesce(n, 0), 1);
    select coalesce(array_agg(h.id), '{}'), n - coalesce(sum(h.chunk_count), 0) into hidden, visible
    from documents_hidden_from(t, p_user) h;
    select array_agg(w.lexeme order by w.df, w.lexeme),
           array_agg(ln(1 + (n - least(w.df, n) + 0.5) / (least(w.df, n) + 0.5)) order by w.df, w.lexeme),
           array_agg(w.single::tsquery order by w.df, w.lexeme),
           count(*) filter (where w.found_before = 0 or w.found_before + w.df <= 3000)
    into lexemes, weights, singles, finding
    from (
        select q.lexeme, coalesce(s.chunks, 1) as df,
               '''' || replace(replace(q.lexeme, '\\', '\\\\'), '''', '''''') || '''' as single,
               coalesce(sum(coalesce(s.chunks, 1)) over (
                   order by coalesce(s.chunks, 1), q.lexeme rows between unbounded preceding and 1 preceding), 0) as found_before
        from (select u.lexeme from unnest(search_terms(p_question)) u limit 64) q
        left join term_statistic s on s.tenant_id = t and s.term = q.lexeme
    ) w;
    if hidden <> '{}' and visible <= 5000 then
        select coalesce(array_agg(d.id), '{}') into shown from document d where d.tenant_id = t and d.id <> all (hidden);
    end if;
    nearest := case
        when shown is not null
        then 'select x.chunk_id, x.d from (select e.chunk_id, e.embedding <=> $2 as d from chunk k
              join embedding_384 e on e.tenant_id = $1 and e.chunk_id = k.id and e.model = $3
              where k.tenant_id = $1 and k.document_id = any ($10) offset 0) x order by x.d limit 50'
        when n <= 5000
        then 'select x.chunk_id, x.d from (select e.chunk_id, e.embedding <=> $2 as d from embedding_384 e
              where e.tenant_id = $1 and e.model = $3 offset 0) x order by x.d limit 50'
        when hidden = '{}'
        then 'select e.chunk_id, e.embedding <=> $2 as d from embedding_384 e
              where e.tenant_id = $1 and e.model = $3 order by e.embedding <=> $2 limit 50'
        else 'select e.chunk_id, e.embedding <=> $2 as d from embedding_384 e
              where e.tenant_id = $1 and e.model = $3
                  and (select k.document_id from chunk k where k.tenant_id = $1 and k.id = e.chunk_id) <> all ($9)
              order by e.embedding <=> $2 limit 50' end;
    return query execute format($query$
        with by_meaning as materialized (
            select v.chunk_id as id, row_number() over (order by v.d, v.chunk_id) as r from (%s) v),
        found as materialized (
            select p.id from unnest($5, $6) with ordinality u (single, weight, position)
            cross join lateral (
                select i.id from chunk i where i.tenant_id = $1 and i.terms @@ u.single and i.document_id <> all ($9)
                limit 4000) p
            where u.position <= $4
            group by p.id order by sum(u.weight) desc, p.id limit 120),
        by_words as materialized (
            select w.id, w.s, row_number() over (order by w.s desc, w.id) as r from (
                select c.id, (select sum(u.weight * ts_rank(c.terms, u.single)) from unnest($5, $6) u (single, weight)) as s
                from found n join chunk c on c.tenant_id = $1 and c.id = n.id
                order by s desc limit 50) w),
        fused as materialized (
            select a.id, sum(a.part) as score from (
                select m.id, 1.0 / (10 + m.r) as part from by_meaning m
                union all select w.id, 2.0 / (10 + w.r) from by_words w) a
            group by a.id order by score desc, a.id limit $8)
        select c.id, c.document_id, d.name, c.page, c.start_offset, c.end_offset, c.context, c.text,
               f.score::double precision, 1 - (e.embedding <=> $2), coalesce(w.s, 0)::double precision,
               array(select u.lexeme from unnest($7, $5) u (lexeme, single) where c.terms @@ u.single), $7, $6
        from fused f
        join chunk c on c.tenant_id = $1 and c.id = f.id
        join document d on d.tenant_id = $1 and d.id = c.document_id
        left join embedding_384 e on e.tenant_id = $1 and e.chunk_id = f.id and e.model = $3
        left join by_words w on w.id = f.id
        where c.document_id <> all ($9)
        order by f.score desc, f.id
    $query$, nearest)
    using t, p_embedding::halfvec(384), p_model, finding, singles, weights, lexemes, p_limit, hidden, shown;
end $$
"""

# As before for its owner, and for whoever it is shared with; sources that this reader may not see are left out.
MESSAGES = """
create function chat_messages(p_tenant uuid, p_user uuid, p_conversation uuid, p_before uuid, p_limit integer)
returns text language plpgsql
as $$
        declare found_conversation conversation; first_id uuid; result text; hidden uuid[];
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            if coalesce((select a.rank from conversation_access(p_tenant, p_user, p_conversation) a), 0) < 1 then
                return null;
            end if;
            select * into found_conversation from conversation where tenant_id = p_tenant and id = p_conversation;
            select coalesce(array_agg(h.id), '{}') into hidden from documents_hidden_from(p_tenant, p_user) h;
            first_id := found_conversation.active_leaf_id;
            if p_before is not null then
                select parent_id into first_id from message
                where tenant_id = p_tenant and id = p_before and conversation_id = p_conversation;
            end if;
            with recursive path as (
                select m.*, 1 as depth from message m where m.tenant_id = p_tenant and m.id = first_id
                union all
                select m.*, path.depth + 1 from path join message m on m.tenant_id = p_tenant and m.id = path.parent_id
                where path.depth < p_limit
            )
            select coalesce(json_agg(json_build_object(
                'id', path.id, 'conversation_id', path.conversation_id,
                'parent_id', coalesce(path.parent_id, path.conversation_id), 'role', path.role, 'state', path.state,
                'outcome', path.outcome, 'run_id', path.run_id, 'model', path.model,
                'usage', case when path.output_tokens is not null then json_build_object(
                    'input_tokens', path.input_tokens, 'output_tokens', path.output_tokens, 'model', path.model) end,
                'error', case when path.error_code is not null then json_build_object(
                    'code', path.error_code, 'message', path.error_message, 'remedy', path.error_remedy,
                    'request_id', path.request_id) end,
                'created_at', path.created_at, 'finished_at', path.finished_at,
                'text', coalesce((select string_agg(p.text, E'\\n\\n' order by p.position) from message_part p
                    where p.tenant_id = p_tenant and p.message_id = path.id and p.kind <> 'passages'), ''),
                'passages', coalesce((select json_agg(json_build_object(
                        'n', s.n, 'chunk_id', s.chunk_id, 'document_id', s.document_id,
                        'document_name', s.document_name, 'page', s.page, 'text', coalesce(k.text, ''),
                        'score', s.score) order by s.n)
                    from message_passage s
                    left join chunk k on k.tenant_id = p_tenant and k.id = s.chunk_id
                    where s.tenant_id = p_tenant and s.message_id = path.id
                        and (s.document_id is null or s.document_id <> all (hidden))), '[]'::json),
                'citations', coalesce((select json_agg(json_build_object(
                        'n', c.n, 'chunk_id', c.chunk_id, 'document_id', c.document_id,
                        'document_name', c.document_name, 'page', c.page, 'start', c.start_offset,
                        'end', c.end_offset, 'quote', c.quote) order by c.position)
                    from citation c where c.tenant_id = p_tenant and c.message_id = path.id
                        and (c.document_id is null or c.document_id <> all (hidden))), '[]'::json)
            ) order by path.depth desc), '[]'::json)::text into result from path;
            return result;
        end $$
"""

OLD_SEARCH = "search_chunks(text, halfvec, text, integer)"
NEW_SEARCH = "search_chunks(uuid, text, halfvec, text, integer)"
CHAT_MESSAGES = "chat_messages(uuid, uuid, uuid, uuid, integer)"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table in ("role", "resource_grant"):
        enable_rls(table)
    enable_rls("role_permission", privileges="select, insert, delete")
    enable_rls("access_policy", privileges="select, insert, update")
    enable_rls("access_version", privileges="select")
    grant_identity("access_version", privileges="select, insert, update")
    for table in ("resource_grant", "team_member"):
        op.execute(f"create policy {table}_search on {table} for select to chatter_search using (true)")
        op.execute(f"grant select on {table} to chatter_search")
    for signature, body in FUNCTIONS.items():
        op.execute(f"create function {signature} {body}")
    _watch()
    op.execute(f"drop function {OLD_SEARCH}")
    op.execute("select '[1]'::vector")  # loads the extension, which makes its settings known to the next statement
    op.execute(SEARCH)
    _hand_to_search(NEW_SEARCH)
    op.execute(f"drop function {CHAT_MESSAGES}")
    op.execute(MESSAGES)


def _watch() -> None:
    op.execute(CHANGED)
    for table, acts in WATCHED.items():
        op.execute(
            f"create constraint trigger {table}_access after {acts} on {table} deferrable initially deferred "
            "for each row execute function access_changed()"
        )
    op.execute("alter function access_changed() owner to chatter_identity")
    op.execute("revoke all on function access_changed() from public")
    for kind in KINDS:
        op.execute(
            f"create trigger {kind}_grants after delete on {kind} for each row execute function forget_grants('{kind}')"
        )


def _hand_to_search(signature: str) -> None:
    op.execute(f"alter function {signature} owner to chatter_search")
    op.execute(f"revoke all on function {signature} from public")
    op.execute(f"grant execute on function {signature} to chatter_app")


def downgrade() -> None:
    documents, chat = (_earlier(name) for name in ("0004_documents", "0006_chat"))
    op.execute(f"drop function {CHAT_MESSAGES}")
    signature, body = next(item for item in chat.FUNCTIONS.items() if item[0].startswith("chat_messages("))
    head, _, code = body.strip().partition("as $$")
    op.execute(f"create function {signature} {head} language plpgsql as $${code}")
    op.execute(f"drop function {NEW_SEARCH}")
    op.execute("select '[1]'::vector")
    op.execute(documents.SEARCH)
    op.execute(f"alter function {OLD_SEARCH} set hnsw.ef_search = '150'")
    _hand_to_search(OLD_SEARCH)
    for table in WATCHED:
        op.execute(f"drop trigger {table}_access on {table}")
    for kind in KINDS:
        op.execute(f"drop trigger {kind}_grants on {kind}")
    op.execute("drop function access_changed()")
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature.partition('(')[0]}")
    op.execute("drop index audit_event_reading")
    op.execute("drop policy team_member_search on team_member")
    op.execute("revoke select on team_member from chatter_search")
    op.execute("alter table document drop column visibility")
    op.execute("drop index document_version_content")
    op.execute("alter table document_version add constraint document_version_content unique (tenant_id, sha256)")
    op.execute("alter table membership drop column role_id, drop constraint membership_role")
    disable_rls("membership")
    op.execute("update membership set role = 'viewer' where role like 'custom:%'")
    op.execute("alter table membership force row level security")
    for table in ("resource_grant", "access_policy", "access_version", "role_permission", "role"):
        op.execute(f"drop table {table}")
    op.execute(f"alter table membership add constraint membership_role check ({BUILT_IN})")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
