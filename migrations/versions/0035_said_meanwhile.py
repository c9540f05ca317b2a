"""What a person says while an answer is written: messages that wait for its end, and instructions to the run itself."""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import enable_rls

revision = "0035_said_meanwhile"
down_revision = "0034_same_question"

# Who said it, as the audit log will tell of it: it may be sent on by another process, long after the request.
SPEAKER = """
        actor_kind text not null constraint {table}_actor_kind check (actor_kind in ('service', 'user')),
        actor_label text not null,
        role text not null,
        session_id uuid,
        key_id uuid,
        client_address text,
        request_id text not null,
"""
TABLES = (
    f"""
    create table queued_message (
        tenant_id uuid not null,
        id uuid not null,
        conversation_id uuid not null,
        owner_id uuid not null,
        position integer not null,
        text text not null,
        model text not null,
        model_id uuid,
        tools text[] not null default '{{}}',
        idempotency_key text,
        request_digest text,{SPEAKER.format(table="queued_message")}
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id),
        constraint queued_message_conversation_fkey foreign key (tenant_id, conversation_id)
            references conversation (tenant_id, id) on delete cascade
    )
    """,
    "create index queued_message_next on queued_message (tenant_id, conversation_id, position)",
    """
    create unique index queued_message_idempotency on queued_message (tenant_id, conversation_id, idempotency_key)
        where idempotency_key is not null
    """,
    f"""
    create table instruction (
        tenant_id uuid not null,
        id uuid not null,
        run_id uuid not null,
        owner_id uuid not null,
        text text not null,
        position integer,
        idempotency_key text,
        request_digest text,{SPEAKER.format(table="instruction")}
        created_at timestamptz not null default now(),
        taken_at timestamptz,
        primary key (tenant_id, id),
        constraint instruction_run_fkey foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade
    )
    """,
    "create index instruction_run on instruction (tenant_id, run_id)",
    """
    create unique index instruction_idempotency on instruction (tenant_id, run_id, idempotency_key)
        where idempotency_key is not null
    """,
    "alter table run add column inbox integer not null default 0",
)

_BEAT = "run_beat(p_tenants uuid[], p_runs uuid[], p_fences bigint[], p_lease_seconds integer)"
# As before; it also tells how much was said to each run, for whom word of it did not reach.
BEAT = """
    returns table (run_id uuid, held boolean, cancelled boolean, inbox integer) language plpgsql as $$
    begin
        for i in 1 .. cardinality(p_runs) loop
            perform set_config('app.tenant_id', p_tenants[i]::text, true);
            run_id := p_runs[i];
            cancelled := false;
            update run r set lease_expires_at = now() + make_interval(secs => p_lease_seconds)
            where r.tenant_id = p_tenants[i] and r.id = p_runs[i] and r.fence = p_fences[i] and r.state = 'running'
            returning r.cancel_requested_at is not null, r.inbox into cancelled, inbox;
            held := found;
            inbox := coalesce(inbox, 0);
            return next;
        end loop;
    end $$"""

# Opens the turn of the message that waits first, for whoever takes its run. Null: nothing waits, an answer is being
# written, or the last one was stopped or broke off and nobody said to go on (p_resumed).
SEND_NEXT = """
create function chat_send_next(p_tenant uuid, p_owner uuid, p_conversation uuid, p_resumed boolean)
returns uuid language plpgsql as $$
#variable_conflict use_column
declare leaf uuid; leaf_state text; waiting queued_message; answer_id uuid := uuidv7(); run_id uuid := uuidv7();
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    select c.active_leaf_id into leaf from conversation c
    where c.tenant_id = p_tenant and c.id = p_conversation and c.owner_id = p_owner for update;
    if not found then
        return null;
    end if;
    select m.state into leaf_state from message m where m.tenant_id = p_tenant and m.id = leaf;
    if leaf_state = 'streaming' or (leaf_state <> 'complete' and not p_resumed) then
        return null;
    end if;
    select q.* into waiting from queued_message q
    where q.tenant_id = p_tenant and q.conversation_id = p_conversation and q.owner_id = p_owner
    order by q.position limit 1 for update;
    if not found then
        return null;
    end if;
    delete from queued_message q where q.tenant_id = p_tenant and q.id = waiting.id;
    if exists (select from message m where m.tenant_id = p_tenant and m.conversation_id = p_conversation
            and m.idempotency_key = waiting.idempotency_key) then
        waiting.idempotency_key := null; -- a question that was asked meanwhile came with the same
    end if;
    perform chat_open_turn(p_tenant, p_owner, p_conversation, null, waiting.idempotency_key, waiting.text,
        left(regexp_replace(waiting.text, '\\s+', ' ', 'g'), 60), waiting.id, answer_id, run_id, waiting.model,
        waiting.model_id, null, 0, waiting.request_id, waiting.role, waiting.session_id, 'chat:turn:opened', uuidv7(),
        uuidv7(), 'chat.turn.opened', json_build_object('conversation_id', p_conversation, 'question_id', waiting.id,
        'answer_id', answer_id, 'run_id', run_id)::text, waiting.actor_label, waiting.client_address,
        waiting.actor_kind, waiting.key_id, waiting.request_digest, waiting.tools);
    update run r set state = 'queued', fence = 0, lease_owner = null, lease_expires_at = now()
    where r.tenant_id = p_tenant and r.id = run_id;
    return run_id;
end $$
"""
# After an answer's end, in its transaction. What came too late for the run waits first among the messages; when the
# answer is whole, the first goes on. True: there is a run to take.
GO_ON = """
create function chat_go_on(p_tenant uuid, p_run uuid, p_answer uuid, p_finished boolean)
returns boolean language plpgsql as $$
declare in_conversation uuid; of_owner uuid; first_position integer;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    select m.conversation_id, c.owner_id into in_conversation, of_owner
    from message m join conversation c on c.tenant_id = p_tenant and c.id = m.conversation_id
    where m.tenant_id = p_tenant and m.id = p_answer;
    if exists (select from instruction i where i.tenant_id = p_tenant and i.run_id = p_run and i.taken_at is null) then
        perform from conversation c where c.tenant_id = p_tenant and c.id = in_conversation for update;
        select coalesce(min(q.position), 1) into first_position from queued_message q
        where q.tenant_id = p_tenant and q.conversation_id = in_conversation;
        insert into queued_message (tenant_id, id, conversation_id, owner_id, position, text, model, model_id, tools,
            actor_kind, actor_label, role, session_id, key_id, client_address, request_id)
        select p_tenant, i.id, m.conversation_id, i.owner_id,
            first_position - row_number() over (order by i.created_at desc, i.id desc), i.text, coalesce(m.model, ''),
            m.model_id, r.tools, i.actor_kind, i.actor_label, i.role, i.session_id, i.key_id, i.client_address,
            i.request_id
        from instruction i
        join message m on m.tenant_id = p_tenant and m.id = p_answer
        join run r on r.tenant_id = p_tenant and r.id = p_run
        where i.tenant_id = p_tenant and i.run_id = p_run and i.taken_at is null;
        delete from instruction i where i.tenant_id = p_tenant and i.run_id = p_run and i.taken_at is null;
    end if;
    if not p_finished or not exists (
        select from queued_message q where q.tenant_id = p_tenant and q.conversation_id = in_conversation
    ) then
        return false;
    end if;
    return chat_send_next(p_tenant, of_owner, in_conversation, false) is not null;
end $$
"""
_MESSAGES = "select pg_get_functiondef('chat_messages'::regproc)"
_PLACE = "'created_at', path.created_at,"
_SAID = """'instructions', coalesce((select json_agg(json_build_object('id', i.id, 'text', i.text,
                        'position', i.position, 'created_at', i.created_at) order by i.position, i.created_at, i.id)
                    from instruction i where i.tenant_id = p_tenant and i.run_id = path.run_id
                        and i.taken_at is not null), '[]'::json),
                """


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("queued_message")
    enable_rls("instruction")
    op.execute("drop function run_beat")
    op.execute(f"create function {_BEAT} {BEAT}")
    bind = op.get_bind()
    bind.exec_driver_sql(SEND_NEXT)
    bind.exec_driver_sql(GO_ON)
    _rewrite_messages(_PLACE, _SAID + _PLACE)


def downgrade() -> None:
    _rewrite_messages(_SAID + _PLACE, _PLACE)
    op.execute("drop function chat_go_on")
    op.execute("drop function chat_send_next")
    op.execute("drop function run_beat")
    head, _, code = _beat_before().strip().partition("as $$")
    op.execute(f"create function {_BEAT} {head} language plpgsql as $${code}")
    op.execute("alter table run drop column inbox")
    op.execute("drop table instruction")
    op.execute("drop table queued_message")


def _rewrite_messages(old: str, new: str) -> None:
    """Make the function anew from its present text."""
    bind = op.get_bind()
    text: str = bind.exec_driver_sql(_MESSAGES).scalar_one()
    if old not in text:
        raise LookupError(f"chat_messages holds no {old!r}")
    bind.exec_driver_sql(text.replace(old, new))


def _beat_before() -> str:
    earlier: ModuleType = context.script.get_revision("0005_runs").module
    found: str = next(body for signature, body in earlier.FUNCTIONS.items() if signature.startswith("run_beat("))
    return found
