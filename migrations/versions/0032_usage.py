"""What each call to a model took, and what it cost on that day: rows that are only ever added."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0032_usage"
down_revision = "0031_lapsed"

TABLES = (
    """
    create table model_usage (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        at timestamptz not null default now(),
        purpose text not null,
        outcome text not null,
        source text not null,
        user_id uuid,
        subject_id uuid,
        run_id uuid,
        model_id uuid,
        model text not null,
        provider text not null,
        provider_id uuid,
        error_code text,
        input_tokens bigint not null,
        output_tokens bigint not null,
        cached_tokens bigint not null,
        reasoning_tokens bigint not null,
        images integer not null,
        embeddings integer not null,
        input_price numeric(20, 9),
        output_price numeric(20, 9),
        cached_price numeric(20, 9),
        cost numeric(30, 15),
        currency text,
        first_token_ms integer,
        whole_ms integer not null,
        prompt_digest bytea,
        primary key (tenant_id, id),
        constraint model_usage_purpose check (purpose in ('answer', 'query', 'passages', 'test')),
        constraint model_usage_outcome check (outcome in ('complete', 'cut', 'stopped', 'refused')),
        constraint model_usage_source check (source in ('reported', 'estimated')),
        constraint model_usage_counts check (
            input_tokens >= 0 and output_tokens >= 0 and images >= 0 and embeddings >= 0
            and cached_tokens between 0 and input_tokens and reasoning_tokens between 0 and output_tokens),
        constraint model_usage_cost check ((cost is null) = (currency is null) and cost >= 0)
    )
    """,
)
INDEXES = (
    "create index model_usage_at on model_usage (tenant_id, at, id)",
    "create index model_usage_subject on model_usage (tenant_id, subject_id) where subject_id is not null",
)

# The id of a call is derived from what it was made for, so that whoever records it again adds nothing.
RECORD = """
create function record_model_usage(p_tenant uuid, p_calls text) returns integer language plpgsql as $$
declare
    recorded integer;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    insert into model_usage (tenant_id, id, purpose, outcome, source, user_id, subject_id, run_id, model_id, model,
        provider, provider_id, error_code, input_tokens, output_tokens, cached_tokens, reasoning_tokens, images, embeddings, input_price,
        output_price, cached_price, cost, currency, first_token_ms, whole_ms, prompt_digest)
    select p_tenant, c.id, c.purpose, c.outcome, c.source, c.user_id, c.subject_id, c.run_id, c.model_id, c.model,
        c.provider, c.provider_id, c.error_code, c.input_tokens, c.output_tokens, c.cached_tokens, c.reasoning_tokens, c.images, c.embeddings,
        c.input_price, c.output_price, c.cached_price, c.cost, c.currency, c.first_token_ms, c.whole_ms,
        decode(c.prompt_digest, 'hex')
    from jsonb_to_recordset(p_calls::jsonb) as c (id uuid, purpose text, outcome text, source text, user_id uuid,
        subject_id uuid, run_id uuid, model_id uuid, model text, provider text, provider_id uuid, error_code text, input_tokens bigint,
        output_tokens bigint, cached_tokens bigint, reasoning_tokens bigint, images integer, embeddings integer,
        input_price numeric, output_price numeric, cached_price numeric, cost numeric, currency text,
        first_token_ms integer, whole_ms integer, prompt_digest text)
    on conflict (tenant_id, id) do nothing;
    get diagnostics recorded = row_count;
    return recorded;
end $$
"""


def upgrade() -> None:
    for statement in (*TABLES, *INDEXES):
        op.execute(statement)
    enable_rls("model_usage", privileges="select, insert")
    op.execute(RECORD)
    op.execute("revoke execute on function record_model_usage(uuid, text) from public")
    op.execute("grant execute on function record_model_usage(uuid, text) to chatter_app")


def downgrade() -> None:
    op.execute("drop function record_model_usage(uuid, text)")
    op.execute("drop table model_usage")
