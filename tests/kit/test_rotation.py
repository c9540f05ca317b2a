"""The key that secrets are sealed with is changed, while everything goes on."""

from typing import cast
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import Table

from chatter.kit.crypto import SecretBox, SecretUnreadable
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.sealed_columns import Rotation, SealedColumn
from chatter.kit.services import Services
from chatter.registry import DOMAINS
from tests.people import sign_up
from tests.servers import SECRET_KEY

NEW_KEY = "another secret key, long enough to pass as one"
PROVIDER_KEY = next(column for domain in DOMAINS for column in domain.sealed if column.name == "provider.key_sealed")


def rotated() -> SecretBox:
    return SecretBox(NEW_KEY, old=[SECRET_KEY])


@pytest.fixture
def rotation(services: Services, database_urls: DatabaseUrls) -> Rotation:
    return Rotation(services.database, rotated(), admin_url=database_urls.admin)


def columns() -> list[SealedColumn]:
    return [column for domain in DOMAINS for column in domain.sealed]


def test_every_sealed_column_is_known_to_the_rotation() -> None:
    tables = [cast(Table, model.__table__) for domain in DOMAINS for model in domain.tables]
    sealed = {
        f"{table.name}.{column.name}" for table in tables for column in table.c if column.name.endswith("_sealed")
    }
    assert sealed == {column.name for column in columns()}


def test_an_older_key_still_opens_and_never_seals() -> None:
    tenant_id = uuid4()
    before, after = SecretBox(SECRET_KEY).seal("sk-123", tenant_id=tenant_id), rotated()
    assert after.open(before, tenant_id=tenant_id) == "sk-123"
    assert after.under(before, tenant_id=tenant_id) == "old"
    fresh = after.seal("sk-123", tenant_id=tenant_id)
    assert after.under(fresh, tenant_id=tenant_id) == "current"
    assert SecretBox(NEW_KEY).open(fresh, tenant_id=tenant_id) == "sk-123"
    with pytest.raises(SecretUnreadable):
        SecretBox(SECRET_KEY).open(fresh, tenant_id=tenant_id)
    assert after.under(SecretBox("c" * 32).seal("x", tenant_id=tenant_id), tenant_id=tenant_id) == "unknown"


def test_an_old_value_does_not_open_for_another_tenant_after_the_change_either() -> None:
    before = SecretBox(SECRET_KEY).seal("sk-123", tenant_id=uuid4())
    with pytest.raises(SecretUnreadable):
        rotated().open(before, tenant_id=uuid4())


async def test_every_value_is_sealed_anew_and_a_second_time_changes_nothing(
    client: httpx.AsyncClient, admin: asyncpg.Connection, rotation: Rotation
) -> None:
    person = await sign_up(client)
    provider = {"kind": "custom", "name": "Ours", "base_url": "https://1.1.1.1/v1", "key": "sk-rotated"}
    assert (await person.post("/providers", json=provider)).status_code == 201
    before = await rotation.status(PROVIDER_KEY)
    assert before.counts["old"] >= 1
    done = await rotation.rotate(PROVIDER_KEY)
    assert (done.resealed, done.counts["old"]) == (before.counts["old"], 0)
    sealed = await admin.fetchval("select key_sealed from provider where tenant_id = $1", person.organization_id)
    assert SecretBox(NEW_KEY).open(sealed, tenant_id=person.organization_id) == "sk-rotated"
    assert (await rotation.rotate(PROVIDER_KEY)).resealed == 0
    again = await admin.fetchval("select key_sealed from provider where tenant_id = $1", person.organization_id)
    assert again == sealed
    await _back(admin, person.organization_id)


async def _back(admin: asyncpg.Connection, tenant_id: object) -> None:
    """The other tests' process knows the first key only."""
    for row in await admin.fetch("select tenant_id, id, key_sealed from provider where key_sealed is not null"):
        if rotated().under(row["key_sealed"], tenant_id=row["tenant_id"]) != "current":
            continue
        plain = rotated().open(row["key_sealed"], tenant_id=row["tenant_id"])
        sealed = SecretBox(SECRET_KEY).seal(plain, tenant_id=row["tenant_id"])
        await admin.execute("update provider set key_sealed = $2 where id = $1", row["id"], sealed)


async def test_every_sealed_column_can_be_gone_through(rotation: Rotation) -> None:
    for column in columns():
        assert (await rotation.status(column)).counts.keys() == {"current", "old", "unknown"}
