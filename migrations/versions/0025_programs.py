"""What an organisation asks of how its people sign in holds for what acts for them; who is put out is told where to go."""

from types import ModuleType

from alembic import context, op

revision = "0025_programs"
down_revision = "0024_edges"

# What a program's holder would have to show and can't: null while they could come in themselves. Asked only where the
# organisation asks for something, for a subquery of a branch that is not taken costs nothing. Whoever has come in by a
# provider that is still enabled has shown as much as the organisation wanted.
LACKS = """case
            when m.kind <> 'person' or y.tenant_id is null
                or not (y.require_sso or y.require_passkey or y.require_second_factor) then null
            when exists (select from external_identity e
                join identity_provider i on i.tenant_id = e.tenant_id and i.id = e.provider_id and i.enabled
                where e.tenant_id = m.tenant_id and e.user_id = m.user_id) then null
            when y.require_sso and not (m.role = 'owner' and exists (
                select from sso_break_glass b where b.tenant_id = m.tenant_id and b.user_id = m.user_id)) then 'sso'
            when y.require_passkey then (select 'passkey' from factors_of(m.person_id) f where f.passkeys = 0)
            when y.require_second_factor then (
                select 'second_factor' from factors_of(m.person_id) f where not f.totp and f.passkeys = 0)
        end"""
KEY = f"""
create function principal_by_key(p_tenant uuid, p_token_hash bytea)
returns table (key_id uuid, user_id uuid, kind text, email text, name text, organization_name text, role text,
               organization_state text, scopes text[], addresses text[], use_is_old boolean, lacks text)
language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        select k.id, m.user_id, m.kind, coalesce(p.email, ''), coalesce(p.name, s.name), o.name, m.role, o.state,
            k.scopes, k.addresses, k.last_used_at is null or k.last_used_at < now() - interval '1 minute',
            {LACKS}
        from api_key k
        join membership m on m.tenant_id = k.tenant_id and m.user_id = k.user_id and m.suspended_at is null
        join organization o on o.tenant_id = k.tenant_id
        left join sign_in_policy y on y.tenant_id = k.tenant_id
        left join service_account s on s.tenant_id = k.tenant_id and s.id = m.service_account_id
        left join lateral person_of_bound_tenant(m.person_id) p on true
        where k.tenant_id = p_tenant and k.token_hash = p_token_hash and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now());
end $$
"""  # noqa: S608 # put together from constants
FAMILY = f"""
create function principal_by_family(p_tenant uuid, p_family uuid)
returns table (grant_id uuid, user_id uuid, email text, name text, organization_name text, role text,
               organization_state text, scopes text[], lacks text)
language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        select g.id, m.user_id, p.email, p.name, o.name, m.role, o.state, f.scopes,
            {LACKS}
        from oauth_family f
        join oauth_grant g on g.tenant_id = f.tenant_id and g.id = f.grant_id and g.revoked_at is null
        join membership m on m.tenant_id = g.tenant_id and m.user_id = g.user_id and m.suspended_at is null
        join organization o on o.tenant_id = g.tenant_id
        left join sign_in_policy y on y.tenant_id = g.tenant_id
        join lateral person_of_bound_tenant(m.person_id) p on true
        where f.tenant_id = p_tenant and f.id = p_family and f.ended_at is null and f.expires_at > now();
end $$
"""  # noqa: S608 # put together from constants

# As in 0010: each returns the minimum, and runs as chatter_identity.
FUNCTIONS = {
    # Which organisations a session would open, did they not ask for their own sign-in, and by which providers.
    "sso_demanded_of(p_token_hash bytea, p_tenant uuid)": """
        returns table (tenant_id uuid, organization_name text, provider_id uuid, provider_name text)
        language sql stable
        as $$ select o.tenant_id, o.name, i.id, i.name
              from user_session s
              join membership m on m.user_id = s.user_id and m.suspended_at is null
                  and (p_tenant is null or m.tenant_id = p_tenant)
              join organization o on o.tenant_id = m.tenant_id and o.state = 'active'
              join sign_in_policy y on y.tenant_id = m.tenant_id and y.require_sso
              join identity_provider i on i.tenant_id = m.tenant_id and i.enabled
              where s.token_hash = p_token_hash and s.bound_tenant_id is null
                  and session_stands(p_token_hash, m.tenant_id)
                  and not (m.role = 'owner' and exists (
                      select from sso_break_glass b where b.tenant_id = m.tenant_id and b.user_id = m.user_id))
              order by o.name, o.tenant_id, i.name, i.id $$""",
}


def upgrade() -> None:
    op.execute("drop function principal_by_key(uuid, bytea)")
    op.execute(KEY)
    op.execute("drop function principal_by_family(uuid, uuid)")
    op.execute(FAMILY)
    _earlier("0010_organizations")._create_functions(FUNCTIONS)


def downgrade() -> None:
    _earlier("0010_organizations")._drop_functions(FUNCTIONS)
    op.execute("drop function principal_by_family(uuid, uuid)")
    op.execute(_earlier("0023_oauth").FAMILY)
    op.execute("drop function principal_by_key(uuid, bytea)")
    op.execute(_earlier("0023_api_keys").KEY)


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
