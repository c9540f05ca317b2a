"""An instruction that came too late for its answer keeps its key when it becomes the next question."""

from alembic import op

revision = "0045_instruction_keys"
down_revision = "0044_provider_concurrency"

_TEXT = "select pg_get_functiondef('chat_go_on'::regproc)"
CHANGES = (
    (
        "key_id, client_address, request_id)\n",
        "key_id, client_address, request_id,\n            idempotency_key, request_digest)\n",
    ),
    (
        "i.client_address,\n            i.request_id\n",
        """i.client_address,
            i.request_id, case when not exists (
                select from queued_message q where q.tenant_id = p_tenant and q.conversation_id = in_conversation
                    and q.idempotency_key = p_run || ':' || i.idempotency_key
            ) then p_run || ':' || i.idempotency_key end, i.request_digest
""",
    ),
)


def upgrade() -> None:
    _rewrite(CHANGES)


def downgrade() -> None:
    _rewrite(tuple((new, old) for old, new in CHANGES))


def _rewrite(changes: tuple[tuple[str, str], ...]) -> None:
    bind = op.get_bind()
    text: str = bind.exec_driver_sql(_TEXT).scalar_one()
    for old, new in changes:
        if text.count(old) != 1:
            raise LookupError(f"chat_go_on holds {text.count(old)} of {old!r}")
        text = text.replace(old, new)
    bind.exec_driver_sql(text)
