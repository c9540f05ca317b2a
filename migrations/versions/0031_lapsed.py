"""What has lapsed is removed once a day."""

from types import ModuleType

from alembic import context, op

revision = "0031_lapsed"
down_revision = "0030_group_roles"

# As in 0010: each runs as chatter_identity, which sees all tenants in the few tables that it needs.
FUNCTIONS = {
    # What opens nothing any more, a month after it ceased to: until then it says of itself why. A consent whose code
    # nobody came for, a day after.
    "remove_lapsed()": """
        returns table (kind text, removed bigint) language plpgsql as $$
        declare a_month constant interval := interval '30 days'; gone bigint;
        begin
            delete from oauth_family f where f.ended_at < now() - a_month or f.expires_at < now() - a_month
                or (f.redeemed_at is null and f.code_expires_at < now() - interval '1 day');
            get diagnostics gone = row_count;
            return query select 'oauth_family', gone;
            delete from mail_link l where l.expires_at < now() - a_month;
            get diagnostics gone = row_count;
            return query select 'mail_link', gone;
            delete from sign_in_challenge c where c.expires_at < now() - interval '1 hour';
            get diagnostics gone = row_count;
            return query select 'sign_in_challenge', gone;
            delete from user_session s where s.expires_at < now() - a_month or s.last_used_at < now() - s.idle - a_month;
            get diagnostics gone = row_count;
            return query select 'user_session', gone;
        end $$""",
}


def upgrade() -> None:
    op.execute("grant delete on mail_link, oauth_family to chatter_identity")
    _earlier("0010_organizations")._create_functions(FUNCTIONS)


def downgrade() -> None:
    _earlier("0010_organizations")._drop_functions(FUNCTIONS)
    op.execute("revoke delete on mail_link, oauth_family from chatter_identity")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
