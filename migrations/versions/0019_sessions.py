"""How somebody came in and since when: the methods of a session, its lifetimes, and what an organisation asks of both.

A look-up of a session writes nothing any more: its last use is noted after the request, as a key's is.
"""

from alembic import op

from chatter.kit.db.rls import enable_rls, grant_identity

revision = "0019_sessions"
down_revision = "0018_collections"

METHODS = "array['password', 'passkey', 'totp', 'recovery_code', 'sso', 'email']"
TABLES = (
    f"""
    alter table user_session
        add column methods text[] not null default '{{password}}'
            constraint user_session_methods check (methods <@ {METHODS} and methods <> '{{}}'),
        add column authenticated_at timestamptz not null default now(),
        add column address text,
        add column idle interval not null default '14 days',
        add column bound_tenant_id uuid references organization (tenant_id) on delete cascade
    """,
    "update user_session set authenticated_at = created_at",
    "alter table user_session alter column methods drop default, alter column idle drop default",
    # From when on its member must have signed in anew: what an administrator does with lost devices, here and nowhere else.
    "alter table membership add column sessions_since timestamptz",
    "create index user_session_bound on user_session (bound_tenant_id) where bound_tenant_id is not null",
    # Whoever comes by an organisation's own identity provider may have no password here.
    "alter table app_user alter column password_hash drop not null",
    """
    create table sign_in_policy (
        tenant_id uuid primary key references organization (tenant_id) on delete cascade,
        require_second_factor boolean not null default false,
        require_sso boolean not null default false,
        idle_minutes integer,
        absolute_hours integer,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint sign_in_policy_idle check (idle_minutes between 5 and 43200),
        constraint sign_in_policy_absolute check (absolute_hours between 1 and 8760)
    )
    """,
    # A link that is asked for by whoever types an address: made for whom the address belongs to, sent by the worker.
    """
    create table mail_link (
        id uuid primary key,
        purpose text not null constraint mail_link_purpose check (purpose in ('password_reset', 'new_device')),
        user_id uuid not null references app_user (id) on delete cascade,
        email text not null,
        detail text not null default '',
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        claimed_at timestamptz,
        sent_at timestamptz,
        used_at timestamptz
    )
    """,
    """
    create table known_device (
        user_id uuid not null references app_user (id) on delete cascade,
        device text not null,
        address text not null,
        seen_at timestamptz not null default now(),
        primary key (user_id, device, address)
    )
    """,
    "create index mail_link_user on mail_link (user_id, created_at)",
    "create index mail_link_unsent on mail_link (created_at) where sent_at is null",
)
WITHIN_OWN = "s.token_hash = p_token_hash and s.expires_at > now() and s.last_used_at > now() - s.idle"
OF_THE_SAME = "s.user_id = o.user_id and (o.bound_tenant_id is null or s.bound_tenant_id = o.bound_tenant_id)"
WITHIN_POLICY = """
                    (p.idle_minutes is null or s.last_used_at > now() - make_interval(mins => p.idle_minutes))
                    and (p.absolute_hours is null or s.created_at > now() - make_interval(hours => p.absolute_hours))"""
NEW_FUNCTIONS = {
    # A device that the person has not come from before is told to them, unless it is the first: one statement for all.
    "session_create(p_id uuid, p_user uuid, p_token_hash bytea, p_expires_at timestamptz, p_idle interval,"
    " p_methods text[], p_bound uuid, p_user_agent text, p_address text, p_device text)": """
        returns void language plpgsql
        as $$
        declare
            place text := coalesce(p_address, '');
            is_new boolean;
        begin
            insert into user_session (id, user_id, token_hash, expires_at, idle, methods, bound_tenant_id, user_agent, address)
            values (p_id, p_user, p_token_hash, p_expires_at, p_idle, p_methods, p_bound, p_user_agent, p_address);
            insert into known_device as k (user_id, device, address) values (p_user, p_device, place)
            on conflict (user_id, device, address) do update set seen_at = now() returning k.xmax = 0 into is_new;
            if is_new and exists (select from known_device k
                    where k.user_id = p_user and (k.device, k.address) <> (p_device, place)) then
                insert into mail_link (id, purpose, user_id, email, detail, expires_at)
                select p_id, 'new_device', u.id, u.email, concat_ws(', ', p_device, p_address), now() + interval '1 day'
                from app_user u where u.id = p_user;
            end if;
        end $$""",
    # A proof that was given once more, with the method that it was given by.
    "session_confirm(p_session uuid, p_method text)": """
        returns timestamptz language sql
        as $$ update user_session set authenticated_at = now(),
                  methods = case when p_method = any (methods) then methods else methods || p_method end
              where id = p_session returning authenticated_at $$""",
    # A person's sessions; one that an organisation vouches for knows of those alone that it vouches for as well.
    "sessions_of(p_session uuid)": f"""
        returns table (id uuid, user_agent text, address text, methods text[], created_at timestamptz,
                       last_used_at timestamptz, expires_at timestamptz, bound boolean)
        language sql stable
        as $$ select s.id, s.user_agent, s.address, s.methods, s.created_at, s.last_used_at, s.expires_at,
                  s.bound_tenant_id is not null
              from user_session o join user_session s on {OF_THE_SAME}
              where o.id = p_session and s.expires_at > now() and s.last_used_at > now() - s.idle
              order by s.last_used_at desc, s.id $$""",  # noqa: S608 # put together from constants
    "session_end_of_same(p_session uuid, p_ended uuid)": f"""
        returns boolean language sql
        as $$ with gone as (delete from user_session s using user_session o
                  where o.id = p_session and s.id = p_ended and {OF_THE_SAME} returning s.id)
              select exists (select from gone) $$""",  # noqa: S608 # put together from constants
    "sessions_end_of_same(p_session uuid)": f"""
        returns bigint language sql
        as $$ with gone as (delete from user_session s using user_session o
                  where o.id = p_session and s.id <> p_session and {OF_THE_SAME} returning s.id)
              select count(*) from gone $$""",  # noqa: S608 # put together from constants
    "session_used(p_session uuid, p_at timestamptz, p_address text)": """
        returns void language sql
        as $$ update user_session set last_used_at = greatest(last_used_at, p_at), address = coalesce(p_address, address)
              where id = p_session $$""",
    # One statement whether somebody has the address or nobody; one link a minute, so that nobody's mailbox is flooded.
    "mail_link_request(p_id uuid, p_purpose text, p_email text, p_expires_at timestamptz)": """
        returns void language sql
        as $$ insert into mail_link (id, purpose, user_id, email, expires_at)
              select p_id, p_purpose, u.id, u.email, p_expires_at from app_user u
              where u.email = lower(p_email) and not exists (
                  select from mail_link l where l.user_id = u.id and l.purpose = p_purpose
                      and l.created_at > now() - interval '1 minute') $$""",
    "mail_links_claim(p_limit integer)": """
        returns table (id uuid, purpose text, email text, detail text, created_at timestamptz, expires_at timestamptz)
        language sql
        as $$ update mail_link l set claimed_at = now()
              where l.id in (
                  select c.id from mail_link c where c.sent_at is null and c.expires_at > now()
                      and (c.claimed_at is null or c.claimed_at < now() - interval '1 minute')
                  order by c.created_at limit p_limit for update skip locked)
              returning l.id, l.purpose, l.email, l.detail, l.created_at, l.expires_at $$""",
    "mail_link_sent(p_link uuid)": """
        returns void language sql as $$ update mail_link set sent_at = now() where id = p_link $$""",
    "mail_link_opened(p_link uuid, p_purpose text)": """
        returns table (user_id uuid, email text, name text) language sql stable
        as $$ select u.id, u.email, u.name from mail_link l join app_user u on u.id = l.user_id and u.email = l.email
              where l.id = p_link and l.purpose = p_purpose and l.used_at is null and l.expires_at > now() $$""",
    # Once: the row is locked and marked first. Whoever held the account before is out, with any other link to it.
    "password_reset(p_link uuid, p_password_hash text)": """
        returns uuid language plpgsql
        as $$
        declare
            person uuid;
        begin
            update mail_link l set used_at = now() from app_user u
            where l.id = p_link and l.purpose = 'password_reset' and l.used_at is null and l.expires_at > now()
                and u.id = l.user_id and u.email = l.email
            returning l.user_id into person;
            if person is not null then
                update mail_link set used_at = now()
                where user_id = person and purpose = 'password_reset' and used_at is null;
                update app_user set password_hash = p_password_hash, updated_at = now() where id = person;
                delete from user_session where user_id = person;
            end if;
            return person;
        end $$""",
    # Whether a session is within its own lifetimes and the organisation's, whoever belongs to that.
    "session_stands(p_token_hash bytea, p_tenant uuid)": f"""
        returns boolean language sql stable
        as $$ select exists (
                  select from user_session s left join sign_in_policy p on p.tenant_id = p_tenant
                  left join membership m on m.tenant_id = p_tenant and m.user_id = s.user_id
                  where {WITHIN_OWN} and{WITHIN_POLICY}
                      and (m.sessions_since is null or s.created_at > m.sessions_since)) $$""",  # noqa: S608 # put together from constants
    # Without a named organisation: the person's first one that is open, else their first one. A bound session opens one.
    "session_by_token(p_token_hash bytea, p_tenant uuid)": f"""
        returns table (session_id uuid, user_id uuid, email text, name text, tenant_id uuid, organization_name text, role text,
                       organization_state text, methods text[], authenticated_at timestamptz, bound boolean,
                       use_is_old boolean, require_second_factor boolean, require_sso boolean)
        language plpgsql stable as $$
        begin
            return query
                select s.id, u.id, u.email, u.name, o.tenant_id, o.name, m.role, o.state, s.methods, s.authenticated_at,
                    s.bound_tenant_id is not null, s.last_used_at < now() - interval '1 minute',
                    coalesce(p.require_second_factor, false), coalesce(p.require_sso, false)
                from user_session s
                join app_user u on u.id = s.user_id
                join membership m on m.user_id = u.id and m.suspended_at is null
                    and (p_tenant is null or m.tenant_id = p_tenant)
                    and (m.sessions_since is null or s.created_at > m.sessions_since)
                    and (s.bound_tenant_id is null or m.tenant_id = s.bound_tenant_id)
                join organization o on o.tenant_id = m.tenant_id
                left join sign_in_policy p on p.tenant_id = m.tenant_id
                where {WITHIN_OWN} and{WITHIN_POLICY}
                order by o.state <> 'active', m.created_at, o.tenant_id limit 1;
        end $$""",  # noqa: S608 # put together from constants
}
OLD_FUNCTIONS = {
    "session_create(p_id uuid, p_user uuid, p_token_hash bytea, p_expires_at timestamptz, p_user_agent text)": """
        returns void language sql
        as $$ insert into user_session (id, user_id, token_hash, expires_at, user_agent)
              values (p_id, p_user, p_token_hash, p_expires_at, p_user_agent) $$""",
    "session_stands(p_token_hash bytea)": """
        returns boolean language sql stable
        as $$ select exists (select from user_session where token_hash = p_token_hash and expires_at > now()) $$""",
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
UNUSABLE = "$argon2id$v=19$m=65536,t=3,p=4$NJsIHuAPWCk2tPc8WkxA1w$PXEsH8xXrQTHxxQiXGdZfBTQZYPbvyXe8TGJxrcGKzk"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("sign_in_policy", privileges="select, insert, update")
    grant_identity("sign_in_policy", privileges="select")
    op.execute("grant select, insert, update on mail_link to chatter_identity")
    op.execute("grant select, insert, update on known_device to chatter_identity")
    _drop_functions(OLD_FUNCTIONS)
    _create_functions(NEW_FUNCTIONS)


def downgrade() -> None:
    _drop_functions(NEW_FUNCTIONS)
    _create_functions(OLD_FUNCTIONS)
    op.execute("drop table mail_link")
    op.execute("drop table known_device")
    op.execute("drop table sign_in_policy")
    op.execute("alter table membership drop column sessions_since")
    op.execute(f"update app_user set password_hash = '{UNUSABLE}' where password_hash is null")  # noqa: S608 # a constant
    op.execute("alter table app_user alter column password_hash set not null")
    op.execute("delete from user_session where bound_tenant_id is not null")  # it would open the person's other ones
    op.execute(
        "alter table user_session drop column bound_tenant_id, drop column idle, drop column address,"
        " drop column authenticated_at, drop column methods"
    )


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
