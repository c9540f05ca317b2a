"""A provider may say how many calls it takes at once."""

from types import ModuleType

from alembic import context, op

revision = "0044_provider_concurrency"
down_revision = "0043_history"

_SIGNATURE = "llm_chat_models(uuid, uuid, uuid)"


def upgrade() -> None:
    op.execute(
        "alter table provider add column max_concurrency integer"
        " constraint provider_max_concurrency check (max_concurrency between 1 and 1000)"
    )
    function: str = _earlier().CHAT_MODELS
    for old, new in (
        ("prefill boolean, may_use boolean)", "prefill boolean, may_use boolean, max_concurrency integer)"),
        ("llm_may_use(p_tenant, p_user, m.id)\n", "llm_may_use(p_tenant, p_user, m.id), p.max_concurrency\n"),
    ):
        if function.count(old) != 1:
            raise LookupError(old)
        function = function.replace(old, new)
    _replace(function)


def downgrade() -> None:
    _replace(_earlier().CHAT_MODELS)
    op.execute("alter table provider drop column max_concurrency")


def _replace(function: str) -> None:
    op.execute(f"drop function {_SIGNATURE}")
    op.execute(function)
    op.execute(f"revoke execute on function {_SIGNATURE} from public")
    op.execute(f"grant execute on function {_SIGNATURE} to chatter_app")


def _earlier() -> ModuleType:
    """The revision that holds the function as it was."""
    module: ModuleType = context.script.get_revision("0037_model_audiences").module
    return module
