"""The log of events by month, made ahead and trimmed by what each organisation keeps.

The month is that of the run: its id, a UUIDv7, begins with the time. So the key stays as it was, a part that is stored
twice is stored once, and all that is asked by a run's id looks into one partition.
"""

from alembic import op

from chatter.kit.db.rls import disable_rls, enable_rls

revision = "0040_run_log"
down_revision = "0039_payloads"

COLUMNS = """
        tenant_id uuid not null,
        run_id uuid not null,
        first_seq integer not null,
        last_seq integer not null,
        frames bytea not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, run_id, first_seq),
        constraint run_part_run_fkey foreign key (tenant_id, run_id) references run (tenant_id, id) on delete cascade
"""
RETENTION = """
    create table run_retention (
        tenant_id uuid primary key references organization (tenant_id) on delete cascade,
        days integer not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint run_retention_days check (days between 7 and 3650)
    )
"""
# The least id that a run of this moment can have.
FLOOR = """
    create function run_id_floor(p_at timestamptz) returns uuid language sql immutable strict as $$
        select (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    $$
"""
# Partitions for months that have none, from this month on. As the tables' owner, whom the worker asks: nobody else may
# make them. They force row-level security and grant nothing, so a row is reached through the parent's policies alone.
# Rows that came while there was none are in the rest, which takes what fits nowhere; such a month stays there.
AHEAD = """
    create function run_part_ahead(p_from timestamptz, p_months integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, public set lock_timeout = '2s' as $$
    declare
        month timestamp := date_trunc('month', p_from at time zone 'UTC');
        name text; low uuid; high uuid; made integer := 0; taken boolean;
    begin
        for n in 0 .. p_months loop
            name := 'run_part_' || to_char(month, 'YYYY_MM');
            low := run_id_floor(month at time zone 'UTC');
            high := run_id_floor((month + interval '1 month') at time zone 'UTC');
            month := month + interval '1 month';
            continue when to_regclass('public.' || name) is not null;
            alter table run_part_rest no force row level security;
            select exists (select from run_part_rest where run_id >= low and run_id < high) into taken;
            alter table run_part_rest force row level security;
            continue when taken;
            execute format('create table public.%I partition of run_part for values from (%L) to (%L)', name, low, high);
            execute format('alter table public.%I enable row level security', name);
            execute format('alter table public.%I force row level security', name);
            made := made + 1;
        end loop;
        return made;
    end $$
"""
# Partitions of months before this one that hold nothing any more. A lock keeps rows from coming in between.
EMPTY = """
    create function run_part_drop_empty(p_before timestamptz) returns integer
    language plpgsql security definer set search_path = pg_catalog, public set lock_timeout = '2s' as $$
    declare name text; dropped integer := 0; used boolean;
    begin
        for name in
            select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'run_part'::regclass and c.relname ~ '^run_part_\\d{4}_\\d{2}$'
                and c.relname < 'run_part_' || to_char(p_before at time zone 'UTC', 'YYYY_MM')
            order by c.relname
        loop
            execute format('lock table public.%I in access exclusive mode', name);
            execute format('alter table public.%I no force row level security', name);
            execute format('select exists (select from public.%I)', name) into used;
            if used then
                execute format('alter table public.%I force row level security', name);
            else
                execute format('drop table public.%I', name);
                dropped := dropped + 1;
            end if;
        end loop;
        return dropped;
    end $$
"""
FUNCTIONS = ("run_part_ahead(timestamptz, integer)", "run_part_drop_empty(timestamptz)")


def upgrade() -> None:
    disable_rls("run_part")
    op.execute("alter table run_part rename to run_part_before")
    op.execute("alter table run_part_before rename constraint run_part_pkey to run_part_before_pkey")
    op.execute(f"create table run_part ({COLUMNS}) partition by range (run_id)")
    op.execute("create table run_part_rest partition of run_part default")
    for statement in ("enable", "force"):
        op.execute(f"alter table run_part_rest {statement} row level security")
    for statement in (FLOOR, AHEAD, EMPTY):
        op.execute(statement)
    for function in FUNCTIONS:
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to chatter_platform")
    # As many months as there are runs of, and three more; ids that are no times of ours stay in the rest.
    op.execute("""
        select run_part_ahead(first, 3 + (extract(year from age(now(), first)) * 12
            + extract(month from age(now(), first)))::integer)
        from (select coalesce(min(uuid_extract_timestamp(run_id)), now()) as first from run_part_before
            where run_id between run_id_floor(now() - interval '5 years') and run_id_floor(now())) as log
    """)
    op.execute("insert into run_part select * from run_part_before")
    op.execute("drop table run_part_before")
    enable_rls("run_part")
    op.execute(RETENTION)
    enable_rls("run_retention", privileges="select, insert, update")


def downgrade() -> None:
    op.execute("drop table run_retention")
    for function in FUNCTIONS:
        op.execute(f"drop function {function}")
    disable_rls("run_part")
    op.execute("alter table run_part rename to run_part_by_month")
    op.execute("alter table run_part_by_month rename constraint run_part_pkey to run_part_by_month_pkey")
    op.execute(f"create table run_part ({COLUMNS})")
    op.execute("insert into run_part select * from run_part_by_month")
    op.execute("drop table run_part_by_month")
    op.execute("drop function run_id_floor")
    enable_rls("run_part")
