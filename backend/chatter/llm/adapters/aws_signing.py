"""Signature Version 4 of Amazon Web Services, for a body that is known: its own 60 lines instead of a 14 MB client.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from yarl import URL

__all__ = ["AwsKey", "signed_headers"]

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsKey:
    """Credentials; never log them."""

    access_key_id: str
    secret: str
    session_token: str = ""

    @classmethod
    def read(cls, text: str) -> "AwsKey | None":
        """`ID:SECRET` or `ID:SECRET:SESSION-TOKEN`; None for a text that is no such pair (a Bedrock API key)."""
        access_key_id, _, rest = text.partition(":")
        secret, _, session_token = rest.partition(":")
        return cls(access_key_id, secret, session_token) if access_key_id and secret else None

    def __repr__(self) -> str:
        return "AwsKey()"


def signed_headers(
    key: AwsKey, *, method: str, url: URL, body: bytes, region: str, service: str, now: datetime
) -> dict[str, str]:
    """The headers that prove who asks, to be sent beside whatever else is."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    signed = {"host": _host(url), "x-amz-date": stamp}
    if key.session_token:
        signed["x-amz-security-token"] = key.session_token
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        [
            method,
            quote(url.raw_path, safe="/-_.~"),  # what is encoded in the path is encoded once more
            url.raw_query_string,
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(_signing_key(key.secret, scope), text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={key.access_key_id}/{scope}"
    headers = {name: value for name, value in signed.items() if name != "host"}
    return headers | {"authorization": f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"}


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _host(url: URL) -> str:
    return f"{url.raw_host}" if url.is_default_port() else f"{url.raw_host}:{url.port}"
