"""Large arguments and results of tools' calls: in object storage under these names, a short beginning in the row."""

from alembic import op

revision = "0039_payloads"
down_revision = "0038_known_devices"


def upgrade() -> None:
    op.execute("alter table tool_call add column arguments_payload uuid, add column result_payload uuid")
    op.execute(
        "create index tool_call_payload on tool_call (tenant_id, run_id) "
        "where arguments_payload is not null or result_payload is not null"
    )


def downgrade() -> None:
    op.execute("alter table tool_call drop column arguments_payload, drop column result_payload")
