"""Mail domains that organisations have proven to be theirs, mailboxes that people have, and joining by both."""

from alembic import op

from chatter.kit.db.rls import enable_rls, grant_identity

revision = "0011_domains"
down_revision = "0010_organizations"

TABLE = """
create table mail_domain (
    tenant_id uuid not null references organization (tenant_id) on delete cascade,
    id uuid not null,
    name text not null check (name = lower(name)),
    verified_at timestamptz,
    auto_join_role text constraint mail_domain_auto_join_role check (auto_join_role in ('editor', 'member', 'viewer')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id)
)
"""

FORMER = """
create table former_member (
    tenant_id uuid not null references organization (tenant_id) on delete cascade,
    user_id uuid not null references app_user (id) on delete cascade,
    left_at timestamptz not null default now(),
    primary key (tenant_id, user_id)
)
"""

# As in 0002: they run as chatter_identity and return the minimum.
FUNCTIONS = {
    "user_email_proven(p_user uuid)": """
        returns boolean language sql stable
        as $$ select email_proven_at is not null from app_user where id = p_user $$""",
    # Only for the address that the proof was made for.
    "user_prove_email(p_user uuid, p_email text)": """
        returns boolean language sql volatile
        as $$ update app_user set email_proven_at = coalesce(email_proven_at, now())
              where id = p_user and email = p_email returning true $$""",
    "auto_joins_of(p_user uuid)": """
        returns table (tenant_id uuid, organization_name text, role text) language sql stable
        as $$ select o.tenant_id, o.name, d.auto_join_role
              from app_user u
              join mail_domain d on d.name = split_part(u.email, '@', 2)
                  and d.verified_at is not null and d.auto_join_role is not null
              join organization o on o.tenant_id = d.tenant_id and o.state = 'active'
              where u.id = p_user and u.email_proven_at is not null
                  and not exists (select from membership m where m.tenant_id = o.tenant_id and m.user_id = u.id)
                  and not exists (select from former_member f where f.tenant_id = o.tenant_id and f.user_id = u.id) $$""",
}


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(FORMER)
    op.execute("alter table app_user add column email_proven_at timestamptz")
    op.execute("create unique index mail_domain_name on mail_domain (tenant_id, name)")
    # Across organisations on purpose: whoever meets it has just shown that the domain's records are theirs to write.
    op.execute("create unique index mail_domain_verified on mail_domain (name) where verified_at is not null")
    enable_rls("mail_domain")
    grant_identity("mail_domain", privileges="select")
    enable_rls("former_member", privileges="select, insert")
    grant_identity("former_member", privileges="select")
    for signature, body in FUNCTIONS.items():
        head, _, rest = body.strip().partition("as $$")
        op.execute(
            f"create function {signature} {head} security definer set search_path = pg_catalog, public, pg_temp as $${rest}"
        )
        types = _argument_types(signature)
        op.execute(f"alter function {types} owner to chatter_identity")
        op.execute(f"revoke all on function {types} from public")
        op.execute(f"grant execute on function {types} to chatter_app")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"drop function {_argument_types(signature)}")
    op.execute("alter table app_user drop column email_proven_at")
    op.execute("drop table former_member")
    op.execute("drop table mail_domain")


def _argument_types(signature: str) -> str:
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[-1] for argument in arguments.split(','))})"
