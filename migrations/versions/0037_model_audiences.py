"""Who may use a model: everyone, or the roles and teams that an administrator names."""

from alembic import context, op

from chatter.kit.db.rls import enable_rls

revision = "0037_model_audiences"
down_revision = "0036_speakers"

ROLES = "'owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor'"
ROLE_ID = "case when role like 'custom:%' then substr(role, 8)::uuid end"
TABLES = (
    # A model stays restricted when the last role or team that may use it goes: then nobody may.
    "alter table model add column restricted boolean not null default false",
    f"""
    create table model_role (
        tenant_id uuid not null,
        model_id uuid not null,
        role text not null,
        role_id uuid generated always as ({ROLE_ID}) stored,
        primary key (tenant_id, model_id, role),
        foreign key (tenant_id, model_id) references model (tenant_id, id) on delete cascade,
        constraint model_role_custom foreign key (tenant_id, role_id) references role (tenant_id, id) on delete cascade,
        constraint model_role_role check (role in ({ROLES}) or role ~ '^custom:[0-9a-f-]{{36}}$')
    )
    """,
    """
    create table model_team (
        tenant_id uuid not null,
        model_id uuid not null,
        team_id uuid not null,
        primary key (tenant_id, model_id, team_id),
        foreign key (tenant_id, model_id) references model (tenant_id, id) on delete cascade,
        foreign key (tenant_id, team_id) references team (tenant_id, id) on delete cascade
    )
    """,
    "create index model_role_custom on model_role (tenant_id, role_id) where role_id is not null",
    "create index model_team_team on model_team (tenant_id, team_id)",
)

# The one place that decides. The rows are read each time, so a change holds in every process with its commit.
MAY_USE = """
create function llm_may_use(p_tenant uuid, p_user uuid, p_model uuid) returns boolean language sql stable as $$
    select exists (
        select from model m where m.tenant_id = p_tenant and m.id = p_model and (
            not m.restricted
            or exists (
                select from model_role r
                join membership s on s.tenant_id = p_tenant and s.user_id = p_user and s.role = r.role
                where r.tenant_id = p_tenant and r.model_id = m.id
            )
            or exists (
                select from model_team t
                join team_member b on b.tenant_id = p_tenant and b.user_id = p_user and b.team_id = t.team_id
                where t.tenant_id = p_tenant and t.model_id = m.id
            )
        )
    )
$$
"""

# As it was, and of each model whether the person may use it: what is asked for by its id is refused, a stand-in skipped.
CHAT_MODELS = """
create function llm_chat_models(p_tenant uuid, p_user uuid, p_model uuid)
returns table (id uuid, name text, label text, context_tokens integer, provider_id uuid, provider_name text,
    provider_kind text, base_url text, api_version text, key_sealed bytea, key_reference text, input numeric,
    output numeric, cached numeric, prefill boolean, may_use boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    standard uuid;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    select s.default_model_id into standard from llm_setting s where s.tenant_id = p_tenant;
    return query
        select m.id, m.name, m.label, m.context_tokens, p.id, p.name, p.kind, p.base_url, p.api_version, p.key_sealed,
            p.key_reference, r.input, r.output, r.cached, m.prefill,
            llm_may_use(p_tenant, p_user, m.id)
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
_NOW = ("llm_may_use(uuid, uuid, uuid)", "llm_chat_models(uuid, uuid, uuid)")
_BEFORE = "llm_chat_models(uuid, uuid)"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table in ("model_role", "model_team"):
        enable_rls(table, privileges="select, insert, delete")
    op.execute(f"drop function {_BEFORE}")
    op.execute(MAY_USE)
    op.execute(CHAT_MODELS)
    for signature in _NOW:
        _give(signature)


def downgrade() -> None:
    for signature in reversed(_NOW):
        op.execute(f"drop function {signature}")
    op.execute(context.script.get_revision("0033_models").module.CHAT_MODELS)
    _give(_BEFORE)
    op.execute("drop table model_team")
    op.execute("drop table model_role")
    op.execute("alter table model drop column restricted")


def _give(signature: str) -> None:
    op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function {signature} to chatter_app")
