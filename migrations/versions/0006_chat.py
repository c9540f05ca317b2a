"""Conversations: trees of messages with typed parts, passages and citations, and the functions of the hot path."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0006_chat"
down_revision = "0005_runs"

TABLES = (
    """
    create table conversation (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        owner_id uuid not null references app_user (id) on delete cascade,
        title text not null default '',
        active_leaf_id uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id)
    )
    """,
    "create index conversation_recent on conversation (tenant_id, owner_id, updated_at desc, id desc)",
    "create index conversation_owner on conversation (owner_id)",
    """
    create table message (
        tenant_id uuid not null,
        id uuid not null,
        conversation_id uuid not null,
        parent_id uuid,
        role text not null,
        state text not null,
        outcome text,
        model text,
        model_id uuid,
        input_tokens integer,
        output_tokens integer,
        run_id uuid,
        request_id text not null,
        error_code text,
        error_message text,
        error_remedy text,
        idempotency_key text,
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        primary key (tenant_id, id),
        constraint message_role check (role in ('user', 'assistant')),
        constraint message_state check (state in ('complete', 'streaming', 'incomplete', 'failed', 'cancelled')),
        constraint message_outcome check (outcome in ('answered', 'no_evidence', 'cancelled')),
        constraint message_conversation_fkey foreign key (tenant_id, conversation_id)
            references conversation (tenant_id, id) on delete cascade,
        constraint message_parent_fkey foreign key (tenant_id, parent_id)
            references message (tenant_id, id) on delete cascade,
        constraint message_run_fkey foreign key (tenant_id, run_id)
            references run (tenant_id, id) on delete set null (run_id)
    )
    """,
    "create index message_conversation on message (tenant_id, conversation_id)",
    "create index message_parent on message (tenant_id, parent_id)",
    "create index message_run on message (tenant_id, run_id)",
    "create index message_created on message (tenant_id, created_at)",
    """
    create unique index message_idempotency on message (tenant_id, conversation_id, idempotency_key)
        where idempotency_key is not null
    """,
    """
    alter table conversation add constraint conversation_active_leaf_fkey foreign key (tenant_id, active_leaf_id)
        references message (tenant_id, id) on delete set null (active_leaf_id)
    """,
    "create index conversation_active_leaf on conversation (tenant_id, active_leaf_id)",
    """
    create table message_part (
        tenant_id uuid not null,
        message_id uuid not null,
        position integer not null,
        kind text not null,
        text text not null default '',
        primary key (tenant_id, message_id, position),
        constraint message_part_kind check (kind in ('text', 'passages', 'notice')),
        constraint message_part_message_fkey foreign key (tenant_id, message_id)
            references message (tenant_id, id) on delete cascade
    )
    """,
    # The text of a passage stays with its document; a citation keeps what it quoted.
    """
    create table message_passage (
        tenant_id uuid not null,
        message_id uuid not null,
        n integer not null,
        chunk_id uuid,
        document_id uuid,
        document_name text not null,
        page integer,
        score double precision not null,
        primary key (tenant_id, message_id, n),
        constraint message_passage_message_fkey foreign key (tenant_id, message_id)
            references message (tenant_id, id) on delete cascade,
        constraint message_passage_chunk_fkey foreign key (tenant_id, chunk_id)
            references chunk (tenant_id, id) on delete set null (chunk_id),
        constraint message_passage_document_fkey foreign key (tenant_id, document_id)
            references document (tenant_id, id) on delete set null (document_id)
    )
    """,
    "create index message_passage_chunk on message_passage (tenant_id, chunk_id)",
    "create index message_passage_document on message_passage (tenant_id, document_id)",
    """
    create table citation (
        tenant_id uuid not null,
        message_id uuid not null,
        position integer not null,
        n integer not null,
        chunk_id uuid,
        document_id uuid,
        document_name text not null,
        page integer,
        start_offset integer not null,
        end_offset integer not null,
        quote text not null,
        primary key (tenant_id, message_id, position),
        constraint citation_span check (start_offset >= 0 and end_offset > start_offset),
        constraint citation_message_fkey foreign key (tenant_id, message_id)
            references message (tenant_id, id) on delete cascade,
        constraint citation_chunk_fkey foreign key (tenant_id, chunk_id)
            references chunk (tenant_id, id) on delete set null (chunk_id),
        constraint citation_document_fkey foreign key (tenant_id, document_id)
            references document (tenant_id, id) on delete set null (document_id)
    )
    """,
    "create index citation_chunk on citation (tenant_id, chunk_id)",
    "create index citation_document on citation (tenant_id, document_id)",
)

# They bind the tenant themselves, so that a call is one round trip, and run with the caller's rights: policies hold.
FUNCTIONS = {
    "chat_conversations(p_tenant uuid, p_owner uuid, p_query text, p_before_at timestamptz, p_before_id uuid,"
    " p_limit integer)": """
        returns table (id uuid, title text, created_at timestamptz, updated_at timestamptz) as $$
        #variable_conflict use_column
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query select c.id, c.title, c.created_at, c.updated_at from conversation c
            where c.tenant_id = p_tenant and c.owner_id = p_owner
                and (p_before_at is null or (c.updated_at, c.id) < (p_before_at, p_before_id))
                and (p_query is null or position(lower(p_query) in lower(c.title)) > 0)
            order by c.updated_at desc, c.id desc limit p_limit;
        end $$""",
    # The path from the active leaf (or from before a message) towards the root, oldest first, as JSON.
    # Null: no such conversation of this person.
    "chat_messages(p_tenant uuid, p_owner uuid, p_conversation uuid, p_before uuid, p_limit integer)": """
        returns text as $$
        declare found_conversation conversation; first_id uuid; result text;
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            select * into found_conversation from conversation
            where tenant_id = p_tenant and id = p_conversation and owner_id = p_owner;
            if not found then
                return null;
            end if;
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
                    where s.tenant_id = p_tenant and s.message_id = path.id), '[]'::json),
                'citations', coalesce((select json_agg(json_build_object(
                        'n', c.n, 'chunk_id', c.chunk_id, 'document_id', c.document_id,
                        'document_name', c.document_name, 'page', c.page, 'start', c.start_offset,
                        'end', c.end_offset, 'quote', c.quote) order by c.position)
                    from citation c where c.tenant_id = p_tenant and c.message_id = path.id), '[]'::json)
            ) order by path.depth desc), '[]'::json)::text into result from path;
            return result;
        end $$""",
    # What was said before a question, newest first: complete questions and answered answers.
    "chat_history(p_tenant uuid, p_from uuid, p_limit integer)": """
        returns table (role text, text text) as $$
        #variable_conflict use_column
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query
                with recursive path as (
                    select m.id, m.parent_id, m.role, m.outcome, 1 as depth from message m
                    where m.tenant_id = p_tenant and m.id = p_from
                    union all
                    select m.id, m.parent_id, m.role, m.outcome, path.depth + 1
                    from path join message m on m.tenant_id = p_tenant and m.id = path.parent_id
                    where path.depth < p_limit
                )
                select path.role, p.text from path
                join message_part p on p.tenant_id = p_tenant and p.message_id = path.id and p.kind = 'text'
                where path.role = 'user' or path.outcome = 'answered'
                order by path.depth, p.position desc;
        end $$""",
    # Question, empty answer, run, audit row and event in one transaction and one round trip. `verdict` says what came
    # of it: opened, replayed (this key has its turn already), clash (the key belongs to another question), missing,
    # bad_parent, busy (the last answer is still being written).
    "chat_open_turn(p_tenant uuid, p_owner uuid, p_conversation uuid, p_parent uuid, p_key text, p_question text,"
    " p_title text, p_question_id uuid, p_answer_id uuid, p_run_id uuid, p_model text, p_model_id uuid,"
    " p_lease_owner text, p_lease_seconds integer, p_request_id text, p_role text, p_session uuid, p_action text,"
    " p_audit_id uuid, p_event_id uuid, p_event text, p_payload text)": """
        returns table (verdict text, question_id uuid, answer_id uuid, run_id uuid, parent_id uuid) as $$
        #variable_conflict use_column
        declare found_conversation conversation; follows message; follows_id uuid; found_text text;
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            select * into found_conversation from conversation c
            where c.tenant_id = p_tenant and c.id = p_conversation and c.owner_id = p_owner for update;
            if not found then
                return query select 'missing', null::uuid, null::uuid, null::uuid, null::uuid;
                return;
            end if;
            if p_key is not null then
                select q.id, a.id, a.run_id, q.parent_id, p.text
                into question_id, answer_id, run_id, parent_id, found_text
                from message q
                join message_part p on p.tenant_id = p_tenant and p.message_id = q.id and p.kind = 'text'
                join message a on a.tenant_id = p_tenant and a.parent_id = q.id
                where q.tenant_id = p_tenant and q.conversation_id = p_conversation and q.idempotency_key = p_key
                order by a.created_at limit 1;
                if found then
                    verdict := case when found_text = p_question then 'replayed' else 'clash' end;
                    return next;
                    return;
                end if;
            end if;
            follows_id := case when p_parent is null then found_conversation.active_leaf_id
                when p_parent = p_conversation then null else p_parent end;
            if follows_id is not null then
                select * into follows from message m
                where m.tenant_id = p_tenant and m.id = follows_id and m.conversation_id = p_conversation;
                if not found or follows.role <> 'assistant' or follows.state = 'streaming' then
                    verdict := case when follows.state = 'streaming' then 'busy' else 'bad_parent' end;
                    return next;
                    return;
                end if;
            end if;
            verdict := 'opened';
            question_id := p_question_id;
            answer_id := p_answer_id;
            run_id := p_run_id;
            parent_id := follows_id;
            perform run_open(p_tenant, p_run_id, 'chat.turn', p_answer_id, p_owner, p_lease_owner, p_lease_seconds,
                p_request_id);
            insert into message (tenant_id, id, conversation_id, parent_id, role, state, request_id, idempotency_key,
                finished_at)
            values (p_tenant, p_question_id, p_conversation, follows_id, 'user', 'complete', p_request_id, p_key, now());
            insert into message (tenant_id, id, conversation_id, parent_id, role, state, model, model_id, run_id,
                request_id)
            values (p_tenant, p_answer_id, p_conversation, p_question_id, 'assistant', 'streaming', p_model, p_model_id,
                p_run_id, p_request_id);
            insert into message_part (tenant_id, message_id, position, kind, text)
            values (p_tenant, p_question_id, 0, 'text', p_question);
            update conversation c set active_leaf_id = p_answer_id, updated_at = now(),
                title = case when c.title = '' then p_title else c.title end
            where c.tenant_id = p_tenant and c.id = p_conversation;
            insert into audit_event (tenant_id, id, actor_id, actor_role, session_id, request_id, action, target)
            values (p_tenant, p_audit_id, p_owner, p_role, p_session, p_request_id, p_action, p_answer_id);
            insert into outbox (tenant_id, id, name, payload) values (p_tenant, p_event_id, p_event, p_payload);
            return next;
        end $$""",
    # The answer, its sources, its run's end and the event in one transaction, under the run's fence.
    "chat_close_turn(p_tenant uuid, p_run uuid, p_fence bigint, p_run_state text, p_error_code text,"
    " p_error_message text, p_error_remedy text, p_firsts integer[], p_lasts integer[], p_frames bytea[],"
    " p_answer uuid, p_state text, p_outcome text, p_text text, p_text_kind text, p_input_tokens integer,"
    " p_output_tokens integer, s_n integer[], s_chunk uuid[], s_document uuid[], s_name text[], s_page integer[],"
    " s_score double precision[], c_n integer[], c_start integer[], c_end integer[], c_quote text[],"
    " p_event_id uuid, p_event text, p_payload text)": """
        returns boolean as $$
        begin
            if not run_close(p_tenant, p_run, p_fence, p_run_state, p_error_code, p_error_message, p_error_remedy,
                p_firsts, p_lasts, p_frames) then
                return false;
            end if;
            update message set state = p_state, outcome = p_outcome, input_tokens = p_input_tokens,
                output_tokens = p_output_tokens, error_code = p_error_code, error_message = p_error_message,
                error_remedy = p_error_remedy, finished_at = now()
            where tenant_id = p_tenant and id = p_answer;
            if not found then
                return true;
            end if;
            insert into message_part (tenant_id, message_id, position, kind, text)
            select p_tenant, p_answer, part.position, part.kind, part.text
            from (values (0, 'passages', ''), (1, p_text_kind, p_text)) as part (position, kind, text)
            where case part.kind when 'passages' then cardinality(s_n) > 0 else part.text <> '' end;
            -- A document may have been deleted meanwhile: what is still there is held until the commit.
            perform from chunk where tenant_id = p_tenant and id = any (s_chunk) for key share;
            perform from document where tenant_id = p_tenant and id = any (s_document) for key share;
            insert into message_passage (tenant_id, message_id, n, chunk_id, document_id, document_name, page, score)
            select p_tenant, p_answer, s.n, k.id, d.id, s.name, s.page, s.score
            from unnest(s_n, s_chunk, s_document, s_name, s_page, s_score) as s (n, chunk, document, name, page, score)
            left join chunk k on k.tenant_id = p_tenant and k.id = s.chunk
            left join document d on d.tenant_id = p_tenant and d.id = s.document;
            insert into citation (tenant_id, message_id, position, n, chunk_id, document_id, document_name, page,
                start_offset, end_offset, quote)
            select p_tenant, p_answer, c.position, c.n, s.chunk_id, s.document_id, s.document_name, s.page,
                c.first, c.last, c.quote
            from unnest(c_n, c_start, c_end, c_quote) with ordinality as c (n, first, last, quote, position)
            join message_passage s on s.tenant_id = p_tenant and s.message_id = p_answer and s.n = c.n;
            insert into outbox (tenant_id, id, name, payload) values (p_tenant, p_event_id, p_event, p_payload);
            return true;
        end $$""",
}


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table in ("conversation", "message", "message_part", "message_passage", "citation"):
        enable_rls(table)
    for signature, body in FUNCTIONS.items():
        head, _, code = body.strip().partition("as $$")
        op.execute(f"create function {signature} {head} language plpgsql as $${code}")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature.partition('(')[0]}")
    op.execute("alter table conversation drop constraint conversation_active_leaf_fkey")
    for table in ("citation", "message_passage", "message_part", "message", "conversation"):
        op.execute(f"drop table {table}")
