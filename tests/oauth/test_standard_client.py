"""A client that others wrote: it finds the server by its metadata, and gets, uses and renews tokens."""

from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata  # type: ignore[import-untyped]
from litestar import Litestar

from tests.oauth.app import READ, REDIRECT
from tests.people import Person


async def test_the_metadata_is_valid_for_whoever_checks_it(client: httpx.AsyncClient) -> None:
    """The checker wants https, which a proxy in front of the server adds."""
    answer = await client.get("/.well-known/oauth-authorization-server")
    metadata = AuthorizationServerMetadata(httpx.Response(200, text=answer.text.replace("http://", "https://")).json())
    metadata.validate()


async def test_a_client_that_knows_the_standards_alone_gets_in(
    owner: Person, client: httpx.AsyncClient, api: Litestar
) -> None:
    server = (await client.get("/.well-known/oauth-authorization-server")).json()
    body = {"redirect_uris": [REDIRECT], "client_name": "Standard"}
    registered = (await client.post(urlsplit(server["registration_endpoint"]).path, json=body)).json()
    async with AsyncOAuth2Client(
        registered["client_id"],
        redirect_uri=REDIRECT,
        scope=READ,
        code_challenge_method="S256",
        token_endpoint=server["token_endpoint"],
        revocation_endpoint_auth_method="none",
        token_endpoint_auth_method="none",
        transport=httpx2.ASGITransport(app=cast(Any, api)),
    ) as standard:
        verifier = "a-verifier-of-the-length-that-the-standard-wants"
        asked, state = standard.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier)
        request = {name: values[0] for name, values in parse_qs(urlsplit(asked).query).items()}
        shown = (await owner.post("/oauth/asked", json=request)).json()
        allowed = await owner.post("/oauth/allow", json={"request": request, "consent": shown["consent"]})
        first = await standard.fetch_token(
            authorization_response=allowed.json()["redirect_to"], state=state, code_verifier=verifier
        )
        documents = f"{server['issuer']}/api/v1/documents"
        assert (await standard.get(documents)).status_code == 200
        second = await standard.refresh_token()
        assert second["refresh_token"] != first["refresh_token"]
        assert (await standard.get(documents)).status_code == 200
        await standard.revoke_token(server["revocation_endpoint"], token=second["refresh_token"])
        assert (await standard.get(documents)).status_code == 401
