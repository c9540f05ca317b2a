"""One request to a destination: JSON lines by POST, under the egress policy, never along a redirect."""

from dataclasses import dataclass
from ipaddress import ip_address
from uuid import UUID

import aiohttp
from yarl import URL

from chatter.audit.errors import SinkInvalid
from chatter.audit.models import AuditSink
from chatter.kit.crypto import SecretBox
from chatter.kit.http import EgressPolicy, EgressRefused, HttpSessions

__all__ = ["Target", "checked_address", "post", "target_of"]

_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to, with the header in the clear for the length of one call."""

    url: str
    headers: dict[str, str]


def target_of(row: AuditSink, *, tenant_id: UUID, secrets: SecretBox) -> Target:
    """Open the stored header; raises SecretUnreadable."""
    if row.header_name is None or row.header_sealed is None:
        return Target(url=row.url, headers={})
    return Target(url=row.url, headers={row.header_name: secrets.open(row.header_sealed, tenant_id=tenant_id)})


def checked_address(text: str, *, policy: EgressPolicy) -> str:
    """The address in its normal form; raises SinkInvalid, EgressRefused."""
    try:
        url = URL(text.strip())
    except ValueError as error:
        raise SinkInvalid(
            "The address is not a valid URL.", remedy="It looks like https://siem.example.org/x."
        ) from error
    policy.check_url(url)
    if url.scheme != "https" and not _is_private(url.host or ""):
        raise SinkInvalid("The audit log is sent over HTTPS only.", remedy="Write the address with https://.")
    return str(url)


async def post(http: HttpSessions, target: Target, body: bytes) -> str | None:
    """Send lines; None when they were taken, else what went wrong in a sentence."""
    headers = {"Content-Type": "application/x-ndjson", **target.headers}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with http.public.post(
            target.url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            return None if 200 <= answer.status < 300 else f"It answered {answer.status}."
    except EgressRefused as error:
        return error.detail
    except TimeoutError:
        return f"It did not answer within {_SECONDS} seconds."
    except (aiohttp.ClientError, OSError) as error:
        return f"It could not be reached: {_reason(error)}."


def _reason(error: Exception) -> str:
    """What went wrong, for whoever typed the address."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "no address is known for its name"
        case aiohttp.ClientSSLError():
            return "its certificate was not accepted"
        case aiohttp.ClientConnectionError() | OSError():
            return "the connection was refused or broke off"
        case _:
            return "it did not speak HTTP"


def _is_private(host: str) -> bool:
    """An address of the operator's own network, which the egress policy has let pass."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False
