"""SCIM: the tokens of directories, what they tell of people and groups, and what they asked for last.

Whom a directory names becomes a person through two functions, which look at the domains that the organisation has proven.
"""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import enable_rls

revision = "0022_scim"
down_revision = "0023_oauth"

TABLES = (
    """
    create table scim_token (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        name text not null,
        token_hash bytea not null,
        hint text not null,
        role text not null,
        default_role text not null,
        created_by uuid not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        primary key (tenant_id, id)
    )
    """,
    "create unique index scim_token_token on scim_token (tenant_id, token_hash)",
    """
    create table scim_user (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        person_id uuid references app_user (id) on delete set null,
        user_name text not null,
        user_name_key text not null,
        external_id text,
        active boolean,
        made_person boolean not null default false,
        attributes jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id)
    )
    """,
    "create unique index scim_user_name on scim_user (tenant_id, user_name_key)",
    "create unique index scim_user_person on scim_user (tenant_id, person_id) where person_id is not null",
    "create index scim_user_of_person on scim_user (person_id) where person_id is not null",
    "create index scim_user_external on scim_user (tenant_id, external_id) where external_id is not null",
    """
    create table scim_group (
        tenant_id uuid not null,
        id uuid not null,
        team_id uuid not null,
        external_id text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id),
        foreign key (tenant_id, team_id) references team (tenant_id, id) on delete cascade
    )
    """,
    "create unique index scim_group_team on scim_group (tenant_id, team_id)",
    "create index scim_group_external on scim_group (tenant_id, external_id) where external_id is not null",
    """
    create table scim_group_member (
        tenant_id uuid not null,
        scim_group_id uuid not null,
        scim_user_id uuid not null,
        display text,
        primary key (tenant_id, scim_group_id, scim_user_id),
        foreign key (tenant_id, scim_group_id) references scim_group (tenant_id, id) on delete cascade,
        foreign key (tenant_id, scim_user_id) references scim_user (tenant_id, id) on delete cascade
    )
    """,
    "create index scim_group_member_user on scim_group_member (tenant_id, scim_user_id)",
    """
    create table scim_request (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        scim_token_id uuid not null,
        at timestamptz not null default now(),
        method text not null,
        path text not null,
        status integer not null,
        detail text,
        primary key (tenant_id, id),
        foreign key (tenant_id, scim_token_id) references scim_token (tenant_id, id) on delete cascade
    )
    """,
    "create index scim_request_token on scim_request (tenant_id, scim_token_id)",
)

# A token names its organisation, as a key does: one statement, whatever comes of it.
PRINCIPAL = """
create function principal_by_scim_token(p_tenant uuid, p_token_hash bytea)
returns table (token_id uuid, name text, role text, organization_name text, organization_state text)
language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        select k.id, k.name, k.role, o.name, o.state
        from scim_token k join organization o on o.tenant_id = k.tenant_id
        where k.tenant_id = p_tenant and k.token_hash = p_token_hash and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now());
end $$
"""

FUNCTIONS = {
    # The person of an address, made when there is none: for a member of the bound organisation, or for an address in a
    # domain that it has proven. No row otherwise, whether or not somebody has the address.
    "provision_person(p_id uuid, p_email text, p_name text)": """
        returns table (person_id uuid, made boolean) language plpgsql volatile
        as $$
        declare
            t uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
            found uuid := (select u.id from app_user u where u.email = lower(p_email));
        begin
            if exists (select from membership m where m.tenant_id = t and m.person_id = found) then
                return query select found, false;
            elsif exists (select from mail_domain d where d.tenant_id = t and d.verified_at is not null
                          and d.name = split_part(lower(p_email), '@', 2)) then
                if found is null then
                    insert into app_user (id, email, name, password_hash) values (p_id, lower(p_email), p_name, null);
                end if;
                return query select coalesce(found, p_id), found is null;
            end if;
        end $$""",
    # A new address or name of a person who is known in the bound organisation alone, and whose address, before and after,
    # is in a domain that it has proven. False for anybody else.
    "provisioned_person_update(p_user uuid, p_email text, p_name text)": """
        returns boolean language plpgsql volatile
        as $$
        declare
            t uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
            present text := (select u.email from app_user u where u.id = p_user);
        begin
            if exists (select from membership m where m.person_id = p_user and m.tenant_id <> t)
                or not exists (select from membership m where m.tenant_id = t and m.person_id = p_user)
                or exists (select from unnest(array[present, lower(coalesce(p_email, present))]) a (address)
                           where not exists (select from mail_domain d where d.tenant_id = t
                               and d.verified_at is not null and d.name = split_part(a.address, '@', 2)))
            then
                return false;
            end if;
            update app_user u set email = coalesce(lower(p_email), u.email), name = coalesce(p_name, u.name),
                email_proven_at = case when lower(coalesce(p_email, u.email)) = u.email then u.email_proven_at end,
                updated_at = now() where u.id = p_user;
            return true;
        end $$""",
}

ACTORS = "('system', 'operator', 'service', 'user')"
ACTORS_WITH_SCIM = "('scim', 'system', 'operator', 'service', 'user')"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("scim_token", privileges="select, insert, update")
    enable_rls("scim_user")
    enable_rls("scim_group")
    enable_rls("scim_group_member", privileges="select, insert, delete")
    enable_rls("scim_request", privileges="select, insert, delete")
    op.execute(PRINCIPAL)
    _earlier("0010_organizations")._create_functions(FUNCTIONS)
    _actors(ACTORS_WITH_SCIM)


def downgrade() -> None:
    _actors(ACTORS, " not valid")  # the log keeps what directories did: its rows are sealed
    _earlier("0010_organizations")._drop_functions(FUNCTIONS)
    op.execute("drop function principal_by_scim_token(uuid, bytea)")
    for table in ("scim_request", "scim_group_member", "scim_group", "scim_user", "scim_token"):
        op.execute(f"drop table {table}")


def _actors(kinds: str, validity: str = "") -> None:
    op.execute("alter table audit_event drop constraint audit_event_actor_kind")
    op.execute(f"alter table audit_event add constraint audit_event_actor_kind check (actor_kind in {kinds}){validity}")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds how functions of chatter_identity are made."""
    return context.script.get_revision(revision_id).module
