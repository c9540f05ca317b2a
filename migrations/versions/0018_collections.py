"""Collections of documents, which hand their grants down, and are chosen to be asked. No level that does nothing."""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import disable_rls, enable_rls

revision = "0018_collections"
down_revision = "0017_speed"

TABLES = (
    """
    create table collection (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        name text not null,
        description text not null default '',
        visibility text not null default 'organization',
        created_by uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id),
        constraint collection_visibility check (visibility in ('organization', 'restricted'))
    )
    """,
    "create index collection_restricted on collection (tenant_id) where visibility = 'restricted'",
    """
    alter table document add column collection_id uuid,
        add constraint document_collection_fkey foreign key (tenant_id, collection_id)
            references collection (tenant_id, id) on delete set null (collection_id)
    """,
    "create index document_collection on document (tenant_id, collection_id) where collection_id is not null",
    """
    create table conversation_collection (
        tenant_id uuid not null,
        conversation_id uuid not null,
        collection_id uuid not null,
        primary key (tenant_id, conversation_id, collection_id),
        constraint conversation_collection_conversation_fkey foreign key (tenant_id, conversation_id)
            references conversation (tenant_id, id) on delete cascade,
        constraint conversation_collection_collection_fkey foreign key (tenant_id, collection_id)
            references collection (tenant_id, id) on delete cascade
    )
    """,
    "create index conversation_collection_chosen on conversation_collection (tenant_id, collection_id)",
)

FUNCTIONS = {
    "collection_access(p_tenant uuid, p_user uuid, p_collection uuid)": """
        returns table (rank integer, until timestamptz) language plpgsql stable
        as $$
        begin
            return query
                select greatest(case when c.created_by = p_user then 4 when c.visibility = 'organization' then 1 else 0 end,
                    a.rank), a.until
                from collection c, access_granted(p_tenant, p_user, 'collection', p_collection) a
                where c.tenant_id = p_tenant and c.id = p_collection;
        end $$""",
    # The collections that a person may see, and what they may do in each; 0 where it is only open to everybody. Not in SQL
    # itself: it is planned once, and not anew within each statement that joins it.
    "collections_seen(p_tenant uuid, p_user uuid)": """
        returns table (id uuid, rank integer) language plpgsql stable rows 20
        as $$
        #variable_conflict use_column
        begin
            return query
                select c.id, greatest(case when c.created_by = p_user then 4 else 0 end, coalesce(max(g.rank), 0))
                from collection c left join access_grants(p_tenant, p_user, 'collection') g on g.resource_id = c.id
                where c.tenant_id = p_tenant
                group by c.id, c.created_by, c.visibility
                having c.visibility = 'organization' or c.created_by = p_user or max(g.rank) > 0;
        end $$""",
    # The collections that a conversation asks, in one round trip; none: all documents.
    "chat_choice(p_tenant uuid, p_conversation uuid)": """
        returns uuid[] language plpgsql
        as $$
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return array(select k.collection_id from conversation_collection k
                where k.tenant_id = p_tenant and k.conversation_id = p_conversation);
        end $$""",
    # Binds the tenant and tells the version of who may see what, in the round trip that a unit of work begins with.
    "bind_tenant(p_tenant uuid)": """
        returns bigint language plpgsql
        as $$
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return coalesce((select v.version from access_version v where v.tenant_id = p_tenant), 0);
        end $$""",
}
# `limit 1` tells the planner what it does not know of a function: with a thousand rows each, it would compile its plan.
# What holds for a collection holds for its documents: who owns it or has a grant on it, and that it is restricted.
REPLACED = {
    "document_access(p_tenant uuid, p_user uuid, p_document uuid)": """
        returns table (rank integer, until timestamptz) language plpgsql stable
        as $$
        begin
            return query
                select greatest(
                        case when d.created_by = p_user or c.created_by = p_user then 4
                            when d.visibility = 'organization' and (c.id is null or c.visibility = 'organization')
                            then 1 else 0 end,
                        a.rank, b.rank),
                    least(a.until, b.until)
                from document d
                left join collection c on c.tenant_id = p_tenant and c.id = d.collection_id
                cross join lateral (
                    select g.rank, g.until from access_granted(p_tenant, p_user, 'document', p_document) g limit 1) a
                left join lateral (
                    select g.rank, g.until from access_granted(p_tenant, p_user, 'collection', c.id) g
                    where c.id is not null limit 1) b on true
                where d.tenant_id = p_tenant and d.id = p_document;
        end $$""",
    "documents_hidden_from(p_tenant uuid, p_user uuid)": """
        returns table (id uuid, chunk_count integer) language sql stable
        as $$
            select d.id, d.chunk_count from document d
            where d.tenant_id = p_tenant and d.visibility = 'restricted' and d.created_by <> p_user
                and d.id not in (select g.resource_id from access_grants(p_tenant, p_user, 'document') g)
                and (d.collection_id is null or d.collection_id not in (
                    select s.id from collections_seen(p_tenant, p_user) s where s.rank > 0))
            union
            select d.id, d.chunk_count from collection c
            join document d on d.tenant_id = p_tenant and d.collection_id = c.id
            where c.tenant_id = p_tenant and c.visibility = 'restricted' and c.created_by <> p_user
                and d.created_by <> p_user
                and c.id not in (select g.resource_id from access_grants(p_tenant, p_user, 'collection') g)
                and d.id not in (select g.resource_id from access_grants(p_tenant, p_user, 'document') g)
        $$""",
}


def _newest(*, granted: str, rank: str, within: str) -> str:
    """The newest documents that a person may see, by how it is known whether one is granted, and how far.

    `seen` are the collections that they see, `ranks_seen` how far they were let into each, `let_in` those above 0.
    """
    return f"""
        with page as materialized (
            select d.* from document d
            where d.tenant_id = p_tenant {within}
                and ((d.visibility = 'organization' and (d.collection_id is null or d.collection_id = any (seen)))
                    or d.created_by = p_user or d.collection_id = any (let_in) or {granted})
                and (p_in_state is null or d.state = p_in_state or (p_in_state = 'processing' and d.state = 'queued'))
                and (p_query is null or strpos(lower(d.name), lower(p_query)) > 0)
                and (d.created_at, d.id) < (coalesce(p_before_at, 'infinity'), coalesce(p_before_id, p_tenant))
            order by d.created_at desc, d.id desc limit p_limit)
        select d.id, d.name, v.file_type, v.size_bytes, d.state, d.stage, d.done, d.total, d.page_count, d.chunk_count,
            d.warnings, d.error_code, d.error_detail, d.error_remedy, d.created_by, d.visibility, d.created_at,
            d.updated_at,
            case when d.created_by = p_user then 4 else greatest(1, {rank},
                case when d.collection_id = any (let_in) then ranks_seen[array_position(seen, d.collection_id)] end) end,
            case when d.collection_id = any (seen) then d.collection_id end
        from page d
        join lateral (
            select v.file_type, v.size_bytes from document_version v
            where v.tenant_id = p_tenant and v.document_id = d.id order by v.number desc limit 1) v on true
        order by d.created_at desc, d.id desc
    """  # noqa: S608 # statements are put together from constants


_LOOKED_UP = "(select max(g.rank) from access_grants(p_tenant, p_user, 'document') g where g.resource_id = d.id)"
_COMPARED = "(select max(u.rank) from unnest(granted, ranks) u (id, rank) where u.id = d.id)"
_INSIDE = "and d.collection_id = p_collection and p_collection = any (seen)"
NEWEST = {
    # As before; which collections the person sees is read once, and one collection is read by its own index.
    "documents_newest(p_tenant uuid, p_user uuid, p_in_state text, p_query text, p_before_at timestamptz,"
    " p_before_id uuid, p_limit integer, p_collection uuid)": f"""
        returns table (id uuid, name text, file_type text, size_bytes bigint, state text, stage text, done integer,
            total integer, page_count integer, chunk_count integer, warnings text[], error_code text, error_detail text,
            error_remedy text, created_by uuid, visibility text, created_at timestamptz, updated_at timestamptz,
            rank integer, collection_id uuid)
        language plpgsql set plan_cache_mode = force_generic_plan
        as $$
        #variable_conflict use_column
        declare
            granted uuid[];
            ranks integer[];
            seen uuid[];
            ranks_seen integer[];
            let_in uuid[];
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            select array_agg(f.resource_id), array_agg(f.rank) into granted, ranks from (
                select g.resource_id, g.rank from access_grants(p_tenant, p_user, 'document') g limit 101) f;
            select array_agg(s.id), array_agg(s.rank), array_agg(s.id) filter (where s.rank > 0)
            into seen, ranks_seen, let_in from collections_seen(p_tenant, p_user) s;
            if p_collection is not null then
                return query {_newest(granted=f"{_LOOKED_UP} is not null", rank=_LOOKED_UP, within=_INSIDE)};
            elsif cardinality(granted) > 100 then
                return query {_newest(granted=f"{_LOOKED_UP} is not null", rank=_LOOKED_UP, within="")};
            else
                return query {_newest(granted="d.id = any (granted)", rank=_COMPARED, within="")};
            end if;
        end $$""",  # noqa: S608
}

WAY_IN = {
    # As before, within some collections or (null) in everything.
    "search_passages(p_tenant uuid, p_user uuid, p_question text, p_embedding halfvec, p_model text,"
    " p_limit integer, p_collections uuid[])": """
        returns table (chunk_id uuid, document_id uuid, document_name text, page integer, start_offset integer,
            end_offset integer, context text, content text, score double precision, similarity double precision,
            lexical double precision, matched text[], question_terms text[], question_weights double precision[])
        language plpgsql
        as $$
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query select * from search_chunks(p_user, p_question, p_embedding, p_model, p_limit, p_collections);
        end $$""",
}

# As before, and within the chosen collections when some are: null for all, and one that the person may not see is like
# one that is not there. Few passages are compared one by one; among many, the graph is walked past the others.
SEARCH = """
create function search_chunks(
    p_user uuid, p_question text, p_embedding halfvec, p_model text, p_limit integer,
    p_collections uuid[] default null)
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
    if p_collections is not null then
        select coalesce(array_agg(d.id), '{}'), coalesce(sum(d.chunk_count), 0) into shown, visible
        from document d where d.tenant_id = t and d.id <> all (hidden) and d.collection_id in (
            select s.id from collections_seen(t, p_user) s where s.id = any (p_collections));
    elsif hidden <> '{}' and visible <= 5000 then
        select coalesce(array_agg(d.id), '{}') into shown from document d where d.tenant_id = t and d.id <> all (hidden);
    end if;
    nearest := case
        when shown is not null and visible <= 5000
        then 'select x.chunk_id, x.d from (select e.chunk_id, e.embedding <=> $2 as d from chunk k
              join embedding_384 e on e.tenant_id = $1 and e.chunk_id = k.id and e.model = $3
              where k.tenant_id = $1 and k.document_id = any ($10) offset 0) x order by x.d limit 50'
        when shown is not null
        then 'select e.chunk_id, e.embedding <=> $2 as d from embedding_384 e
              where e.tenant_id = $1 and e.model = $3
                  and (select k.document_id from chunk k where k.tenant_id = $1 and k.id = e.chunk_id) = any ($10)
              order by e.embedding <=> $2 limit 50'
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
                    and ($10 is null or i.document_id = any ($10))
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

# The level to comment did nothing, and goes; who had it may view. Its rank stays free: what compares with 3 and 4 stays right.
LEVELS = "('view', 'edit', 'manage')"
RANK = "select case p_level when 'view' then 1 when 'edit' then 3 when 'manage' then 4 end"
WATCHED = {
    "collection": "update of visibility, created_by or delete",
    "document": "update of visibility, created_by, collection_id or delete",
}
OLD_SEARCH = "search_chunks(uuid, text, halfvec, text, integer)"
NEW_SEARCH = "search_chunks(uuid, text, halfvec, text, integer, uuid[])"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("collection")
    enable_rls("conversation_collection", privileges="select, insert, delete")
    op.execute("create policy collection_search on collection for select to chatter_search using (true)")
    op.execute("grant select on collection to chatter_search")
    for signature, body in FUNCTIONS.items():
        op.execute(f"create function {signature} {body}")
    for signature, body in REPLACED.items():
        op.execute(f"create or replace function {signature} {body}")
    _replace(_earlier("0017_speed").FUNCTIONS, {**NEWEST, **WAY_IN})
    op.execute("alter table resource_grant drop constraint resource_grant_level")
    _on_grants("update resource_grant set level = 'view' where level = 'comment'")
    op.execute(f"alter table resource_grant add constraint resource_grant_level check (level in {LEVELS})")
    _replace_rank(f"as $$ {RANK} $$")
    op.execute("drop trigger document_access on document")
    for table, acts in WATCHED.items():
        _watch(table, acts)
    op.execute(
        "create trigger collection_grants after delete on collection "
        "for each row execute function forget_grants('collection')"
    )
    _replace_search(OLD_SEARCH, SEARCH, NEW_SEARCH)


def downgrade() -> None:
    rbac = _earlier("0012_rbac")
    _replace({**NEWEST, **WAY_IN}, _earlier("0017_speed").FUNCTIONS)
    _replace_search(NEW_SEARCH, rbac.SEARCH, OLD_SEARCH)
    for signature in REPLACED:
        op.execute(f"create or replace function {signature} {rbac.FUNCTIONS[signature]}")
    op.execute("drop trigger document_access on document")
    _watch("document", rbac.WATCHED["document"])
    op.execute("drop table conversation_collection")
    op.execute("alter table document drop column collection_id")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature.partition('(')[0]}")
    _on_grants("delete from resource_grant where resource_kind = 'collection'")
    op.execute("alter table resource_grant drop constraint resource_grant_level")
    op.execute(
        "alter table resource_grant add constraint resource_grant_level "
        "check (level in ('view', 'comment', 'edit', 'manage'))"
    )
    _replace_rank(rbac.FUNCTIONS["access_rank(p_level text)"].partition("parallel safe")[2])
    op.execute("drop table collection")


def _replace(old: dict[str, str], new: dict[str, str]) -> None:
    for signature in old:
        op.execute(f"drop function {signature.partition('(')[0]}")
    for signature, body in new.items():
        op.execute(f"create function {signature} {body}")


def _on_grants(change: str) -> None:
    disable_rls("resource_grant")
    op.execute(change)
    op.execute("set constraints all immediate")  # no table changes while a trigger of its rows waits
    op.execute("alter table resource_grant force row level security")


def _replace_rank(body: str) -> None:
    op.execute(
        f"create or replace function access_rank(p_level text) returns integer language sql immutable parallel safe {body}"
    )


def _watch(table: str, acts: str) -> None:
    op.execute(
        f"create constraint trigger {table}_access after {acts} on {table} deferrable initially deferred "
        "for each row execute function access_changed()"
    )


def _replace_search(old: str, definition: str, new: str) -> None:
    op.execute(f"drop function {old}")
    op.execute("select '[1]'::vector")  # loads the extension, which makes its settings known to the next statement
    op.execute(definition)
    op.execute(f"alter function {new} owner to chatter_search")
    op.execute(f"revoke all on function {new} from public")
    op.execute(f"grant execute on function {new} to chatter_app")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
