"""An answer names the model that spoke: one that stood in for the model that was asked."""

from alembic import op

revision = "0036_speakers"
down_revision = "0035_said_meanwhile"

NAME_SPEAKER = """
create function chat_name_speaker(p_tenant uuid, p_answer uuid, p_model text, p_model_id uuid)
returns void language plpgsql as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    update message set model = p_model, model_id = p_model_id where tenant_id = p_tenant and id = p_answer;
end $$
"""


def upgrade() -> None:
    op.execute(NAME_SPEAKER)
    op.execute("revoke execute on function chat_name_speaker(uuid, uuid, text, uuid) from public")
    op.execute("grant execute on function chat_name_speaker(uuid, uuid, text, uuid) to chatter_app")


def downgrade() -> None:
    op.execute("drop function chat_name_speaker(uuid, uuid, text, uuid)")
