"""Mail domains that organisations have proven to be theirs."""

from alembic import op

from chatter.kit.db.rls import enable_rls

revision = "0011_domains"
down_revision = "0010_organizations"

TABLE = """
create table mail_domain (
    tenant_id uuid not null references organization (tenant_id) on delete cascade,
    id uuid not null,
    name text not null check (name = lower(name)),
    verified_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id)
)
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("create unique index mail_domain_name on mail_domain (tenant_id, name)")
    # Across organisations on purpose: whoever meets it has just shown that the domain's records are theirs to write.
    op.execute("create unique index mail_domain_verified on mail_domain (name) where verified_at is not null")
    enable_rls("mail_domain")


def downgrade() -> None:
    op.execute("drop table mail_domain")
