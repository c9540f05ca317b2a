"""An app that asks people to act for them, as a client of the standards does."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.people import Person

__all__ = ["READ", "REDIRECT", "App", "challenge_of", "told"]

REDIRECT = "https://notes.example.test/callback"
READ = "documents:document:read"


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass
class App:
    """A public client, registered."""

    http: httpx.AsyncClient
    client_id: str
    redirect_uri: str = REDIRECT
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @classmethod
    async def registered(cls, http: httpx.AsyncClient, *, redirect_uri: str = REDIRECT, name: str = "Notes") -> "App":
        body = {"client_name": name, "redirect_uris": [redirect_uri]}
        answer = await http.post("/api/v1/oauth/register", json=body)
        assert answer.status_code == 201, answer.text
        return cls(http, answer.json()["client_id"], redirect_uri)

    def request(self, **other: str) -> dict[str, str]:
        """What stands in the address of the consent page."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": f"{READ} chat:turn:create",
            "state": "a state",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return asked | other

    async def asked(self, person: Person, **other: str) -> httpx.Response:
        """The person looks at the request."""
        return await person.post("/oauth/asked", json=self.request(**other))

    async def allowed(self, person: Person, **other: str) -> dict[str, str]:
        """The person says yes; what the app is told at its address."""
        shown = await self.asked(person, **other)
        assert shown.status_code == 200, shown.text
        consent = {"request": self.request(**other), "consent": shown.json()["consent"]}
        answer = await person.post("/oauth/allow", json=consent)
        assert answer.status_code == 200, answer.text
        return told(answer.json()["redirect_to"])

    async def token(self, **form: str) -> httpx.Response:
        """Ask for tokens."""
        return await self.http.post("/api/v1/oauth/token", data={"client_id": self.client_id} | form)

    async def redeem(self, code: str, **other: str) -> httpx.Response:
        given = {"code": code, "redirect_uri": self.redirect_uri, "code_verifier": self.verifier}
        return await self.token(grant_type="authorization_code", **(given | other))

    async def refresh(self, refresh_token: str, **other: str) -> httpx.Response:
        return await self.token(grant_type="refresh_token", refresh_token=refresh_token, **other)

    async def connected(self, person: Person, **other: str) -> dict[str, Any]:
        """The tokens after the person said yes."""
        answer = await self.redeem((await self.allowed(person, **other))["code"])
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def call(
        self, access_token: str, method: str = "GET", path: str = "/documents", **other: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {access_token}"} | other.pop("headers", {})
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **other)


def told(address: str) -> dict[str, str]:
    """What an address says in its query."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
