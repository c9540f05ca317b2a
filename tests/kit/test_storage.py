"""Files of tenants: kept apart, and written once where that is asked for."""

from pathlib import Path
from uuid import uuid4

import pytest

from chatter.kit.storage import ObjectStore


async def test_what_is_stored_as_new_does_not_replace_what_is_there(tmp_path: Path) -> None:
    store, tenant_id = ObjectStore.open(tmp_path.as_uri()), uuid4()
    assert await store.put_new(tenant_id, "a/b.json", b"first") is True
    assert await store.put_new(tenant_id, "a/b.json", b"second") is False
    assert await store.get(tenant_id, "a/b.json") == b"first"


async def test_the_keys_of_a_folder_are_those_of_one_tenant(tmp_path: Path) -> None:
    store, ours, theirs = ObjectStore.open(tmp_path.as_uri()), uuid4(), uuid4()
    assert await store.keys(ours, "a") == []
    for tenant_id, key in ((ours, "a/2"), (ours, "a/1"), (ours, "b/3"), (theirs, "a/4")):
        await store.put(tenant_id, key, b"x")
    assert await store.keys(ours, "a") == ["a/1", "a/2"]


@pytest.mark.parametrize("key", ["", "/a", "a//b", "./a", "a/..", "../{theirs}/a"])
async def test_a_key_leads_out_of_no_tenants_folder(tmp_path: Path, key: str) -> None:
    store, ours, theirs = ObjectStore.open(tmp_path.as_uri()), uuid4(), uuid4()
    await store.put(theirs, "a", b"theirs")
    for act in (store.get(ours, key.format(theirs=theirs)), store.put(ours, key.format(theirs=theirs), b"ours")):
        with pytest.raises(ValueError, match="not a storage key"):
            await act
    assert await store.get(theirs, "a") == b"theirs"
