"""A key that is sent again means the same request only when all of it is the same; and one function opens every turn."""

from types import ModuleType

from alembic import context, op

revision = "0034_same_question"
down_revision = "0037_model_audiences"

_TEXT = "select pg_get_functiondef('chat_open_turn'::regproc)"
_ARGUMENTS = "select pg_get_function_arguments('chat_open_turn'::regproc)"
CHANGES = (
    ("p_key_id uuid)", "p_key_id uuid, p_request_digest text, p_tools text[])"),
    ("found_text text;", "found_text text; found_digest text;"),
    ("a.run_id, q.parent_id, p.text\n", "a.run_id, q.parent_id, p.text, q.request_digest\n"),
    ("run_id, parent_id, found_text\n", "run_id, parent_id, found_text, found_digest\n"),
    (
        "case when found_text = p_question then",
        "case when coalesce(found_digest = p_request_digest, found_text = p_question) then",
    ),
    ("state, request_id, idempotency_key,\n", "state, request_id, idempotency_key, request_digest,\n"),
    ("'complete', p_request_id, p_key, now());", "'complete', p_request_id, p_key, p_request_digest, now());"),
    (
        "            insert into message_part",
        """            if cardinality(p_tools) > 0 then
                update run r set tools = p_tools where r.tenant_id = p_tenant and r.id = p_run_id;
            end if;
            insert into message_part""",
    ),
)


def upgrade() -> None:
    op.execute("alter table message add column request_digest text")
    op.execute("drop function chat_open_turn_with_tools")
    _rewrite(CHANGES)


def downgrade() -> None:
    _rewrite(tuple((new, old) for old, new in CHANGES))
    bind = op.get_bind()
    arguments: str = bind.exec_driver_sql(_ARGUMENTS).scalar_one()
    bind.exec_driver_sql(_earlier("0029_tools")._open_turn_with_tools(arguments))
    op.execute("alter table message drop column request_digest")


def _rewrite(changes: tuple[tuple[str, str], ...]) -> None:
    """Make the function anew from its present text: its arguments change with it."""
    bind = op.get_bind()
    text: str = bind.exec_driver_sql(_TEXT).scalar_one()
    for old, new in changes:
        if text.count(old) != 1:
            raise LookupError(f"chat_open_turn holds {text.count(old)} of {old!r}")
        text = text.replace(old, new)
    bind.exec_driver_sql("drop function chat_open_turn")
    bind.exec_driver_sql(text)


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the function as it was."""
    return context.script.get_revision(revision_id).module
