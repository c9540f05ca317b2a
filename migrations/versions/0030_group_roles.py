"""Groups of a directory stand for roles."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0030_group_roles"
down_revision = "0029_tools"

TABLES = (
    """
    create table scim_group_role (
        tenant_id uuid not null,
        scim_group_id uuid not null,
        position integer not null,
        role text not null constraint scim_group_role_role check (
            role in ('admin', 'editor', 'member', 'viewer', 'billing', 'auditor') or role ~ '^custom:[0-9a-f-]{36}$'),
        role_id uuid generated always as (
            case when role like 'custom:%' then substr(role, 8)::uuid end) stored,
        primary key (tenant_id, scim_group_id),
        foreign key (tenant_id, scim_group_id) references scim_group (tenant_id, id) on delete cascade,
        constraint scim_group_role_custom_role
            foreign key (tenant_id, role_id) references role (tenant_id, id) on delete cascade
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    enable_rls("scim_group_role")


def downgrade() -> None:
    op.execute("drop table scim_group_role")
