"""Jobs and the outbox."""

from alembic import op

from chatter.kit.db.rls import enable_rls, platform_policy

revision = "0001_kit"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        create table job (
            tenant_id uuid not null,
            id uuid not null,
            kind text not null,
            payload text not null,
            subject uuid,
            state text not null default 'queued',
            stage text not null default '',
            done integer not null default 0,
            total integer not null default 0,
            attempts integer not null default 0,
            max_attempts integer not null,
            run_after timestamptz not null default now(),
            heartbeat_at timestamptz,
            worker text,
            cancel_requested boolean not null default false,
            error_code text,
            error_detail text,
            error_remedy text,
            created_at timestamptz not null default now(),
            finished_at timestamptz,
            primary key (tenant_id, id),
            constraint job_state check (state in ('queued', 'running', 'done', 'failed', 'cancelled'))
        )
        """
    )
    op.execute("create index job_queued on job (run_after) where state = 'queued'")
    op.execute("create index job_running on job (heartbeat_at) where state = 'running'")
    op.execute("create index job_subject on job (tenant_id, subject)")
    enable_rls("job", privileges="select, insert, update")
    platform_policy("job", privileges="select, update")
    op.execute(
        "create table job_turn (tenant_id uuid not null primary key, last_taken_at timestamptz not null default clock_timestamp())"
    )
    enable_rls("job_turn", privileges="select")
    platform_policy("job_turn", privileges="select, insert, update")
    op.execute(
        """
        create table outbox (
            tenant_id uuid not null,
            id uuid not null,
            name text not null,
            payload text not null,
            created_at timestamptz not null default now(),
            delivered_at timestamptz,
            attempts integer not null default 0,
            primary key (tenant_id, id)
        )
        """
    )
    op.execute("create index outbox_waiting on outbox (created_at) where delivered_at is null")
    enable_rls("outbox", privileges="insert, select")
    platform_policy("outbox", privileges="select, update, delete")


def downgrade() -> None:
    op.execute("drop table outbox")
    op.execute("drop table job_turn")
    op.execute("drop table job")
