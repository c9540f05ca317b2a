"""The columns that hold sealed secrets, and how they come under the present key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import asyncpg
from sqlalchemy import Table
from sqlalchemy.orm import InstrumentedAttribute

from chatter.kit.crypto import SealedUnder, SecretBox
from chatter.kit.db.database import Database, HotConnection

__all__ = ["ColumnState", "Rotation", "SealedColumn"]


@dataclass(frozen=True)
class SealedColumn:
    """A column with sealed values, and the one of the same row to whose id they are bound."""

    column: InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None]
    bound_to: str = "tenant_id"
    """What else than the tenant's id belongs to a table of the identity plane."""

    @property
    def table(self) -> Table:
        return cast(Table, self.column.class_.__table__)

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.key}"

    @property
    def of_tenants(self) -> bool:
        return "tenant_id" in self.table.c

    @property
    def keys(self) -> list[str]:
        return [column.name for column in self.table.primary_key]


@dataclass
class ColumnState:
    """How many values of a column are sealed under which key, and how many were sealed anew."""

    column: str
    counts: dict[SealedUnder, int] = field(default_factory=lambda: {"current": 0, "old": 0, "unknown": 0})
    resealed: int = 0


class Rotation:
    """Goes through every sealed column. Each row is changed by itself, so it may be broken off and begun again."""

    def __init__(self, database: Database, secrets: SecretBox, *, admin_url: str) -> None:
        self._database = database
        self._secrets = secrets
        self._admin_url = admin_url

    async def status(self, column: SealedColumn) -> ColumnState:
        """Count, and change nothing."""
        return await self._through(column, change=False)

    async def rotate(self, column: SealedColumn) -> ColumnState:
        """Seal anew what is under an older key. What no key opens stays as it is, and is counted."""
        return await self._through(column, change=True)

    async def _through(self, column: SealedColumn, *, change: bool) -> ColumnState:
        state = ColumnState(column.name)
        if not column.of_tenants:
            async with self._as_admin() as connection:
                await self._rows(connection, column, None, state, change=change)
            return state
        async with self._database.platform() as platform:
            tenants = [row["tenant_id"] for row in await platform.fetch("select tenant_id from organization")]
        for tenant_id in tenants:
            async with self._database.connection(tenant_id) as connection:
                await self._rows(connection, column, tenant_id, state, change=change)
        return state

    async def _rows(
        self,
        connection: HotConnection,
        column: SealedColumn,
        tenant_id: UUID | None,
        state: ColumnState,
        *,
        change: bool,
    ) -> None:
        table, name = column.table.name, column.column.key
        where = "" if tenant_id is None else " and tenant_id = $1"
        fields = ", ".join(dict.fromkeys([*column.keys, column.bound_to]))
        query = f"select {fields}, {name} as sealed from {table} where {name} is not null{where}"  # noqa: S608
        for row in await connection.fetch(query, *([] if tenant_id is None else [tenant_id])):
            under = self._secrets.under(row["sealed"], tenant_id=row[column.bound_to])
            if under == "old" and change:
                await self._reseal(connection, column, row)
                state.resealed += 1
                under = "current"
            state.counts[under] += 1

    async def _reseal(self, connection: HotConnection, column: SealedColumn, row: asyncpg.Record) -> None:
        """Only while nobody else has written the value in the meantime."""
        bound = row[column.bound_to]
        fresh = self._secrets.seal(self._secrets.open(row["sealed"], tenant_id=bound), tenant_id=bound)
        table, name = column.table.name, column.column.key
        keys = " and ".join(f"{key} = ${n}" for n, key in enumerate(column.keys, start=3))
        await connection.execute(
            f"update {table} set {name} = $1 where {name} = $2 and {keys}",  # noqa: S608
            *(fresh, row["sealed"], *(row[key] for key in column.keys)),
        )

    @asynccontextmanager
    async def _as_admin(self) -> AsyncIterator[asyncpg.Connection]:
        """For tables that the program itself reaches through functions only."""
        connection = await asyncpg.connect(self._admin_url)
        try:
            yield connection
        finally:
            await connection.close()
