"""Messages tell their owner which other versions there are; whom an organisation may rename is asked once."""

from alembic import op

revision = "0042_versions"
down_revision = "0041_branches"

_PLACE = "'branch', (select"
_VERSIONS = """'versions', coalesce(case when found_conversation.owner_id <> p_user then null
                    when path.parent_id is null then (select json_agg(v.id order by v.id) from message v
                        where v.tenant_id = p_tenant and v.conversation_id = p_conversation and v.parent_id is null)
                    else (select json_agg(v.id order by v.id) from message v
                        where v.tenant_id = p_tenant and v.parent_id = path.parent_id) end, '[]'::json),
                """
_TWICE = """exists (select from membership m where m.person_id = p_user and m.tenant_id <> t)
                or not exists (select from membership m where m.tenant_id = t and m.person_id = p_user)"""
_ONCE = "(select array_agg(m.tenant_id) from membership m where m.person_id = p_user) is distinct from array[t]"
CHANGES = (("chat_messages", _PLACE, _VERSIONS + _PLACE), ("provisioned_person_update", _TWICE, _ONCE))


def upgrade() -> None:
    for function, old, new in CHANGES:
        _rewrite(function, old, new)


def downgrade() -> None:
    for function, old, new in CHANGES:
        _rewrite(function, new, old)


def _rewrite(function: str, old: str, new: str) -> None:
    """Make a function anew from its present text."""
    bind = op.get_bind()
    text: str = bind.exec_driver_sql(f"select pg_get_functiondef('{function}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise LookupError(f"{function} holds {text.count(old)} of {old!r}")
    bind.exec_driver_sql(text.replace(old, new))
