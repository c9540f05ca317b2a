"""Somebody who asks questions over HTTP, and reads the answers as they come."""

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from chatter.kit.job_runner import JobRunner
from chatter.kit.services import Services
from tests.people import sign_up_token

__all__ = ["Asker", "RunEvent", "Turn", "Web", "frames_of", "new_asker", "share"]

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Web:
    """A web process."""

    url: str
    services: Services
    jobs: JobRunner


@dataclass(frozen=True)
class RunEvent:
    """One event of a stream."""

    seq: int
    type: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """A question that was taken."""

    conversation_id: str
    question_id: str
    answer_id: str
    run_id: str
    parent_id: str


@dataclass
class Asker:
    """A person with a session, talking to one process."""

    web: Web
    session: aiohttp.ClientSession
    tenant_id: UUID
    user_id: UUID
    token: str
    models: dict[str, str] = field(default_factory=dict)

    def at(self, web: Web) -> "Asker":
        """The same person at another process."""
        return Asker(web, self.session, self.tenant_id, self.user_id, self.token, self.models)

    async def call(self, method: str, path: str, *, expect: int, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        async with self.session.request(method, self.web.url + path, headers=headers, **kwargs) as answer:
            text = await answer.text()
            assert answer.status == expect, f"{method} {path}: {answer.status} {text}"
            return json.loads(text) if text else None

    async def get(self, path: str, *, expect: int = 200) -> Any:
        return await self.call("GET", path, expect=expect)

    async def post(self, path: str, body: object = None, *, expect: int = 201, **kwargs: Any) -> Any:
        return await self.call("POST", path, expect=expect, json=body, **kwargs)

    async def add_provider(self, url: str, *, models: tuple[str, ...], kind: str = "custom") -> None:
        body = {"kind": kind, "name": f"Fake {kind} {len(models)}", "base_url": url, "models": list(models)}
        made = await self.post("/providers", body)
        self.models = {model["name"]: model["id"] for model in made["models"]}

    async def upload(self, name: str, text: str) -> str:
        """Add a document and wait until it can be searched; returns its id."""
        form = aiohttp.FormData()
        form.add_field("files", text.encode(), filename=name, content_type="text/markdown")
        [item] = (await self.call("POST", "/documents", expect=201, data=form))["items"]
        assert item["problem"] is None, item
        while await self.web.jobs.take():
            pass
        document_id: str = item["document"]["id"]
        document = await self.get(f"/documents/{document_id}")
        assert document["state"] == "ready", document
        return document_id

    async def conversation(self) -> str:
        made: str = (await self.post("/conversations", {}))["id"]
        return made

    async def ask(self, question: str, *, model: str, conversation: str, key: str | None = None, **body: str) -> Turn:
        headers = {"Idempotency-Key": key} if key else {}
        asked = {"question": question, "model_id": self.models[model], **body}
        return Turn(**await self.post(f"/conversations/{conversation}/turns", asked, expect=202, headers=headers))

    async def events(self, run_id: str, *, after: int | None = None) -> AsyncGenerator[RunEvent, None]:
        """Read a run's events until the stream ends."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        url = f"{self.web.url}/runs/{run_id}/events"
        async with self.session.get(url, headers=headers) as answer:
            assert answer.status in {200, 204}, await answer.text()
            if answer.status == 204:
                return
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            async for event in frames_of(answer):
                yield event

    async def read(self, run_id: str, *, after: int | None = None) -> list[RunEvent]:
        return [event async for event in self.events(run_id, after=after)]

    async def answer(self, question: str, *, model: str) -> tuple[Turn, list[RunEvent]]:
        """Ask in a new conversation and wait for the end."""
        turn = await self.ask(question, model=model, conversation=await self.conversation())
        return turn, await self.read(turn.run_id)

    async def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.get(f"/conversations/{conversation_id}/messages"))["items"]
        return items


@contextlib.asynccontextmanager
async def new_asker(web: Web) -> AsyncIterator[Asker]:
    """Somebody signs up with a new organisation."""
    body = {"organization_name": "Acme", "name": "Dana Reyes", "email": f"{uuid4().hex[:12]}@example.test"}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{web.url}/auth/sign-up", json=body) as answer:
            assert answer.status == 202, await answer.text()
            asked = await answer.json()
        finish = {"token": asked["token"] or sign_up_token(UUID(asked["id"])), "password": PASSWORD}
        async with session.post(f"{web.url}/auth/sign-up/finish", json=finish) as answer:
            assert answer.status == 201, await answer.text()
            made = await answer.json()
        organization = made["organizations"][0]["id"]
        yield Asker(web, session, UUID(organization), UUID(made["user"]["id"]), made["token"])


async def frames_of(answer: aiohttp.ClientResponse) -> AsyncGenerator[RunEvent, None]:
    """Read what a stream tells, as it comes; keep-alives aside."""
    buffer = b""
    async for chunk in answer.content.iter_any():
        buffer += chunk
        *frames, buffer = buffer.split(b"\n\n")
        for frame in frames:
            if not frame.startswith(b":"):
                yield _event(frame)


def _event(frame: bytes) -> RunEvent:
    fields = dict(line.split(": ", 1) for line in frame.decode().split("\n"))
    return RunEvent(int(fields.get("id", 0)), fields["event"], json.loads(fields["data"]))


async def share(asker: Asker, turn: Turn, *, with_: Asker, level: str = "view") -> str:
    """Share the conversation of a turn; returns the grant's id."""
    body = {
        "resource_kind": "conversation",
        "resource_id": turn.conversation_id,
        "subject_kind": "user",
        "subject_id": str(with_.user_id),
        "level": level,
    }
    grant_id: str = (await asker.post("/grants", body))["id"]
    return grant_id
