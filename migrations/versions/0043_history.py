"""The history of a conversation holds what was added to its answers while they were written."""

from alembic import op

revision = "0043_history"
down_revision = "0042_versions"

_HISTORY = """
create function chat_history(p_tenant uuid, p_from uuid, p_limit integer)
returns table (role text, text text{column}) language plpgsql as $$
#variable_conflict use_column
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
        with recursive path as (
            select m.id, m.parent_id, m.role, m.outcome, m.run_id, 1 as depth from message m
            where m.tenant_id = p_tenant and m.id = p_from
            union all
            select m.id, m.parent_id, m.role, m.outcome, m.run_id, path.depth + 1
            from path join message m on m.tenant_id = p_tenant and m.id = path.parent_id
            where path.depth < p_limit
        )
        select path.role, p.text{added} from path
        join message_part p on p.tenant_id = p_tenant and p.message_id = path.id and p.kind = 'text'
        where path.role = 'user' or path.outcome = 'answered'
        order by path.depth, p.position desc;
end $$
"""
# What follows a question in the path, one step nearer to its end, is its answer.
_ADDED = """, coalesce(case when path.role = 'user' then (
            select string_agg(i.text, E'\\n' order by i.position, i.created_at, i.id)
            from path answer join instruction i on i.tenant_id = p_tenant and i.run_id = answer.run_id
            where answer.depth = path.depth - 1 and answer.outcome = 'answered' and i.taken_at is not null) end, '')"""


def upgrade() -> None:
    _create(_HISTORY.format(column=", added text", added=_ADDED))


def downgrade() -> None:
    _create(_HISTORY.format(column="", added=""))


def _create(statement: str) -> None:
    op.execute("drop function chat_history(uuid, uuid, integer)")
    op.execute(statement)
