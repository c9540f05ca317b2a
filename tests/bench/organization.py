"""Somebody who uses the program through its API, as the benchmark does."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec

from chatter.identity.schemas import SessionStarted, SignUpAsked
from chatter.llm.schemas import Provider
from tests.bench.client import Connection, connect
from tests.people import sign_up_token

__all__ = ["API", "Organization", "sign_up"]

API = "/api/v1"


@dataclass(frozen=True, kw_only=True)
class Organization:
    """An organisation and its owner's session."""

    port: int
    tenant_id: UUID
    token: str

    def connect(self) -> AbstractAsyncContextManager[Connection]:
        """Open a connection whose requests are the owner's."""
        return connect(self.port, headers={"authorization": f"Bearer {self.token}"})

    def browse(self) -> AbstractAsyncContextManager[Connection]:
        """Open a connection as the owner's browser does."""
        return connect(self.port, headers={"cookie": f"chatter_session={self.token}"})

    async def add_models(self, connection: Connection, *, upstream: int, names: list[str]) -> dict[str, UUID]:
        """Add the fake provider with these models; return their ids by name."""
        body = {
            "kind": "custom",
            "name": "Fake",
            "base_url": f"http://127.0.0.1:{upstream}/v1",
            "key": "k",
            "models": names,
        }
        answer = await connection.json("POST", f"{API}/providers", content=body)
        models = msgspec.json.decode(answer, type=Provider).models
        return {model.name: model.id for model in models if model.name in names}


async def sign_up(port: int, *, name: str) -> Organization:
    """Make an organisation."""
    body = {"organization_name": name, "name": "Dana Reyes", "email": f"{uuid4().hex}@example.test"}
    async with connect(port) as connection:
        answer = await connection.json("POST", f"{API}/auth/sign-up", content=body)
        asked = msgspec.json.decode(answer, type=SignUpAsked)
        finish = {"token": asked.token or sign_up_token(asked.id), "password": uuid4().hex}
        answer = await connection.json("POST", f"{API}/auth/sign-up/finish", content=finish)
    started = msgspec.json.decode(answer, type=SessionStarted)
    return Organization(port=port, tenant_id=started.organizations[0].id, token=started.token)
