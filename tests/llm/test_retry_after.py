"""A provider that is busy or broken says for how long, in either of HTTP's two ways."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from chatter.llm.adapters.faults import refusal
from chatter.llm.errors import ProviderFault
from chatter.llm.ports import ChatTarget

TARGET = ChatTarget(base_url="https://provider.test", model="any", provider="Provider")


def asked_to_wait(status: int, retry_after: str | None) -> ProviderFault:
    fault = refusal(TARGET, status=status, body=b"", retry_after=retry_after)
    assert isinstance(fault, ProviderFault)
    return fault


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_the_wait_is_told_whatever_the_fault(status: int) -> None:
    fault = asked_to_wait(status, "30")
    assert fault.retry_after == 30
    assert fault.remedy is not None
    assert "in 30 seconds" in fault.remedy


def test_the_wait_may_be_a_date() -> None:
    then = datetime.now(UTC) + timedelta(seconds=90)
    assert asked_to_wait(503, format_datetime(then, usegmt=True)).retry_after in range(60, 91)
    assert asked_to_wait(503, format_datetime(then - timedelta(hours=1), usegmt=True)).retry_after == 0


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "soon",
        "-3",
        "٣",
        "1.5",
        "Wed, 99 Oct 2026 07:28:00 GMT",
        "9" * 5000,
        "Fri, 31 Dec " + "9" * 30 + " 23:59:59 GMT",
    ],
)
def test_what_is_no_wait_is_none(said: str | None) -> None:
    assert asked_to_wait(503, said).retry_after is None


def test_nobody_is_asked_to_come_back_next_year() -> None:
    assert asked_to_wait(429, "99999999").retry_after == 3600
