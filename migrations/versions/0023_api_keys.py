"""Keys that people make for themselves, and what narrows a key: permissions, and the addresses it works from."""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import disable_rls

revision = "0023_api_keys"
down_revision = "0021_sso"

COLUMNS = (
    "add column scopes text[]",
    "add column addresses text[] not null default '{}'",
)
INDEX = "create index api_key_newest on api_key (tenant_id, created_at desc, id desc)"

# The name and address of one member who is a person: a key's holder, whom the application can't read otherwise.
PERSON = {
    "person_of_bound_tenant(p_user uuid)": """
        returns table (email text, name text) language sql stable
        as $$ select u.email, u.name from membership m join app_user u on u.id = m.person_id
              where m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid and m.user_id = p_user $$""",
}

# As in 0014, for people too, and with what narrows the key. One statement, whatever comes of it.
KEY = """
create function principal_by_key(p_tenant uuid, p_token_hash bytea)
returns table (key_id uuid, user_id uuid, kind text, email text, name text, organization_name text, role text,
               organization_state text, scopes text[], addresses text[], use_is_old boolean)
language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        select k.id, m.user_id, m.kind, coalesce(p.email, ''), coalesce(p.name, s.name), o.name, m.role, o.state,
            k.scopes, k.addresses, k.last_used_at is null or k.last_used_at < now() - interval '1 minute'
        from api_key k
        join membership m on m.tenant_id = k.tenant_id and m.user_id = k.user_id and m.suspended_at is null
        join organization o on o.tenant_id = k.tenant_id
        left join service_account s on s.tenant_id = k.tenant_id and s.id = m.service_account_id
        left join lateral person_of_bound_tenant(m.person_id) p on true
        where k.tenant_id = p_tenant and k.token_hash = p_token_hash and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now());
end $$
"""


def upgrade() -> None:
    op.execute(f"alter table api_key {', '.join(COLUMNS)}")
    op.execute(INDEX)
    _earlier("0010_organizations")._create_functions(PERSON)
    op.execute("drop function principal_by_key(uuid, bytea)")
    op.execute(KEY)


def downgrade() -> None:
    op.execute("drop function principal_by_key(uuid, bytea)")
    op.execute(_earlier("0014_service_accounts").KEY)
    _earlier("0010_organizations")._drop_functions(PERSON)
    disable_rls("api_key")  # an earlier program would let what is narrowed here do all that its holder may
    op.execute(
        "delete from api_key k where scopes is not null or addresses <> '{}' or not exists ("
        "select from service_account s where s.tenant_id = k.tenant_id and s.id = k.user_id)"
    )
    op.execute("alter table api_key force row level security")
    op.execute("drop index api_key_newest")
    op.execute("alter table api_key drop column addresses, drop column scopes")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
