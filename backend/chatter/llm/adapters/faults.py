"""Translates what a provider or the network does wrong into errors that people can act on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil

import aiohttp
import msgspec

from chatter.llm.adapters.openai_schema import error_message
from chatter.llm.adapters.sse import LineTooLong
from chatter.llm.errors import (
    LocalModelsAway,
    ProviderBroken,
    ProviderBusy,
    ProviderHungUp,
    ProviderIncoherent,
    ProviderKeyRefused,
    ProviderModelUnknown,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnreachable,
    UpstreamCutShort,
)
from chatter.llm.ports import ChatTarget

__all__ = ["cut_short", "endless", "incoherent", "refusal", "translated"]

_LONGEST_QUOTE = 300
_LONGEST_WAIT = 3600


@asynccontextmanager
async def translated(target: ChatTarget, *, idle_seconds: float) -> AsyncIterator[None]:
    """Raise our errors for those of the client library."""
    try:
        yield
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
        raise _unreachable(target, error) from error
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise ProviderTimedOut(
            f"{target.provider} sent nothing for {idle_seconds:.0f} seconds.",
            remedy="Ask again. If it stays silent, choose another model.",
        ) from error
    except aiohttp.InvalidURL as error:
        raise ProviderUnreachable(
            f"The address of {target.provider} is not a valid URL.",
            remedy="An administrator can correct it under Models.",
        ) from error
    except aiohttp.ServerDisconnectedError as error:
        raise _hung_up(target) from error
    except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError) as error:
        raise cut_short(target) from error
    except (msgspec.MsgspecError, LineTooLong, aiohttp.ClientResponseError) as error:
        raise incoherent(target) from error


def cut_short(target: ChatTarget) -> UpstreamCutShort:
    """The connection or the stream ended before the answer did."""
    return UpstreamCutShort(
        f"{target.provider} broke off before the answer was complete.",
        remedy="Ask again. If it happens often, choose another model or tell your administrator.",
    )


def incoherent(target: ChatTarget) -> ProviderIncoherent:
    """What came is not the wire format."""
    return ProviderIncoherent(
        f"{target.provider} sent something that is not an answer in the OpenAI format.",
        remedy="An administrator can check the address under Models: it usually ends in /v1.",
    )


def endless(target: ChatTarget) -> ProviderIncoherent:
    """More came than any answer has."""
    return ProviderIncoherent(f"{target.provider} did not stop writing.", remedy="Ask again, or choose another model.")


def refusal(target: ChatTarget, *, status: int, body: bytes, retry_after: str | None) -> Exception:
    """The error for a response whose status is not 200."""
    said, wait = _quote(target, body), _seconds(retry_after)
    if status in (401, 403):
        return ProviderKeyRefused(
            f"{target.provider} refused the key ({status}).",
            remedy="An administrator can enter another key under Models.",
        )
    if status == 404:
        return ProviderModelUnknown(
            f"{target.provider} has no model {target.model} at this address.{said}",
            remedy="An administrator can check the address and the list of models under Models.",
        )
    if status == 429:
        when = f"in {wait} seconds" if wait else "in a minute"
        return ProviderBusy(
            f"{target.provider} is busy or its quota is used up.{said}",
            remedy=f"Ask again {when}, or choose another model.",
            retry_after=wait,
        )
    if 300 <= status < 400:
        return ProviderRefused(
            f"{target.provider} redirects to another address ({status}).",
            remedy="An administrator can enter the address it redirects to under Models.",
        )
    if status >= 500:
        return ProviderBroken(
            f"{target.provider} failed ({status}).{said}",
            remedy=f"Ask again{f' in {wait} seconds' if wait else ''}, or choose another model.",
            retry_after=wait,
        )
    return ProviderRefused(
        f"{target.provider} refused the request ({status}).{said}",
        remedy="Choose another model, or tell your administrator.",
    )


def _unreachable(target: ChatTarget, error: Exception) -> Exception:
    if target.built_in:
        return LocalModelsAway(
            "The built-in models do not answer.", remedy="They start with the server: wait a moment."
        )
    cause = "its name can't be resolved" if isinstance(error, aiohttp.ClientConnectorDNSError) else "it does not answer"
    return ProviderUnreachable(
        f"{target.provider} can't be reached: {cause}.",
        remedy="Ask again. An administrator can check the address under Models.",
    )


def _hung_up(target: ChatTarget) -> Exception:
    """It may have closed a connection that was kept too long, or have read the request: nobody knows."""
    if target.built_in:
        return LocalModelsAway("The built-in models hung up.", remedy="They start with the server: wait a moment.")
    return ProviderHungUp(f"{target.provider} hung up before it answered.", remedy="Ask again.")


def _quote(target: ChatTarget, body: bytes) -> str:
    said = " ".join(error_message(body).replace("\0", "").split())[:_LONGEST_QUOTE]
    if target.key:
        said = said.replace(target.key, "…")
    return f" It says: {said}" if said else ""


def _seconds(retry_after: str | None) -> int | None:
    """How long to wait, told in seconds or as a date (RFC 9110, 10.2.3); None when it says neither."""
    if not retry_after:
        return None
    try:
        if retry_after.isascii() and retry_after.isdigit():
            return min(int(retry_after), _LONGEST_WAIT)
        when = parsedate_to_datetime(retry_after)
        left = (when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (ValueError, OverflowError):  # no date, or none that there is
        return None
    return min(max(ceil(left.total_seconds()), 0), _LONGEST_WAIT)
