"""Access of the server's operator to an organisation: what it granted, and each visit under such a grant.

And whether a session stands, whatever organisations it opens: a reader who is put out is told which of the two it was.
"""

from alembic import op

from chatter.kit.db.rls import enable_rls, platform_policy

revision = "0013_support_access"
down_revision = "0012_rbac"

TABLES = (
    """
    create table support_grant (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        reason text not null,
        role text not null,
        granted_by uuid not null,
        expires_at timestamptz not null,
        revoked_at timestamptz,
        revoked_by uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id),
        constraint support_grant_role check (role in ('admin', 'editor', 'member', 'auditor', 'viewer'))
    )
    """,
    # A visit begins as a link, which becomes a session once: neither's token is stored, only their hashes.
    """
    create table support_visit (
        tenant_id uuid not null,
        id uuid not null,
        grant_id uuid not null,
        operator text not null,
        reason text not null,
        link_hash bytea not null,
        link_expires_at timestamptz not null,
        token_hash bytea,
        entered_at timestamptz,
        expires_at timestamptz not null,
        ended_at timestamptz,
        created_at timestamptz not null default now(),
        primary key (tenant_id, id),
        constraint support_visit_entered check ((token_hash is null) = (entered_at is null)),
        foreign key (tenant_id, grant_id) references support_grant (tenant_id, id) on delete cascade
    )
    """,
    "create unique index support_visit_link on support_visit (tenant_id, link_hash)",
    "create unique index support_visit_token on support_visit (tenant_id, token_hash)",
    "create index support_visit_grant on support_visit (tenant_id, grant_id)",
    "create index support_visit_open on support_visit (expires_at) where ended_at is null",
)

# The token names its organisation, so that the tenant is bound before the look-up: no power is needed for it. The grant is
# asked at each request, in the statement that asks for the session.
VISITOR = """
create function support_visitor(p_tenant uuid, p_token_hash bytea)
returns table (visit_id uuid, grant_id uuid, operator text, role text, organization_name text, organization_state text,
    until timestamptz)
language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        select v.id, g.id, v.operator, g.role, o.name, o.state, least(v.expires_at, g.expires_at)
        from support_visit v
        join support_grant g on g.tenant_id = p_tenant and g.id = v.grant_id
        join organization o on o.tenant_id = p_tenant
        where v.tenant_id = p_tenant and v.token_hash = p_token_hash and v.ended_at is null and v.expires_at > now()
            and g.revoked_at is null and g.expires_at > now();
end $$
"""

STANDS = """
create function session_stands(p_token_hash bytea) returns boolean language sql stable
security definer set search_path = pg_catalog, public, pg_temp
as $$ select exists (select from user_session where token_hash = p_token_hash and expires_at > now()) $$
"""


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("support_grant", privileges="select, insert, update")
    enable_rls("support_visit", privileges="select, insert, update")
    # The operator lists what is open to them; the worker looks for visits whose time is over.
    platform_policy("support_grant", privileges="select (tenant_id, id, reason, role, expires_at, revoked_at)")
    platform_policy("support_visit", privileges="select (tenant_id, id, expires_at, ended_at)")
    op.execute(VISITOR)
    op.execute("revoke all on function support_visitor(uuid, bytea) from public")
    op.execute("grant execute on function support_visitor(uuid, bytea) to chatter_app")
    op.execute(STANDS)
    op.execute("alter function session_stands(bytea) owner to chatter_identity")
    op.execute("revoke all on function session_stands(bytea) from public")
    op.execute("grant execute on function session_stands(bytea) to chatter_app")


def downgrade() -> None:
    op.execute("drop function session_stands(bytea)")
    op.execute("drop function support_visitor(uuid, bytea)")
    op.execute("drop table support_visit")
    op.execute("drop table support_grant")
