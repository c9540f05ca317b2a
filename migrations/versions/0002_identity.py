"""People, sessions, organisations, memberships, the audit log, and the functions that work before a tenant is known."""

from alembic import op

from chatter.kit.db.rls import enable_rls, grant_identity

revision = "0002_identity"
down_revision = "0001_kit"

TABLES = (
    """
    create table app_user (
        id uuid primary key,
        email text not null constraint app_user_email_key unique check (email = lower(email)),
        name text not null,
        password_hash text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
    )
    """,
    """
    create table user_session (
        id uuid primary key,
        user_id uuid not null references app_user (id) on delete cascade,
        token_hash bytea not null constraint user_session_token_hash_key unique,
        created_at timestamptz not null default now(),
        last_used_at timestamptz not null default now(),
        expires_at timestamptz not null,
        user_agent text not null
    )
    """,
    "create index user_session_user on user_session (user_id)",
    """
    create table organization (
        tenant_id uuid primary key,
        name text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
    )
    """,
    """
    create table membership (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        user_id uuid not null references app_user (id) on delete cascade,
        role text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, user_id),
        constraint membership_role check (role in ('owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor'))
    )
    """,
    "create index membership_user on membership (user_id)",
    """
    create table audit_event (
        tenant_id uuid not null,
        id uuid not null,
        at timestamptz not null default now(),
        actor_id uuid not null,
        actor_role text not null,
        session_id uuid not null,
        request_id text not null,
        action text not null,
        target uuid,
        before text,
        after text,
        primary key (tenant_id, id)
    )
    """,
    "create index audit_event_at on audit_event (tenant_id, at desc)",
)

# Each returns the minimum. They run as chatter_identity, which may touch these tables and nothing else.
FUNCTIONS = {
    "first_person()": """
        returns boolean language sql stable as $$ select not exists (select from app_user) $$""",
    "user_by_email(p_email text)": """
        returns table (id uuid, name text, password_hash text) language sql stable
        as $$ select u.id, u.name, u.password_hash from app_user u where u.email = lower(p_email) $$""",
    "user_password_hash(p_user uuid)": """
        returns text language sql stable as $$ select password_hash from app_user where id = p_user $$""",
    "user_create(p_id uuid, p_email text, p_name text, p_password_hash text)": """
        returns void language sql
        as $$ insert into app_user (id, email, name, password_hash) values (p_id, lower(p_email), p_name, p_password_hash) $$""",
    "user_update(p_user uuid, p_name text, p_password_hash text)": """
        returns void language sql
        as $$ update app_user set name = coalesce(p_name, name), password_hash = coalesce(p_password_hash, password_hash),
              updated_at = now() where id = p_user $$""",
    "members_of_bound_tenant()": """
        returns table (user_id uuid, email text, name text, role text, created_at timestamptz) language sql stable
        as $$ select u.id, u.email, u.name, m.role, m.created_at from membership m join app_user u on u.id = m.user_id
              where m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid order by m.created_at, u.id $$""",
    "organizations_of(p_user uuid)": """
        returns table (id uuid, name text, role text) language sql stable
        as $$ select o.tenant_id, o.name, m.role from membership m join organization o on o.tenant_id = m.tenant_id
              where m.user_id = p_user order by m.created_at, o.tenant_id $$""",
    "session_create(p_id uuid, p_user uuid, p_token_hash bytea, p_expires_at timestamptz, p_user_agent text)": """
        returns void language sql
        as $$ insert into user_session (id, user_id, token_hash, expires_at, user_agent)
              values (p_id, p_user, p_token_hash, p_expires_at, p_user_agent) $$""",
    "session_end(p_session uuid)": """
        returns void language sql as $$ delete from user_session where id = p_session $$""",
    "sessions_end_others(p_user uuid, p_keep uuid)": """
        returns void language sql as $$ delete from user_session where user_id = p_user and id <> p_keep $$""",
    # A null organisation means the person's first one; a foreign one gives no row, as an unknown token does.
    "session_by_token(p_token_hash bytea, p_tenant uuid)": """
        returns table (session_id uuid, user_id uuid, email text, name text, tenant_id uuid, organization_name text, role text)
        language plpgsql volatile as $$
        begin
            update user_session s set last_used_at = now()
            where s.token_hash = p_token_hash and s.last_used_at < now() - interval '1 minute';
            return query
                select s.id, u.id, u.email, u.name, o.tenant_id, o.name, m.role
                from user_session s
                join app_user u on u.id = s.user_id
                join membership m on m.user_id = u.id and (p_tenant is null or m.tenant_id = p_tenant)
                join organization o on o.tenant_id = m.tenant_id
                where s.token_hash = p_token_hash and s.expires_at > now()
                order by m.created_at, o.tenant_id limit 1;
        end $$""",
}


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("organization")
    grant_identity("organization", privileges="select")
    enable_rls("membership")
    grant_identity("membership", privileges="select")
    enable_rls("audit_event", privileges="select, insert")
    op.execute("grant select, insert, update on app_user to chatter_identity")
    op.execute("grant select, insert, update, delete on user_session to chatter_identity")
    for signature, body in FUNCTIONS.items():
        head, _, returns = body.strip().partition(" as $$")
        op.execute(
            f"create function {signature} {head} security definer set search_path = pg_catalog, public, pg_temp as $${returns}"
        )
        types = _argument_types(signature)
        op.execute(f"alter function {types} owner to chatter_identity")
        op.execute(f"revoke all on function {types} from public")
        op.execute(f"grant execute on function {types} to chatter_app")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"drop function {_argument_types(signature)}")
    for table in ("audit_event", "membership", "organization", "user_session", "app_user"):
        op.execute(f"drop table {table}")


def _argument_types(signature: str) -> str:
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[-1] for argument in arguments.split(',') if argument)})"
