"""What people allow apps to do: grants, the families of tokens that come of them, and the keys that sign tokens."""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import enable_rls, grant_identity

revision = "0023_oauth"
down_revision = "0023_api_keys"

TABLES = (
    # What a person allowed an app to do in one organisation. It ends with the membership.
    """
    create table oauth_grant (
        tenant_id uuid not null,
        id uuid not null,
        user_id uuid not null,
        client_key bytea not null,
        client_name text not null,
        scopes text[],
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        revoked_at timestamptz,
        primary key (tenant_id, id),
        foreign key (tenant_id, user_id) references membership (tenant_id, user_id) on delete cascade
    )
    """,
    # One grant an app: allowing it again adds to what stands.
    """
    create unique index oauth_grant_of_client on oauth_grant (tenant_id, user_id, client_key) where revoked_at is null
    """,
    # What comes of one consent: a code, then one refresh token after another. Only hashes are kept.
    """
    create table oauth_family (
        tenant_id uuid not null,
        id uuid not null,
        grant_id uuid not null,
        scopes text[],
        code_hash bytea,
        code_challenge text,
        redirect_uri text,
        code_expires_at timestamptz,
        redeemed_at timestamptz,
        secret_hash bytea,
        token_hash bytea,
        rotated_at timestamptz,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        ended_at timestamptz,
        end_reason text,
        primary key (tenant_id, id),
        constraint oauth_family_end check (end_reason in ('signed_out', 'replayed', 'reused', 'revoked')),
        foreign key (tenant_id, grant_id) references oauth_grant (tenant_id, id) on delete cascade
    )
    """,
    "create index oauth_family_grant on oauth_family (tenant_id, grant_id)",
    "create unique index oauth_family_code on oauth_family (tenant_id, code_hash)",
    "create unique index oauth_family_secret on oauth_family (tenant_id, secret_hash)",
    # The keys themselves are derived from the server's secret and this salt: the table alone signs nothing.
    """
    create table oauth_signing_key (
        id uuid primary key,
        salt bytea not null,
        created_at timestamptz not null default now()
    )
    """,
)

# An access token says its organisation and family: one statement tells whether its grant stands, and for whom.
FAMILY = """
create function principal_by_family(p_tenant uuid, p_family uuid)
returns table (grant_id uuid, user_id uuid, email text, name text, organization_name text, role text,
               organization_state text, scopes text[])
language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        select g.id, m.user_id, p.email, p.name, o.name, m.role, o.state, f.scopes
        from oauth_family f
        join oauth_grant g on g.tenant_id = f.tenant_id and g.id = f.grant_id and g.revoked_at is null
        join membership m on m.tenant_id = g.tenant_id and m.user_id = g.user_id and m.suspended_at is null
        join organization o on o.tenant_id = g.tenant_id
        join lateral person_of_bound_tenant(m.person_id) p on true
        where f.tenant_id = p_tenant and f.id = p_family and f.ended_at is null and f.expires_at > now();
end $$
"""

# Before any organisation is known. A key signs once each process has had a minute to hear of it, and is told of for an
# hour after the next one was made: tokens live ten minutes.
FUNCTIONS = {
    "oauth_signing_keys()": """
        returns table (id uuid, salt bytea, signs boolean) language sql stable
        as $$ select k.id, k.salt, k.created_at < now() - interval '1 minute' from oauth_signing_key k
              where not exists (
                  select from oauth_signing_key n where n.created_at > k.created_at
                  and n.created_at < now() - interval '1 hour')
              order by k.created_at desc, k.id desc $$""",
    "oauth_signing_key_add(p_id uuid, p_salt bytea)": """
        returns void language sql
        as $$ insert into oauth_signing_key (id, salt, created_at) values (p_id, p_salt, clock_timestamp()) $$""",
    # Whoever changes their password, or signs out everywhere, signs out what acts for them, in every organisation.
    "oauth_end_families(p_user uuid)": """
        returns void language sql
        as $$ update oauth_family f set ended_at = now(), end_reason = 'signed_out' from oauth_grant g
              where g.tenant_id = f.tenant_id and g.id = f.grant_id and g.user_id = p_user and f.ended_at is null $$""",
}


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("oauth_grant", privileges="select, insert, update")
    enable_rls("oauth_family", privileges="select, insert, update")
    grant_identity("oauth_grant", privileges="select")
    grant_identity("oauth_family", privileges="select, update")
    op.execute("grant select, insert on oauth_signing_key to chatter_identity")
    op.execute(FAMILY)
    _earlier("0010_organizations")._create_functions(FUNCTIONS)


def downgrade() -> None:
    _earlier("0010_organizations")._drop_functions(FUNCTIONS)
    op.execute("drop function principal_by_family(uuid, uuid)")
    for table in ("oauth_signing_key", "oauth_family", "oauth_grant"):
        op.execute(f"drop table {table}")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
