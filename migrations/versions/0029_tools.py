"""Tools: what a question lets the model call, each call on record, and the notes that one tool keeps."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0029_tools"
down_revision = "0028_sign_up"

TABLES = (
    "alter table run add column tools text[] not null default '{}'",
    """
    create table tool_call (
        tenant_id uuid not null,
        run_id uuid not null,
        key text not null,
        tool text not null,
        arguments text not null,
        state text not null default 'begun',
        result text,
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        primary key (tenant_id, run_id, key),
        constraint tool_call_run_fkey foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade,
        constraint tool_call_state check (state in ('begun', 'again', 'done', 'failed'))
    )
    """,
    """
    create table note (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        owner_id uuid not null,
        text text not null,
        run_id uuid,
        call_key text not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, id),
        constraint note_call_key unique (tenant_id, call_key),
        constraint note_run_fkey foreign key (tenant_id, run_id) references run (tenant_id, id)
            on delete set null (run_id)
    )
    """,
    "create index note_newest on note (tenant_id, owner_id, created_at, id)",
    "create index note_run on note (tenant_id, run_id)",
)

# A run that waits for a person has a lease that never lapses; nobody has it until it is woken.
PARK = """
create function run_park(p_tenant uuid, p_run uuid, p_fence bigint, p_firsts integer[], p_lasts integer[],
    p_frames bytea[])
returns boolean language plpgsql as $$
begin
    if not run_release(p_tenant, p_run, p_fence, p_firsts, p_lasts, p_frames) then
        return false;
    end if;
    update run set lease_expires_at = case when cancel_requested_at is null then 'infinity' else now() end
    where tenant_id = p_tenant and id = p_run;
    return true;
end $$
"""
WAKE = """
create function run_wake(p_tenant uuid, p_run uuid, p_owner uuid) returns boolean language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    update run set lease_expires_at = now()
    where tenant_id = p_tenant and id = p_run and owner_id = p_owner and state = 'queued'
        and lease_expires_at = 'infinity';
    return found;
end $$
"""
_ARGUMENTS = "select pg_get_function_arguments(oid) from pg_proc where proname = 'chat_open_turn'"
_MESSAGES = "select pg_get_functiondef(oid) from pg_proc where proname = 'chat_messages'"
_PLACE = "'created_at', path.created_at,"
# What a tool found may hold what others may not see: only the owner is shown it.
_CALLS = """'tool_calls', case when found_conversation.owner_id = p_user then coalesce((
                    select json_agg(json_build_object('id', t.key, 'name', t.tool, 'arguments', t.arguments,
                        'state', t.state, 'result', coalesce(t.result, '')) order by t.key)
                    from tool_call t where t.tenant_id = p_tenant and t.run_id = path.run_id), '[]'::json)
                    else '[]'::json end,
                """


def _open_turn_with_tools(arguments: str) -> str:
    """The same turn, for a question that lets the model call tools: whoever takes the run over knows which."""
    names = ", ".join(argument.split()[0] for argument in arguments.split(", "))
    return f"""
        create function chat_open_turn_with_tools({arguments}, p_tools text[])
        returns table (verdict text, question_id uuid, answer_id uuid, run_id uuid, parent_id uuid)
        language plpgsql as $$
        #variable_conflict use_column
        declare opened record;
        begin
            select * into opened from chat_open_turn({names});
            if opened.verdict = 'opened' then
                update run r set tools = p_tools where r.tenant_id = p_tenant and r.id = opened.run_id;
            end if;
            return query select opened.verdict, opened.question_id, opened.answer_id, opened.run_id, opened.parent_id;
        end $$"""  # noqa: S608 # put together from the catalogue


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("tool_call", privileges="select, insert, update")
    enable_rls("note")
    bind = op.get_bind()
    arguments: str = bind.exec_driver_sql(_ARGUMENTS).scalar_one()
    bind.exec_driver_sql(_open_turn_with_tools(arguments))
    _rewrite_messages(_PLACE, _CALLS + _PLACE)
    op.execute(PARK)
    op.execute(WAKE)


def downgrade() -> None:
    op.execute("drop function run_wake")
    op.execute("drop function run_park")
    _rewrite_messages(_CALLS + _PLACE, _PLACE)
    op.execute("drop function chat_open_turn_with_tools")
    op.execute("drop table note")
    op.execute("drop table tool_call")
    op.execute("alter table run drop column tools")


def _rewrite_messages(old: str, new: str) -> None:
    """Make the function anew from its present text."""
    bind = op.get_bind()
    text: str = bind.exec_driver_sql(_MESSAGES).scalar_one()
    if old not in text:
        raise LookupError(f"chat_messages holds no {old!r}")
    bind.exec_driver_sql(text.replace(old, new))
