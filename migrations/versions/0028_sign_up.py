"""Sign-ups that wait for whoever reads the mails of their address."""

from types import ModuleType

from alembic import context, op

revision = "0028_sign_up"
down_revision = "0027_origins"

TABLES = (
    # Whoever has the address already is noted: they are told so by mail, and by nothing else.
    """
    create table sign_up (
        id uuid primary key,
        user_id uuid references app_user (id) on delete cascade,
        email text not null,
        name text not null,
        organization_name text not null,
        mailed boolean not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        claimed_at timestamptz,
        sent_at timestamptz,
        used_at timestamptz
    )
    """,
    "create index sign_up_email on sign_up (email, created_at)",
    "create index sign_up_expired on sign_up (expires_at)",
    "create index sign_up_unsent on sign_up (created_at) where mailed and sent_at is null",
)

FUNCTIONS = {
    # One statement whether somebody has the address or nobody; one mail a minute, so that nobody's mailbox is flooded.
    "sign_up_request(p_id uuid, p_email text, p_name text, p_organization text, p_expires_at timestamptz, p_mail boolean)": """
        returns void language sql
        as $$ insert into sign_up (id, user_id, email, name, organization_name, expires_at, mailed)
              select p_id, (select u.id from app_user u where u.email = lower(p_email)), lower(p_email), p_name,
                  p_organization, p_expires_at, p_mail and not exists (
                      select from sign_up s where s.email = lower(p_email) and s.mailed
                          and s.created_at > now() - interval '1 minute') $$""",
    "sign_ups_claim(p_limit integer)": """
        returns table (id uuid, known boolean, email text, expires_at timestamptz) language sql
        as $$ update sign_up s set claimed_at = now()
              where s.id in (
                  select c.id from sign_up c where c.mailed and c.sent_at is null and c.used_at is null and c.expires_at > now()
                      and (c.claimed_at is null or c.claimed_at < now() - interval '1 minute')
                  order by c.created_at limit p_limit for update skip locked)
              returning s.id, s.user_id is not null, s.email, s.expires_at $$""",
    "sign_up_sent(p_link uuid)": """
        returns void language sql as $$ update sign_up set sent_at = now() where id = p_link $$""",
    "sign_up_opened(p_link uuid)": """
        returns table (email text, name text, organization_name text, mailed boolean) language sql stable
        as $$ select s.email, s.name, s.organization_name, s.mailed from sign_up s
              where s.id = p_link and s.user_id is null and s.used_at is null and s.expires_at > now() $$""",
    # Once, in the transaction that makes the person.
    "sign_up_used(p_link uuid)": """
        returns boolean language sql
        as $$ with used as (
                  update sign_up set used_at = now()
                  where id = p_link and user_id is null and used_at is null and expires_at > now() returning id)
              select exists (select from used) $$""",
    "sign_ups_forget()": """
        returns void language sql as $$ delete from sign_up where expires_at < now() $$""",
}


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    op.execute("grant select, insert, update, delete on sign_up to chatter_identity")
    _earlier("0010_organizations")._create_functions(FUNCTIONS)


def downgrade() -> None:
    _earlier("0010_organizations")._drop_functions(FUNCTIONS)
    op.execute("drop table sign_up")


def _earlier(revision_id: str) -> ModuleType:
    """An earlier revision, which holds the functions as they were."""
    return context.script.get_revision(revision_id).module
