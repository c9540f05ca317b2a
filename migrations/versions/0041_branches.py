"""Answers that branch off a past run at one of its checkpoints, and tool results that a person gave."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0041_branches"
down_revision = "0040_run_log"

TABLES = (
    """
    create table run_branch (
        tenant_id uuid not null,
        run_id uuid not null,
        source_run_id uuid,
        checkpoint_id text not null,
        step integer not null,
        next text not null constraint run_branch_next check (next in ('retrieve', 'gate', 'answer', 'tools')),
        changes jsonb not null,
        state bytea not null,
        question_id uuid not null,
        answer_id uuid not null,
        idempotency_key text,
        request_digest text,
        created_at timestamptz not null default now(),
        primary key (tenant_id, run_id),
        constraint run_branch_run_fkey foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade,
        constraint run_branch_source_fkey foreign key (tenant_id, source_run_id)
            references run (tenant_id, id) on delete set null (source_run_id),
        constraint run_branch_question_fkey foreign key (tenant_id, question_id)
            references message (tenant_id, id) on delete cascade,
        constraint run_branch_answer_fkey foreign key (tenant_id, answer_id)
            references message (tenant_id, id) on delete cascade
    )
    """,
    "create index run_branch_source on run_branch (tenant_id, source_run_id)",
    "create index run_branch_question on run_branch (tenant_id, question_id)",
    "create index run_branch_answer on run_branch (tenant_id, answer_id)",
    """
    create unique index run_branch_idempotency on run_branch (tenant_id, source_run_id, idempotency_key)
        where idempotency_key is not null
    """,
    """
    alter table tool_call add column source text not null default 'tool'
        constraint tool_call_source check (source in ('tool', 'earlier', 'person'))
    """,
)
_MESSAGES = "select pg_get_functiondef('chat_messages'::regproc)"
CHANGES = (
    (
        "'state', t.state, 'result'",
        "'state', t.state, 'source', t.source, 'result'",
    ),
    (
        "'created_at', path.created_at,",
        """'branch', (select json_build_object('source_run_id', case when found_conversation.owner_id = p_user
                        then b.source_run_id end,
                        'changed', coalesce((select json_agg(distinct c ->> 'what')
                            from jsonb_array_elements(b.changes) c), '[]'::json))
                    from run_branch b where b.tenant_id = p_tenant and b.run_id = path.run_id),
                'created_at', path.created_at,""",
    ),
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("run_branch")
    _rewrite(CHANGES)


def downgrade() -> None:
    _rewrite(tuple((new, old) for old, new in CHANGES))
    op.execute("alter table tool_call drop column source")
    op.execute("drop table run_branch")


def _rewrite(changes: tuple[tuple[str, str], ...]) -> None:
    """Make the function that reads messages anew from its present text."""
    bind = op.get_bind()
    text: str = bind.exec_driver_sql(_MESSAGES).scalar_one()
    for old, new in changes:
        if text.count(old) != 1:
            raise LookupError(f"chat_messages holds {text.count(old)} of {old!r}")
        text = text.replace(old, new)
    bind.exec_driver_sql(text)
