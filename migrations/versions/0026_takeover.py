"""A run can be handed over, and whoever takes it is told whether it was: then nothing that was shown is lost."""

from alembic import op

revision = "0026_takeover"
down_revision = "0025_programs"

_SEIZE = "run_seize(p_tenant uuid, p_run uuid, p_lease_owner text, p_lease_seconds integer)"


def _seize(*, tells: str, told: str) -> str:
    """Takes a lapsed lease and moves the fence, so that its former holder can write nothing more."""
    return f"""
        returns table (fence bigint, kind text, subject_id uuid, owner_id uuid, request_id text,
            cancelled boolean{tells})
        language plpgsql as $$
        #variable_conflict use_column
        begin
            perform set_config('app.tenant_id', p_tenant::text, true);
            return query update run r set fence = r.fence + 1, lease_owner = p_lease_owner,
                lease_expires_at = now() + make_interval(secs => p_lease_seconds), state = 'running'
            where r.tenant_id = p_tenant and r.id = p_run and r.state in ('queued', 'running')
                and r.lease_expires_at < now()
            returning r.fence, r.kind, r.subject_id, r.owner_id, r.request_id,
                r.cancel_requested_at is not null{told};
        end $$"""  # noqa: S608 # put together from constants


# The last events with the lease: nothing of what its holder has shown is left behind. False: it was not ours any more.
_RELEASE = """
    run_release(p_tenant uuid, p_run uuid, p_fence bigint, p_firsts integer[], p_lasts integer[], p_frames bytea[])
    returns boolean language plpgsql as $$
    begin
        perform set_config('app.tenant_id', p_tenant::text, true);
        update run set state = 'queued', lease_owner = null, lease_expires_at = now()
        where tenant_id = p_tenant and id = p_run and fence = p_fence and state = 'running';
        if not found then
            return false;
        end if;
        insert into run_part (tenant_id, run_id, first_seq, last_seq, frames)
        select p_tenant, p_run, part.first_seq, part.last_seq, part.frames
        from unnest(p_firsts, p_lasts, p_frames) as part (first_seq, last_seq, frames) on conflict do nothing;
        return true;
    end $$"""


def upgrade() -> None:
    op.execute("drop function run_seize")
    seize = _seize(tells=", released boolean", told=", old.state = 'queued'")
    op.execute(f"create function {_SEIZE} {seize}")
    op.execute(f"create function {_RELEASE}")


def downgrade() -> None:
    op.execute("drop function run_release")
    op.execute("drop function run_seize")
    op.execute(f"create function {_SEIZE} {_seize(tells='', told='')}")
