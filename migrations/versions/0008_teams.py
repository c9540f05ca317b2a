"""Teams: named groups of an organisation's members."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0008_teams"
down_revision = "0007_search_graph"

TABLES = (
    """
    create table team (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        id uuid not null,
        name text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id)
    )
    """,
    "create unique index team_name on team (tenant_id, lower(name))",
    """
    create table team_member (
        tenant_id uuid not null,
        team_id uuid not null,
        user_id uuid not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, team_id, user_id),
        foreign key (tenant_id, team_id) references team (tenant_id, id) on delete cascade,
        foreign key (tenant_id, user_id) references membership (tenant_id, user_id) on delete cascade
    )
    """,
    "create index team_member_user on team_member (tenant_id, user_id)",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("team")
    enable_rls("team_member", privileges="select, insert, delete")


def downgrade() -> None:
    op.execute("drop table team_member")
    op.execute("drop table team")
