"""Providers of models, their models, and each organisation's choice among them."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0003_llm"
down_revision = "0002_identity"

TABLES = (
    """
    create table provider (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        kind text not null,
        name text not null,
        base_url text not null,
        key_sealed bytea,
        key_hint text,
        key_reference text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id),
        constraint provider_name_key unique (tenant_id, name),
        constraint provider_kind check (kind in ('openai', 'mistral', 'groq', 'openrouter', 'together', 'deepseek',
                                                 'vllm', 'lmstudio', 'ollama', 'custom')),
        constraint provider_one_key check (key_sealed is null or key_reference is null)
    )
    """,
    """
    create table model (
        tenant_id uuid not null,
        id uuid not null,
        provider_id uuid not null,
        name text not null,
        label text not null,
        kind text not null,
        enabled boolean not null default false,
        context_tokens integer,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id),
        foreign key (tenant_id, provider_id) references provider (tenant_id, id) on delete cascade,
        constraint model_name_key unique (tenant_id, provider_id, name),
        constraint model_kind check (kind in ('chat', 'embedding', 'other')),
        constraint model_context_tokens check (context_tokens > 0)
    )
    """,
    """
    create table llm_setting (
        tenant_id uuid not null primary key references organization (tenant_id) on delete cascade,
        default_model_id uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        foreign key (tenant_id, default_model_id) references model (tenant_id, id)
            on delete set null (default_model_id)
    )
    """,
    "create index llm_setting_default on llm_setting (tenant_id, default_model_id)",
)

# One round trip at the start of each answer. It runs with the caller's rights, under row-level security.
CHAT_MODEL = """
    create function llm_chat_model(p_tenant uuid, p_model uuid)
    returns table (id uuid, name text, label text, context_tokens integer, provider_name text, provider_kind text,
                   base_url text, key_sealed bytea, key_reference text)
    language plpgsql as $$
    #variable_conflict use_column
    begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        return query
            select m.id, m.name, m.label, m.context_tokens, p.name, p.kind, p.base_url, p.key_sealed, p.key_reference
            from model m
            join provider p on p.tenant_id = m.tenant_id and p.id = m.provider_id
            where m.tenant_id = p_tenant
              and m.id = coalesce(p_model, (select s.default_model_id from llm_setting s where s.tenant_id = p_tenant))
              and m.enabled and m.kind = 'chat';
    end $$
"""


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table in ("provider", "model", "llm_setting"):
        enable_rls(table)
    op.execute(CHAT_MODEL)
    op.execute("revoke execute on function llm_chat_model(uuid, uuid) from public")
    op.execute("grant execute on function llm_chat_model(uuid, uuid) to chatter_app")


def downgrade() -> None:
    op.execute("drop function llm_chat_model(uuid, uuid)")
    op.execute("drop table llm_setting")
    op.execute("drop table model")
    op.execute("drop table provider")
