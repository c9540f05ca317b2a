"""Second factors of people: authenticator apps, passkeys, recovery codes, and the challenges of a sign-in under way."""

from alembic import op

revision = "0020_factors"
down_revision = "0019_sessions"

TABLES = (
    """
    create table totp_authenticator (
        user_id uuid primary key references app_user (id) on delete cascade,
        secret_sealed bytea not null,
        last_step bigint not null,
        created_at timestamptz not null default now(),
        last_used_at timestamptz not null default now()
    )
    """,
    """
    create table recovery_code (
        user_id uuid not null references app_user (id) on delete cascade,
        code_hash bytea not null,
        primary key (user_id, code_hash)
    )
    """,
    """
    create table passkey (
        id uuid primary key,
        user_id uuid not null references app_user (id) on delete cascade,
        credential_id bytea not null constraint passkey_credential_id_key unique,
        public_key bytea not null,
        sign_count bigint not null,
        transports text[] not null,
        backed_up boolean not null,
        name text not null,
        created_at timestamptz not null default now(),
        last_used_at timestamptz
    )
    """,
    "create index passkey_user on passkey (user_id)",
    """
    create table sign_in_challenge (
        token_hash bytea primary key,
        purpose text not null constraint sign_in_challenge_purpose
            check (purpose in ('second_factor', 'passkey_registration', 'passkey_sign_in')),
        browser_hash bytea not null,
        user_id uuid references app_user (id) on delete cascade,
        methods text[] not null,
        attempts integer not null default 0,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
    )
    """,
    "create index sign_in_challenge_user on sign_in_challenge (user_id, created_at)",
    "create index sign_in_challenge_end on sign_in_challenge (expires_at)",
    "alter table sign_in_policy add column require_passkey boolean not null default false",
)

# As in 0002: each returns the minimum, and runs as chatter_identity.
FUNCTIONS = {
    "factors_of(p_user uuid)": """
        returns table (totp boolean, passkeys integer, recovery_codes integer) language sql stable
        as $$ select exists (select from totp_authenticator t where t.user_id = p_user),
                     (select count(*)::integer from passkey k where k.user_id = p_user),
                     (select count(*)::integer from recovery_code r where r.user_id = p_user) $$""",
    "totp_of(p_user uuid)": """
        returns table (secret_sealed bytea, created_at timestamptz, last_used_at timestamptz) language sql stable
        as $$ select t.secret_sealed, t.created_at, t.last_used_at from totp_authenticator t where t.user_id = p_user $$""",
    # False: the person has an authenticator already.
    "totp_create(p_user uuid, p_secret bytea, p_step bigint)": """
        returns boolean language plpgsql as $$
        begin
            insert into totp_authenticator (user_id, secret_sealed, last_step) values (p_user, p_secret, p_step)
            on conflict (user_id) do nothing;
            return found;
        end $$""",
    # A code counts once: of two that come at the same time, the second finds its step taken.
    "totp_accept(p_user uuid, p_step bigint)": """
        returns boolean language plpgsql as $$
        begin
            update totp_authenticator t set last_step = p_step, last_used_at = current_timestamp
            where t.user_id = p_user and t.last_step < p_step;
            return found;
        end $$""",
    "totp_delete(p_user uuid)": """
        returns boolean language plpgsql as $$
        begin
            delete from totp_authenticator t where t.user_id = p_user;
            return found;
        end $$""",
    "recovery_codes_replace(p_user uuid, p_hashes bytea[])": """
        returns void language sql as $$
            delete from recovery_code where user_id = p_user;
            insert into recovery_code (user_id, code_hash) select p_user, unnest(p_hashes) $$""",
    "recovery_code_use(p_user uuid, p_hash bytea)": """
        returns boolean language plpgsql as $$
        begin
            delete from recovery_code r where r.user_id = p_user and r.code_hash = p_hash;
            return found;
        end $$""",
    "passkeys_of(p_user uuid)": """
        returns table (id uuid, credential_id bytea, transports text[], backed_up boolean, name text,
                       created_at timestamptz, last_used_at timestamptz) language sql stable
        as $$ select k.id, k.credential_id, k.transports, k.backed_up, k.name, k.created_at, k.last_used_at
              from passkey k where k.user_id = p_user order by k.created_at, k.id $$""",
    # False: this credential is known already, whoever has it.
    "passkey_create(p_id uuid, p_user uuid, p_credential bytea, p_public_key bytea, p_sign_count bigint,"
    " p_transports text[], p_backed_up boolean, p_name text)": """
        returns boolean language plpgsql as $$
        begin
            insert into passkey (id, user_id, credential_id, public_key, sign_count, transports, backed_up, name)
            values (p_id, p_user, p_credential, p_public_key, p_sign_count, p_transports, p_backed_up, p_name)
            on conflict (credential_id) do nothing;
            return found;
        end $$""",
    "passkey_by_credential(p_credential bytea)": """
        returns table (id uuid, user_id uuid, public_key bytea, email text, name text) language sql stable
        as $$ select k.id, u.id, k.public_key, u.email, u.name
              from passkey k join app_user u on u.id = k.user_id where k.credential_id = p_credential $$""",
    # False: the count did not grow, as that of a copied authenticator does not. Many never count, and stay at nought.
    "passkey_used(p_passkey uuid, p_sign_count bigint, p_backed_up boolean)": """
        returns boolean language plpgsql as $$
        begin
            update passkey k set sign_count = p_sign_count, backed_up = p_backed_up, last_used_at = current_timestamp
            where k.id = p_passkey and (k.sign_count < p_sign_count or (k.sign_count = 0 and p_sign_count = 0));
            return found;
        end $$""",
    "passkey_rename(p_user uuid, p_passkey uuid, p_name text)": """
        returns text language plpgsql as $$
        declare before text;
        begin
            select k.name into before from passkey k where k.user_id = p_user and k.id = p_passkey for update;
            update passkey k set name = p_name where k.user_id = p_user and k.id = p_passkey;
            return before;
        end $$""",
    "passkey_delete(p_user uuid, p_passkey uuid)": """
        returns text language sql as $$ delete from passkey k where k.user_id = p_user and k.id = p_passkey returning k.name $$""",
    # What lapsed more than an hour ago is cleared away by whoever comes next; until then it counts as tried.
    "challenge_create(p_token_hash bytea, p_purpose text, p_browser_hash bytea, p_user uuid, p_methods text[],"
    " p_expires_at timestamptz)": """
        returns void language sql as $$
            delete from sign_in_challenge where expires_at < now() - interval '1 hour';
            insert into sign_in_challenge (token_hash, purpose, browser_hash, user_id, methods, expires_at)
            values (p_token_hash, p_purpose, p_browser_hash, p_user, p_methods, p_expires_at) $$""",
    # Counts the attempt before it is made. No row: the challenge is over, another browser's, or was never there.
    "challenge_attempt(p_token_hash bytea, p_browser_hash bytea, p_per_challenge integer, p_per_hour integer)": """
        returns table (user_id uuid, email text, name text, methods text[], attempts_left integer, too_many boolean)
        language plpgsql as $$
        declare person uuid; tried bigint;
        begin
            select c.user_id into person from sign_in_challenge c
            where c.token_hash = p_token_hash and c.browser_hash = p_browser_hash and c.purpose = 'second_factor'
                and c.expires_at > now() and c.attempts < p_per_challenge;
            if person is null then
                return;
            end if;
            perform from app_user u where u.id = person for no key update;
            select sum(c.attempts) into tried from sign_in_challenge c
            where c.user_id = person and c.created_at > now() - interval '1 hour';
            if tried >= p_per_hour then
                return query select person, null::text, null::text, null::text[], 0, true;
                return;
            end if;
            return query
                update sign_in_challenge c set attempts = c.attempts + 1 from app_user u
                where c.token_hash = p_token_hash and c.attempts < p_per_challenge and u.id = person
                returning u.id, u.email, u.name, c.methods, p_per_challenge - c.attempts, false;
        end $$""",
    # A challenge is answered once: whoever takes it away may go on.
    "challenge_take(p_token_hash bytea, p_browser_hash bytea, p_purpose text, p_user uuid)": """
        returns boolean language plpgsql as $$
        begin
            delete from sign_in_challenge c
            where c.token_hash = p_token_hash and c.browser_hash = p_browser_hash and c.purpose = p_purpose
                and c.expires_at > now() and c.user_id is not distinct from p_user;
            return found;
        end $$""",
    "factors_of_bound_tenant()": """
        returns table (user_id uuid, totp boolean, passkeys integer, recovery_codes integer) language sql stable
        as $$ select m.person_id, f.totp, f.passkeys, f.recovery_codes
              from membership m cross join lateral factors_of(m.person_id) f
              where m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid and m.person_id is not null $$""",
    # Whose factors another organisation relies on as well are reset by it only when the address is of its own domain:
    # whoever runs that reads the person's mails anyway.
    "member_factors_reset(p_user uuid)": """
        returns boolean language plpgsql as $$
        declare own boolean;
        begin
            select not exists (select from organizations_of(p_user) o where o.id <> m.tenant_id) or exists (
                    select from mail_domain d join app_user u on u.id = m.person_id
                    where d.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
                        and d.verified_at is not null and d.name = split_part(u.email, '@', 2))
                into own from membership m
                where m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid and m.person_id = p_user;
            if own is not true then
                return false;
            end if;
            delete from totp_authenticator t where t.user_id = p_user;
            delete from recovery_code r where r.user_id = p_user;
            delete from passkey k where k.user_id = p_user;
            delete from sign_in_challenge c where c.user_id = p_user;
            delete from user_session s where s.user_id = p_user;
            return true;
        end $$""",
}

# What the organisation asks is told with the session, in the one statement that finds it.
SESSION_BY_TOKEN = (
    ("require_sso boolean)", "require_sso boolean, require_passkey boolean)"),
    ("coalesce(p.require_sso, false)", "coalesce(p.require_sso, false), coalesce(p.require_passkey, false)"),
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    op.execute("grant select, insert, update, delete on totp_authenticator to chatter_identity")
    op.execute("grant select, insert, delete on recovery_code to chatter_identity")
    op.execute("grant select, insert, update, delete on passkey to chatter_identity")
    op.execute("grant select, insert, update, delete on sign_in_challenge to chatter_identity")
    for signature, body in FUNCTIONS.items():
        head, _, rest = body.strip().partition("as $$")
        op.execute(
            f"create function {signature} {head} security definer set search_path = pg_catalog, public, pg_temp as $${rest}"
        )
        types = _argument_types(signature)
        op.execute(f"alter function {types} owner to chatter_identity")
        op.execute(f"revoke all on function {types} from public")
        op.execute(f"grant execute on function {types} to chatter_app")
    _rewrite("session_by_token", "bytea, uuid", SESSION_BY_TOKEN)


def downgrade() -> None:
    _rewrite("session_by_token", "bytea, uuid", tuple((new, old) for old, new in SESSION_BY_TOKEN))
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {_argument_types(signature)}")
    for table in ("sign_in_challenge", "passkey", "recovery_code", "totp_authenticator"):
        op.execute(f"drop table {table}")
    op.execute("alter table sign_in_policy drop column require_passkey")


def _rewrite(name: str, types: str, changes: tuple[tuple[str, str], ...]) -> None:
    """Make one of chatter_identity's functions anew from its present text."""
    bind = op.get_bind()
    text: str = bind.exec_driver_sql(f"select pg_get_functiondef('{name}({types})'::regprocedure)").scalar_one()
    for old, new in changes:
        if old not in text:
            raise LookupError(f"{name} holds no {old!r}")
        text = text.replace(old, new)
    bind.exec_driver_sql(f"drop function {name}({types})")
    bind.exec_driver_sql(text)
    op.execute(f"alter function {name}({types}) owner to chatter_identity")
    op.execute(f"revoke all on function {name}({types}) from public")
    op.execute(f"grant execute on function {name}({types}) to chatter_app")


def _argument_types(signature: str) -> str:
    name, _, arguments = signature.rstrip(")").partition("(")
    return f"{name}({', '.join(argument.split()[-1] for argument in arguments.split(',') if argument)})"
