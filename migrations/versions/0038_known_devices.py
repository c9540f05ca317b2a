"""Where a person signed in a year ago is forgotten."""

from types import ModuleType

from alembic import context, op

revision = "0038_known_devices"
down_revision = "0037_model_audiences"

# The last place stays: without one the next sign-in would be taken for the first of all, which is told to nobody.
FORGETTING = """
            delete from known_device k where k.seen_at < now() - interval '1 year' and exists (
                select from known_device later where later.user_id = k.user_id
                    and (later.seen_at, later.device, later.address) > (k.seen_at, k.device, k.address));
            get diagnostics gone = row_count;
            return query select 'known_device', gone;
        end $$"""


def upgrade() -> None:
    op.execute("grant delete on known_device to chatter_identity")
    signature, body = next(iter(_earlier("0031_lapsed").FUNCTIONS.items()))
    _replace({signature: body.removesuffix("        end $$").rstrip(" ") + FORGETTING.lstrip("\n")})


def downgrade() -> None:
    _replace(_earlier("0031_lapsed").FUNCTIONS)
    op.execute("revoke delete on known_device from chatter_identity")


def _replace(functions: dict[str, str]) -> None:
    organizations = _earlier("0010_organizations")
    organizations._drop_functions(functions)
    organizations._create_functions(functions)


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
