"""Files of tenants in object storage: a local folder by default; S3, Google Cloud Storage or Azure by its URL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, from_url
from obstore.store import ObjectStore as AnyStore

from chatter.kit.errors import Unavailable

if TYPE_CHECKING:
    from obstore import GetResult  # a name for type checkers only: obstore does not define it at run time

__all__ = ["ObjectMissing", "ObjectStore"]

STREAM_CHUNK = 256 * 1024


class ObjectMissing(Unavailable):
    """A row names a file that the storage does not have: a restore or a lost disk, not the reader's fault."""

    code, title = "object_missing", "The stored file is missing"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The storage has no object {key}.", remedy="Upload the file again, or ask your operator to restore it."
        )


class ObjectStore:
    """Bytes under `tenants/<tenant>/<key>`; no call can leave its tenant's folder.

    (Not a dataclass: Litestar would validate it field by field.)
    """

    def __init__(self, store: AnyStore) -> None:
        self._store = store

    @classmethod
    def open(cls, url: str) -> "ObjectStore":
        """Open the storage that the URL names; a local folder is made if it is not there."""
        parts = urlsplit(url)
        if parts.scheme != "file":
            return cls(from_url(url))
        folder = Path(unquote(parts.path))
        folder.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(prefix=folder))

    async def put(self, tenant_id: UUID, key: str, data: bytes | Path) -> None:
        """Store bytes, or the content of a file; an object of the same key is replaced."""
        await obstore.put_async(self._store, _path(tenant_id, key), data)

    async def put_new(self, tenant_id: UUID, key: str, data: bytes) -> bool:
        """Store bytes unless there is an object of that key, which stays as it is; False when there was one."""
        try:
            await obstore.put_async(self._store, _path(tenant_id, key), data, mode="create")
        except AlreadyExistsError:  # no FileExistsError, unlike what is missing
            return False
        return True

    async def keys(self, tenant_id: UUID, folder: str) -> list[str]:
        """The keys of all objects in a folder, sorted."""
        batches = obstore.list(self._store, _path(tenant_id, folder))
        found = [item["path"] async for batch in batches for item in batch]
        return sorted(path.removeprefix(f"tenants/{tenant_id}/") for path in found)

    async def get(self, tenant_id: UUID, key: str) -> bytes:
        """The whole object; raises ObjectMissing."""
        try:
            found = await obstore.get_async(self._store, _path(tenant_id, key))
            return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error

    async def stream(self, tenant_id: UUID, key: str) -> AsyncIterator[bytes]:
        """The object piece by piece; raises ObjectMissing before the first piece."""
        try:
            found = await obstore.get_async(self._store, _path(tenant_id, key))
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error
        return _pieces(found)

    async def delete(self, tenant_id: UUID, key: str) -> None:
        """Remove the object; it is no error when it is already gone."""
        try:
            await obstore.delete_async(self._store, _path(tenant_id, key))
        except FileNotFoundError:
            return

    async def delete_all(self, tenant_id: UUID, *, besides: str | None = None) -> int:
        """Remove every object of the tenant, besides those in one folder; returns how many that were."""
        kept = f"{_path(tenant_id, besides)}/" if besides else None
        gone = 0
        async for batch in obstore.list(self._store, prefix=f"tenants/{tenant_id}"):
            going = [found["path"] for found in batch if kept is None or not found["path"].startswith(kept)]
            if going:
                await obstore.delete_async(self._store, going)
            gone += len(going)
        return gone


async def _pieces(found: "GetResult") -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=STREAM_CHUNK):
        yield bytes(piece)


def _path(tenant_id: UUID, key: str) -> str:
    if not key or key.startswith("/") or any(part in ("", ".", "..") for part in key.split("/")):
        raise ValueError(f"not a storage key: {key!r}")
    return f"tenants/{tenant_id}/{key}"
