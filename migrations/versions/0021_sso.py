"""Identity providers of organisations, whom they know, and the sign-ins through them."""

from alembic import op

from chatter.kit.db.rls import enable_rls, grant_identity

revision = "0021_sso"
down_revision = "0020_factors"

ROLES = "role in ('admin', 'editor', 'member', 'viewer', 'billing', 'auditor')"

TABLES = (
    """
    create table identity_provider (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        name text not null,
        issuer text not null,
        client_id text not null,
        client_secret_sealed bytea,
        client_secret_hint text,
        scopes text[] not null,
        signing_algorithm text not null constraint identity_provider_signing_algorithm
            check (signing_algorithm in ('PS256', 'ES256', 'EdDSA', 'RS256')),
        email_claim text not null,
        verified_claim text not null,
        name_claim text not null,
        groups_claim text not null,
        just_in_time boolean not null default false,
        default_role text not null constraint identity_provider_default_role
            check (default_role in ('editor', 'member', 'viewer')),
        enabled boolean not null default false,
        tested_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id)
    )
    """,
    "create unique index identity_provider_name on identity_provider (tenant_id, lower(name))",
    # A domain leads to one provider; one that is given up takes its row with it.
    """
    create table identity_provider_domain (
        tenant_id uuid not null,
        domain_id uuid not null,
        provider_id uuid not null,
        primary key (tenant_id, domain_id),
        foreign key (tenant_id, domain_id) references mail_domain (tenant_id, id) on delete cascade,
        foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade
    )
    """,
    "create index identity_provider_domain_of on identity_provider_domain (tenant_id, provider_id)",
    f"""
    create table identity_provider_mapping (
        tenant_id uuid not null,
        id uuid not null,
        provider_id uuid not null,
        position integer not null,
        group_name text not null,
        role text constraint identity_provider_mapping_role check ({ROLES} or role ~ '^custom:[0-9a-f-]{{36}}$'),
        team_id uuid,
        role_id uuid generated always as (case when role like 'custom:%' then substr(role, 8)::uuid end) stored,
        primary key (tenant_id, id),
        constraint identity_provider_mapping_gives check (role is not null or team_id is not null),
        foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade,
        constraint identity_provider_mapping_custom_role foreign key (tenant_id, role_id)
            references role (tenant_id, id) on delete cascade,
        foreign key (tenant_id, team_id) references team (tenant_id, id) on delete cascade
    )
    """,
    "create index identity_provider_mapping_of on identity_provider_mapping (tenant_id, provider_id, position)",
    "create index identity_provider_mapping_role on identity_provider_mapping (tenant_id, role_id) where role_id is not null",
    "create index identity_provider_mapping_team on identity_provider_mapping (tenant_id, team_id) where team_id is not null",
    """
    create table external_identity (
        tenant_id uuid not null,
        id uuid not null,
        provider_id uuid not null,
        subject text not null,
        user_id uuid not null,
        created_at timestamptz not null default now(),
        last_used_at timestamptz not null default now(),
        primary key (tenant_id, id),
        constraint external_identity_subject unique (tenant_id, provider_id, subject),
        constraint external_identity_person unique (tenant_id, provider_id, user_id),
        foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade,
        foreign key (tenant_id, user_id) references membership (tenant_id, user_id) on delete cascade
    )
    """,
    "create index external_identity_user on external_identity (tenant_id, user_id)",
    """
    create table sso_attempt (
        tenant_id uuid not null,
        id uuid not null,
        provider_id uuid not null,
        purpose text not null constraint sso_attempt_purpose check (purpose in ('sign_in', 'test')),
        state_hash bytea,
        browser_hash bytea,
        started_by uuid,
        report text,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        used_at timestamptz,
        primary key (tenant_id, id),
        foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade
    )
    """,
    "create index sso_attempt_of on sso_attempt (tenant_id, provider_id, expires_at)",
    """
    create table sso_session (
        tenant_id uuid not null,
        id uuid not null,
        provider_id uuid not null,
        user_id uuid not null,
        subject text not null,
        sid text,
        id_token_sealed bytea not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, id),
        foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade,
        foreign key (tenant_id, user_id) references membership (tenant_id, user_id) on delete cascade
    )
    """,
    "create index sso_session_subject on sso_session (tenant_id, provider_id, subject)",
    "create index sso_session_user on sso_session (tenant_id, user_id)",
    """
    create table sso_break_glass (
        tenant_id uuid not null,
        user_id uuid not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, user_id),
        foreign key (tenant_id, user_id) references membership (tenant_id, user_id) on delete cascade
    )
    """,
    """
    create table sso_logout_token (
        tenant_id uuid not null,
        provider_id uuid not null,
        token_id text not null,
        expires_at timestamptz not null,
        primary key (tenant_id, provider_id, token_id),
        foreign key (tenant_id, provider_id) references identity_provider (tenant_id, id) on delete cascade
    )
    """,
)

# As in 0002: it runs as chatter_identity, before a tenant is known, and returns the minimum.
BY_DOMAIN = """
create function sso_provider_by_domain(p_domain text) returns table (tenant_id uuid, provider_id uuid)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$ select p.tenant_id, p.id
      from mail_domain d
      join identity_provider_domain b on b.tenant_id = d.tenant_id and b.domain_id = d.id
      join identity_provider p on p.tenant_id = b.tenant_id and p.id = b.provider_id and p.enabled
      join organization o on o.tenant_id = p.tenant_id and o.state = 'active'
      where d.name = lower(p_domain) and d.verified_at is not null $$
"""

# Where single sign-on is enforced, a session opens the organisation by its provider's word, or as a break-glass owner's.
ENFORCED = """and (not coalesce(p.require_sso, false) or s.bound_tenant_id is not null
                    or (m.role = 'owner' and exists (
                        select from sso_break_glass b where b.tenant_id = m.tenant_id and b.user_id = m.user_id)))
                """
ORDER = "order by o.state <> 'active', m.created_at"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("identity_provider")
    grant_identity("identity_provider", privileges="select")
    enable_rls("identity_provider_domain")
    grant_identity("identity_provider_domain", privileges="select")
    enable_rls("identity_provider_mapping")
    enable_rls("external_identity")
    enable_rls("sso_attempt")
    enable_rls("sso_session")
    enable_rls("sso_logout_token")
    enable_rls("sso_break_glass")
    grant_identity("sso_break_glass", privileges="select")
    _rewrite_session_by_token(ORDER, ENFORCED + ORDER)
    op.execute(BY_DOMAIN)
    op.execute("alter function sso_provider_by_domain(text) owner to chatter_identity")
    op.execute("revoke all on function sso_provider_by_domain(text) from public")
    op.execute("grant execute on function sso_provider_by_domain(text) to chatter_app")


def downgrade() -> None:
    _rewrite_session_by_token(ENFORCED, "")
    op.execute("drop function sso_provider_by_domain(text)")
    tables = (
        "sso_break_glass",
        "sso_logout_token",
        "sso_session",
        "sso_attempt",
        "external_identity",
        "identity_provider_mapping",
    )
    for table in (*tables, "identity_provider_domain", "identity_provider"):
        op.execute(f"drop table {table}")


def _rewrite_session_by_token(old: str, new: str) -> None:
    """Make the function anew from its present text."""
    bind = op.get_bind()
    text: str = bind.exec_driver_sql("select pg_get_functiondef('session_by_token'::regproc)").scalar_one()
    if old not in text:
        raise LookupError(f"session_by_token holds no {old!r}")
    bind.exec_driver_sql(text.replace(old, new))
