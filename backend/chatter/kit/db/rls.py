"""Row-level security, as the migrations write it: kept here, so that every table says it in the same words."""

from alembic import op

__all__ = ["disable_rls", "enable_rls", "grant_identity", "platform_policy", "tenant_setting"]

tenant_setting = "(select nullif(current_setting('app.tenant_id', true), '')::uuid)"
"""The bound tenant. After a transaction the setting reads '' and not NULL, hence nullif; unbound means no rows."""


def enable_rls(table: str, *, privileges: str = "select, insert, update, delete") -> None:
    """Force row-level security on a tenant table and let chatter_app in, for rows of the bound tenant only."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy {table}_tenant on {table} to chatter_app "
        f"using (tenant_id = {tenant_setting}) with check (tenant_id = {tenant_setting})"
    )
    op.execute(f"grant {privileges} on {table} to chatter_app")


def platform_policy(table: str, *, privileges: str) -> None:
    """Let chatter_platform see the rows of all tenants in this table, with these privileges only."""
    op.execute(f"create policy {table}_platform on {table} to chatter_platform using (true) with check (true)")
    op.execute(f"grant {privileges} on {table} to chatter_platform")


def grant_identity(table: str, *, privileges: str) -> None:
    """Let the sign-in functions, which run as chatter_identity before a tenant is known, use this tenant table."""
    op.execute(f"create policy {table}_identity on {table} to chatter_identity using (true) with check (true)")
    op.execute(f"grant {privileges} on {table} to chatter_identity")


def disable_rls(table: str) -> None:
    """Lift the force for a data change inside a migration; call enable again in the same transaction."""
    op.execute(f"alter table {table} no force row level security")
