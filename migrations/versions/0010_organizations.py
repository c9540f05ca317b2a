"""The life of organisations and memberships: states, invitations, offboarding."""

from alembic import op

from chatter.kit.db.rls import enable_rls, platform_policy

revision = "0010_organizations"
down_revision = "0009_audit"

TABLES = (
    """
    alter table organization
        add column state text not null default 'active'
            constraint organization_state check (state in ('suspended', 'deleting', 'active')),
        add column purge_after timestamptz,
        add constraint organization_purge check (state <> 'deleting' or purge_after is not null)
    """,
    "alter table membership add column suspended_at timestamptz",
    """
    create table invitation (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        email text not null check (email = lower(email)),
        role text not null,
        serial integer not null default 1,
        token_hash bytea not null,
        invited_by uuid not null,
        expires_at timestamptz not null,
        accepted_at timestamptz,
        revoked_at timestamptz,
        mail_state text not null default 'queued',
        mail_error text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id),
        constraint invitation_role check (role in ('owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor')),
        constraint invitation_mail_state check (mail_state in ('queued', 'sent', 'failed'))
    )
    """,
    "create unique index invitation_token on invitation (tenant_id, token_hash)",
    # One open invitation an address; an accepted or revoked one does not stand in the way.
    """
    create unique index invitation_open on invitation (tenant_id, email)
        where accepted_at is null and revoked_at is null
    """,
    """
    create table invitation_team (
        tenant_id uuid not null,
        invitation_id uuid not null,
        team_id uuid not null,
        primary key (tenant_id, invitation_id, team_id),
        foreign key (tenant_id, invitation_id) references invitation (tenant_id, id) on delete cascade,
        foreign key (tenant_id, team_id) references team (tenant_id, id) on delete cascade
    )
    """,
    """
    create table offboarding (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        user_id uuid not null,
        person text not null,
        successor_id uuid,
        handed_over text[] not null,
        ordered_by uuid not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, id)
    )
    """,
)

# As in 0002, with the states: a suspended membership is no membership, and the organisation's state is told.
NEW_FUNCTIONS = {
    "first_organization()": """
        returns uuid language sql stable as $$ select tenant_id from organization order by created_at, tenant_id limit 1 $$""",
    "members_of_bound_tenant()": """
        returns table (user_id uuid, email text, name text, role text, created_at timestamptz, suspended_at timestamptz)
        language sql stable
        as $$ select u.id, u.email, u.name, m.role, m.created_at, m.suspended_at
              from membership m join app_user u on u.id = m.user_id
              where m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid order by m.created_at, u.id $$""",
    "organizations_of(p_user uuid)": """
        returns table (id uuid, name text, role text, state text) language sql stable
        as $$ select o.tenant_id, o.name, m.role, o.state from membership m join organization o on o.tenant_id = m.tenant_id
              where m.user_id = p_user and m.suspended_at is null order by m.created_at, o.tenant_id $$""",
    # Without a named organisation: the person's first one that is open, else their first one.
    "session_by_token(p_token_hash bytea, p_tenant uuid)": """
        returns table (session_id uuid, user_id uuid, email text, name text, tenant_id uuid, organization_name text, role text,
                       organization_state text)
        language plpgsql volatile as $$
        begin
            update user_session s set last_used_at = now()
            where s.token_hash = p_token_hash and s.last_used_at < now() - interval '1 minute';
            return query
                select s.id, u.id, u.email, u.name, o.tenant_id, o.name, m.role, o.state
                from user_session s
                join app_user u on u.id = s.user_id
                join membership m on m.user_id = u.id and m.suspended_at is null
                    and (p_tenant is null or m.tenant_id = p_tenant)
                join organization o on o.tenant_id = m.tenant_id
                where s.token_hash = p_token_hash and s.expires_at > now()
                order by o.state <> 'active', m.created_at, o.tenant_id limit 1;
        end $$""",
}
OLD_FUNCTIONS = {
    "members_of_bound_tenant()": """
        returns table (user_id uuid, email text, name text, role text, created_at timestamptz) language sql stable
        as $$ select u.id, u.email, u.name, m.role, m.created_at from membership m join app_user u on u.id = m.user_id
              where m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid order by m.created_at, u.id $$""",
    "organizations_of(p_user uuid)": """
        returns table (id uuid, name text, role text) language sql stable
        as $$ select o.tenant_id, o.name, m.role from membership m join organization o on o.tenant_id = m.tenant_id
              where m.user_id = p_user order by m.created_at, o.tenant_id $$""",
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
    enable_rls("invitation")
    enable_rls("invitation_team", privileges="select, insert, delete")
    enable_rls("offboarding", privileges="select, insert")
    platform_policy("organization", privileges="select")  # the operator's list, and the deletions that are due
    op.execute("grant delete on job to chatter_app")  # an organisation that is purged leaves no jobs
    _drop_functions(OLD_FUNCTIONS)
    _create_functions(NEW_FUNCTIONS)


def downgrade() -> None:
    _drop_functions(NEW_FUNCTIONS)
    _create_functions(OLD_FUNCTIONS)
    op.execute("revoke delete on job from chatter_app")
    op.execute("drop policy organization_platform on organization")
    op.execute("revoke select on organization from chatter_platform")
    for table in ("offboarding", "invitation_team", "invitation"):
        op.execute(f"drop table {table}")
    op.execute("alter table membership drop column suspended_at")
    op.execute("alter table organization drop column purge_after, drop column state")


def _create_functions(functions: dict[str, str]) -> None:
    """As chatter_identity's, like those of 0002."""
    for signature, body in functions.items():
        head, _, rest = body.strip().partition("as $$")
        op.execute(
            f"create function {signature} {head} security definer set search_path = pg_catalog, public, pg_temp as $${rest}"
        )
        types = _argument_types(signature)
        op.execute(f"alter function {types} owner to chatter_identity")
        op.execute(f"revoke all on function {types} from public")
        op.execute(f"grant execute on function {types} to chatter_app")


def _drop_functions(functions: dict[str, str]) -> None:
    for signature in functions:
        op.execute(f"drop function {_argument_types(signature)}")


def _argument_types(signature: str) -> str:
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[-1] for argument in arguments.split(',') if argument)})"
