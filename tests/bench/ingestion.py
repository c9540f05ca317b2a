"""Documents: from the upload to the moment at which they can be searched."""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import msgspec

from tests.bench.accounting import CpuWatch
from tests.bench.client import Connection
from tests.bench.corpus import Writer
from tests.bench.organization import API, Organization

__all__ = ["DOCUMENT_BYTES", "Ingested", "ingest"]

DOCUMENT_BYTES = 10_000
_A_REQUEST = 10
_PATIENCE = 180.0
_STATES = "select state, count(*), sum(chunk_count)::int from document where tenant_id = $1 group by state"


class _Accepted(msgspec.Struct):
    id: UUID


class _Refused(msgspec.Struct):
    detail: str


class _Uploaded(msgspec.Struct):
    document: _Accepted | None
    problem: _Refused | None


class _Uploads(msgspec.Struct):
    items: list[_Uploaded]


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """How long a batch of documents took, and CPU seconds by process."""

    documents: int
    chunks: int
    seconds: float
    cpu: dict[str, float]

    @property
    def per_second(self) -> float:
        return self.documents / self.seconds


async def ingest(
    organization: Organization, *, admin_url: str, count: int, seed: int, processes: dict[str, int]
) -> Ingested:
    """Upload `count` texts of 10 kB and wait until all are ready."""
    writer = Writer(seed=seed, topics=40)
    texts = [writer.document(size=DOCUMENT_BYTES) for _ in range(count)]
    admin = await asyncpg.connect(admin_url)
    before = await _ready(admin, organization.tenant_id)
    try:
        async with organization.connect() as connection:
            watch = CpuWatch(processes)
            started = time.monotonic()
            for first in range(0, count, _A_REQUEST):
                await _upload(connection, texts[first : first + _A_REQUEST])
            ready = await _all_ready(admin, organization.tenant_id, wanted=before.documents + count)
            seconds = time.monotonic() - started
        cpu = watch.spent()
    finally:
        await admin.close()
    return Ingested(documents=count, chunks=ready.chunks - before.chunks, seconds=seconds, cpu=cpu)


@dataclass(frozen=True)
class _Ready:
    documents: int
    chunks: int


async def _all_ready(admin: asyncpg.Connection, tenant_id: UUID, *, wanted: int) -> _Ready:
    deadline = time.monotonic() + _PATIENCE
    while (ready := await _ready(admin, tenant_id)).documents < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{ready.documents} of {wanted} documents are ready after {_PATIENCE:.0f} s")
        await asyncio.sleep(0.05)
    return ready


async def _ready(admin: asyncpg.Connection, tenant_id: UUID) -> _Ready:
    rows = {state: (count, chunks) for state, count, chunks in await admin.fetch(_STATES, tenant_id)}
    if "failed" in rows:
        raise RuntimeError(f"{rows['failed'][0]} documents failed")
    return _Ready(*rows.get("ready", (0, 0)))


async def _upload(connection: Connection, texts: list[str]) -> None:
    boundary = uuid4().hex
    parts = [_part(boundary, name=f"{uuid4().hex}.txt", text=text) for text in texts]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    answer = b"".join([part async for part in connection.stream("POST", f"{API}/documents", body=body, kind=kind)])
    if connection.status != 201:
        raise RuntimeError(f"an upload was answered with {connection.status}: {answer[:500].decode(errors='replace')}")
    refused = [item.problem for item in msgspec.json.decode(answer, type=_Uploads).items if item.problem is not None]
    if refused:
        raise RuntimeError(f"{len(refused)} documents were refused: {refused[0].detail}")


def _part(boundary: str, *, name: str, text: str) -> bytes:
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="files"; filename="{name}"\r\n'
    return f"{head}content-type: text/plain\r\n\r\n{text}\r\n".encode()
