"""People who use the program: look at lists, search, ask and read the whole answer, now and then add a document."""

import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import msgspec

from chatter.chat.schemas import Conversation
from chatter.documents.schemas import Uploads
from tests.bench.client import Answer, Connection
from tests.bench.corpus import Writer
from tests.bench.organization import API, Organization

__all__ = ["Ledger", "Worker"]

_TEXT = b"event: TEXT_MESSAGE_CONTENT\n"
_UPLOADS = 5
"""One in so many rounds adds a document."""


@dataclass
class Ledger:
    """What people did, how long each act took, what went wrong, and what must be there at the end."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    asked: list[UUID] = field(default_factory=list)
    """Conversations whose question was answered before the person's eyes."""
    added: list[UUID] = field(default_factory=list)
    """Documents that were taken."""

    @asynccontextmanager
    async def timed(self, act: str) -> AsyncIterator[None]:
        """Note how long an act took; a fault is noted instead of raised, so that the others work on."""
        started = time.monotonic()
        try:
            yield
        except (RuntimeError, OSError, msgspec.MsgspecError) as error:
            self.faults.append(f"{act}: {error}")
        else:
            self.seconds[act].append(time.monotonic() - started)


@dataclass(kw_only=True)
class Worker:
    """One person, who does one thing after another without a pause: harder than twenty who read in between."""

    organization: Organization
    model: UUID
    writer: Writer
    ledger: Ledger
    random: random.Random

    async def work(self, *, until: float) -> None:
        """Work until the monotonic clock says so."""
        while time.monotonic() < until:
            async with self.organization.connect() as connection:
                await self._round(connection)

    async def _round(self, connection: Connection) -> None:
        async with self.ledger.timed("list conversations"):
            await connection.json("GET", f"{API}/conversations")
        async with self.ledger.timed("list documents"):
            await connection.json("GET", f"{API}/documents")
        question = self.writer.question(self.random.randrange(20))
        async with self.ledger.timed("search"):
            await connection.json("POST", f"{API}/search", content={"query": question})
        if self.random.randrange(_UPLOADS) == 0:
            async with self.ledger.timed("add a document"):
                await self._add(connection)
        async with self.ledger.timed("ask, to the last word"):
            await self._ask(connection, question)

    async def _ask(self, connection: Connection, question: str) -> None:
        made = await connection.json("POST", f"{API}/conversations", content={})
        conversation = msgspec.json.decode(made, type=Conversation).id
        started = time.monotonic()
        path = f"{API}/conversations/{conversation}/turns"
        body = msgspec.json.encode({"question": question, "model_id": self.model})
        events = await connection.send("POST", path, body=body, accept="text/event-stream", mark=_TEXT)
        self._read(events, started=started)
        self.ledger.asked.append(conversation)

    def _read(self, events: Answer, *, started: float) -> None:
        if events.marked_at is None or b'"RUN_FINISHED"' not in events.body:
            raise RuntimeError(f"the answer broke off: {events.body[-300:].decode(errors='replace')}")
        self.ledger.seconds["ask, to the first word"].append(events.marked_at - started)

    async def _add(self, connection: Connection) -> None:
        boundary = uuid4().hex
        head = f'--{boundary}\r\ncontent-disposition: form-data; name="files"; filename="{uuid4().hex}.txt"\r\n\r\n'
        body = f"{head}{self.writer.document(size=4000)}\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        answer = b"".join([part async for part in connection.stream("POST", f"{API}/documents", body=body, kind=kind)])
        if connection.status != 201:
            raise RuntimeError(f"answered with {connection.status}: {answer[:300].decode(errors='replace')}")
        uploads = msgspec.json.decode(answer, type=Uploads)
        self.ledger.added += [upload.document.id for upload in uploads.items if upload.document]
