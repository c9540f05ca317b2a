"""The web origins whose pages may call an organisation's API from a browser."""

from types import ModuleType

from alembic import context, op

from chatter.kit.db.rls import enable_rls, grant_identity

revision = "0027_origins"
down_revision = "0026_takeover"

TABLES = (
    """
    create table web_origin (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        origin text not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, id)
    )
    """,
    "create unique index web_origin_once on web_origin (tenant_id, origin)",
    # A preflight names an origin and no organisation.
    "create index web_origin_of_any on web_origin (origin)",
)

LISTED_BY = """
create function web_origins_of(p_tenant uuid) returns setof text language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query select w.origin from web_origin w where w.tenant_id = p_tenant;
end $$
"""

# Before any organisation is known, and no more than whether there is one.
FUNCTIONS = {
    "web_origin_listed(p_origin text)": """
        returns boolean language sql stable
        as $$ select exists (
                  select from web_origin w join organization o on o.tenant_id = w.tenant_id
                  where w.origin = p_origin and o.state = 'active') $$""",
}

# The word goes out with the commit: each process forgets what it kept.
CHANGED = """
create function web_origins_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('web_origins_changed', '');
    return null;
end $$
"""
WATCHED = {"web_origin": "insert or update or delete", "organization": "update of state"}


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("web_origin", privileges="select, insert, delete")
    grant_identity("web_origin", privileges="select")
    op.execute(LISTED_BY)
    _earlier("0010_organizations")._create_functions(FUNCTIONS)
    op.execute(CHANGED)
    for table, change in WATCHED.items():
        op.execute(
            f"create trigger {table}_origins after {change} on {table} "
            "for each statement execute function web_origins_changed()"
        )


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"drop trigger {table}_origins on {table}")
    op.execute("drop function web_origins_changed()")
    _earlier("0010_organizations")._drop_functions(FUNCTIONS)
    op.execute("drop function web_origins_of(uuid)")
    op.execute("drop table web_origin")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
