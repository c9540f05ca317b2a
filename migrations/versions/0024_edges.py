"""The rate limits that an organisation has set for itself."""

from alembic import op

from chatter.kit.db.rls import enable_rls, platform_policy

revision = "0024_edges"
down_revision = "0022_scim"

TABLES = (
    """
    create table rate_limit_override (
        tenant_id uuid not null references organization (tenant_id) on delete cascade,
        rule text not null,
        amount integer not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, rule),
        constraint rate_limit_override_amount check (amount between 1 and 1000000)
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("rate_limit_override")
    # Every web process holds all of them, so that no request has to ask.
    platform_policy("rate_limit_override", privileges="select")


def downgrade() -> None:
    op.execute("drop table rate_limit_override")
