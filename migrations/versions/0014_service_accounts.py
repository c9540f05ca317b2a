"""Service accounts: members without a person behind them, who come with an API key in place of a session.

And invitations in a role of the organisation's own, which can't go while somebody could still accept one.
"""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import disable_rls, enable_rls, grant_identity

revision = "0014_service_accounts"
down_revision = "0013_support_access"

BUILT_IN = "role in ('owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor')"

TABLES = (
    """
    create table service_account (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        name text not null,
        description text not null default '',
        created_by uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id)
    )
    """,
    "create unique index service_account_name on service_account (tenant_id, lower(name))",
    # A member is a person or a service account. Who it is stands in one column, as before, so that teams, grants, access
    # and owners need not tell them apart; of which kind it is decides which of two keys holds it.
    """
    alter table membership
        add column kind text not null default 'person' constraint membership_kind check (kind in ('service', 'person')),
        add constraint membership_owner_is_a_person check (kind = 'person' or role <> 'owner'),
        drop constraint membership_user_id_fkey
    """,
    """
    alter table membership
        add column person_id uuid generated always as (case when kind = 'person' then user_id end) stored,
        add column service_account_id uuid generated always as (case when kind = 'service' then user_id end) stored
    """,
    """
    alter table membership
        add constraint membership_person foreign key (person_id) references app_user (id) on delete cascade,
        add constraint membership_service_account foreign key (tenant_id, service_account_id)
            references service_account (tenant_id, id) on delete cascade
    """,
    "create index membership_person on membership (person_id) where person_id is not null",
    """
    create index membership_service_account on membership (tenant_id, service_account_id)
        where service_account_id is not null
    """,
    # A service account owns conversations as well, and, like a document's, their owner may be gone.
    "alter table conversation drop constraint conversation_owner_id_fkey",
    """
    create table api_key (
        tenant_id uuid not null,
        id uuid not null,
        user_id uuid not null,
        name text not null,
        token_hash bytea not null,
        hint text not null,
        created_by uuid not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        primary key (tenant_id, id),
        foreign key (tenant_id, user_id) references membership (tenant_id, user_id) on delete cascade
    )
    """,
    "create unique index api_key_token on api_key (tenant_id, token_hash)",
    "create index api_key_holder on api_key (tenant_id, user_id)",
    "alter table invitation drop constraint invitation_role",
    f"alter table invitation add constraint invitation_role check ({BUILT_IN} or role ~ '^custom:[0-9a-f-]{{36}}$')",
    """
    alter table invitation add column role_id uuid generated always as (
        case when role like 'custom:%' and accepted_at is null and revoked_at is null then substr(role, 8)::uuid end
    ) stored
    """,
    """
    alter table invitation add constraint invitation_custom_role foreign key (tenant_id, role_id)
        references role (tenant_id, id)
    """,
    "create index invitation_of_role on invitation (tenant_id, role_id) where role_id is not null",
    "create index invitation_newest on invitation (tenant_id, created_at desc, id desc)",
)

# A key names its organisation, so the tenant is bound before the key is looked for: one statement, whatever comes of it.
KEY = """
create function principal_by_key(p_tenant uuid, p_token_hash bytea)
returns table (key_id uuid, user_id uuid, name text, organization_name text, role text, organization_state text,
               use_is_old boolean)
language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        select k.id, m.user_id, s.name, o.name, m.role, o.state,
            k.last_used_at is null or k.last_used_at < now() - interval '1 minute'
        from api_key k
        join membership m on m.tenant_id = k.tenant_id and m.user_id = k.user_id and m.suspended_at is null
        join service_account s on s.tenant_id = k.tenant_id and s.id = m.service_account_id
        join organization o on o.tenant_id = k.tenant_id
        where k.tenant_id = p_tenant and k.token_hash = p_token_hash and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now());
end $$
"""

# As in 0010, with the service accounts among the members.
MEMBERS = {
    "members_of_bound_tenant()": """
        returns table (user_id uuid, email text, name text, role text, created_at timestamptz, suspended_at timestamptz,
                       kind text)
        language sql stable
        as $$ select m.user_id, coalesce(u.email, ''), coalesce(u.name, s.name), m.role, m.created_at, m.suspended_at, m.kind
              from membership m
              left join app_user u on u.id = m.person_id
              left join service_account s on s.tenant_id = m.tenant_id and s.id = m.service_account_id
              where m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
              order by m.created_at, m.user_id $$""",
}

# A turn writes its audit row inside the function that opens it.
OPEN_TURN = (
    ("p_client_address text)", "p_client_address text, p_actor_kind text, p_key_id uuid)"),
    ("actor_label, client_address, run_id)", "actor_label, client_address, run_id, actor_kind, key_id)"),
    (
        "p_actor_label, p_client_address, p_run_id)",
        "p_actor_label, p_client_address, p_run_id, p_actor_kind, p_key_id)",
    ),
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("service_account")
    grant_identity("service_account", privileges="select")
    enable_rls("api_key", privileges="select, insert, update")
    op.execute(KEY)
    organizations = _earlier("0010_organizations")
    organizations._drop_functions(MEMBERS)
    organizations._create_functions(MEMBERS)
    _rewrite_open_turn(OPEN_TURN)


def downgrade() -> None:
    _rewrite_open_turn(tuple((new, old) for old, new in OPEN_TURN))
    organizations = _earlier("0010_organizations")
    organizations._drop_functions(MEMBERS)
    name = "members_of_bound_tenant()"
    organizations._create_functions({name: organizations.NEW_FUNCTIONS[name]})
    op.execute("drop function principal_by_key(uuid, bytea)")
    op.execute("drop table api_key")
    op.execute("set constraints all immediate")  # what is deferred stands in the way of altering a table
    disable_rls("conversation")
    op.execute("delete from conversation c where not exists (select from app_user u where u.id = c.owner_id)")
    op.execute("alter table conversation force row level security")
    op.execute("alter table conversation add foreign key (owner_id) references app_user (id) on delete cascade")
    disable_rls("membership")
    op.execute("delete from membership where kind = 'service'")
    op.execute("alter table membership force row level security")
    op.execute("alter table membership drop column person_id, drop column service_account_id, drop column kind cascade")
    op.execute("alter table membership add foreign key (user_id) references app_user (id) on delete cascade")
    op.execute("drop table service_account")
    op.execute("drop index invitation_newest")
    op.execute("alter table invitation drop column role_id, drop constraint invitation_role")
    disable_rls("invitation")
    op.execute("update invitation set role = 'viewer' where role like 'custom:%'")
    op.execute("alter table invitation force row level security")
    op.execute(f"alter table invitation add constraint invitation_role check ({BUILT_IN})")


def _rewrite_open_turn(changes: tuple[tuple[str, str], ...]) -> None:
    """Make the function anew from its present text. It is looked up by name: a kept plan would hold the former one's id."""
    bind = op.get_bind()
    found = "select pg_get_functiondef(oid) from pg_proc where proname = 'chat_open_turn'"
    text: str = bind.exec_driver_sql(found).scalar_one()
    for old, new in changes:
        if old not in text:
            raise LookupError(f"chat_open_turn holds no {old!r}")
        text = text.replace(old, new)
    bind.exec_driver_sql("drop function chat_open_turn")
    bind.exec_driver_sql(text)


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
