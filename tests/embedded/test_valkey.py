"""The embedded Valkey, killed and restarted for real."""

import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError

from chatter.embedded.processes import wait_until_gone
from chatter.embedded.valkey import EmbeddedValkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path / "valkey")
    server.start()
    yield server
    server.stop()


async def test_what_reached_the_log_survives_a_killed_server(valkey: EmbeddedValkey) -> None:
    async with Redis.from_url(valkey.url) as client:
        await client.set("kept", "yes")
        await client.execute_command("WAITAOF", 1, 0, 5000)
    process = valkey.process()
    assert process is not None
    process.signal(signal.SIGKILL)
    assert wait_until_gone(process, seconds=10)
    start = valkey.start()
    assert not start.adopted
    async with Redis.from_url(valkey.url) as client:  # its port may be another: somebody can have taken the old one
        assert await client.get("kept") == b"yes"


async def test_a_running_server_is_adopted(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    successor = EmbeddedValkey(tmp_path / "valkey")
    assert successor.start().adopted
    assert successor.process() == valkey.process()


async def test_nobody_comes_in_without_the_password(valkey: EmbeddedValkey) -> None:
    async with Redis.from_url(valkey.url.replace(":", ":wrong", 2).replace(":wrong", ":", 1)) as client:
        with pytest.raises(AuthenticationError):
            await client.ping()


def test_the_password_is_in_no_list_of_processes(valkey: EmbeddedValkey) -> None:
    process = valkey.process()
    assert process is not None
    password = (valkey.home / "password").read_text().strip()
    assert password.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert stat.S_IMODE((valkey.home / "valkey.conf").stat().st_mode) == 0o600


def test_it_stops_when_asked_and_stopping_twice_is_harmless(valkey: EmbeddedValkey) -> None:
    valkey.stop()
    assert valkey.process() is None
    valkey.stop()
