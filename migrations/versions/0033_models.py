"""More kinds of providers; what an organisation knows of its models: prices, abilities, and who stands in for whom."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0033_models"
down_revision = "0032_usage"

KINDS = "'openai', 'mistral', 'groq', 'openrouter', 'together', 'deepseek', 'vllm', 'lmstudio', 'ollama', 'custom'"
NEW_KINDS = "'azure', 'anthropic', 'google', 'bedrock'"

TABLES = (
    """
    create table model_price (
        tenant_id uuid not null,
        model_id uuid not null,
        valid_from date not null,
        input numeric(20, 9) not null,
        output numeric(20, 9) not null,
        cached numeric(20, 9),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, model_id, valid_from),
        foreign key (tenant_id, model_id) references model (tenant_id, id) on delete cascade,
        constraint model_price_positive check (input >= 0 and output >= 0 and cached >= 0)
    )
    """,
    """
    create table model_fallback (
        tenant_id uuid not null,
        position smallint not null,
        model_id uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, position),
        foreign key (tenant_id, model_id) references model (tenant_id, id) on delete cascade,
        constraint model_fallback_model unique (tenant_id, model_id),
        constraint model_fallback_position check (position between 1 and 5)
    )
    """,
)
ABILITIES = ("vision", "tools", "structured_output", "reasoning", "prefill")

# The chosen model, or the default with those that stand in for it, in their order; each with the price in force.
CHAT_MODELS = """
create function llm_chat_models(p_tenant uuid, p_model uuid)
returns table (id uuid, name text, label text, context_tokens integer, provider_id uuid, provider_name text,
    provider_kind text, base_url text, api_version text, key_sealed bytea, key_reference text, input numeric,
    output numeric, cached numeric, prefill boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    standard uuid;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    select s.default_model_id into standard from llm_setting s where s.tenant_id = p_tenant;
    return query
        select m.id, m.name, m.label, m.context_tokens, p.id, p.name, p.kind, p.base_url, p.api_version, p.key_sealed,
            p.key_reference, r.input, r.output, r.cached, m.prefill
        from (
            select coalesce(p_model, standard) as model_id, 0 as position
            union all
            select f.model_id, f.position from model_fallback f
            where f.tenant_id = p_tenant and coalesce(p_model, standard) = standard and f.model_id <> standard
        ) chain
        join model m on m.tenant_id = p_tenant and m.id = chain.model_id and m.enabled and m.kind = 'chat'
        join provider p on p.tenant_id = p_tenant and p.id = m.provider_id
        left join lateral (
            select r.input, r.output, r.cached from model_price r
            where r.tenant_id = p_tenant and r.model_id = m.id and r.valid_from <= (now() at time zone 'UTC')::date
            order by r.valid_from desc limit 1
        ) r on true
        order by chain.position;
end $$
"""


def upgrade() -> None:
    op.execute("alter table provider drop constraint provider_kind")
    op.execute(f"alter table provider add constraint provider_kind check (kind in ({KINDS}, {NEW_KINDS}))")
    op.execute("alter table provider add column api_version text")
    for ability in ABILITIES:
        op.execute(f"alter table model add column {ability} boolean")
    for statement in TABLES:
        op.execute(statement)
    for table in ("model_price", "model_fallback"):
        enable_rls(table)
    op.execute(CHAT_MODELS)
    op.execute("revoke execute on function llm_chat_models(uuid, uuid) from public")
    op.execute("grant execute on function llm_chat_models(uuid, uuid) to chatter_app")


def downgrade() -> None:
    op.execute("drop function llm_chat_models(uuid, uuid)")
    op.execute("drop table model_fallback")
    op.execute("drop table model_price")
    for ability in ABILITIES:
        op.execute(f"alter table model drop column {ability}")
    op.execute("alter table provider drop column api_version")
    op.execute("alter table provider no force row level security")
    op.execute(f"delete from provider where kind in ({NEW_KINDS})")  # noqa: S608 # a constant
    op.execute("alter table provider force row level security")
    op.execute("alter table provider drop constraint provider_kind")
    op.execute(f"alter table provider add constraint provider_kind check (kind in ({KINDS}))")
