"""`chatter up`, as an operator lives with it: started, killed in every way, started again."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chatter.cli.api import Api, ApiFailed, Unreachable
from chatter.cli.demo import EMAIL
from chatter.embedded.processes import free_port, port_is_free, wait_until_gone
from chatter.health import Health
from chatter.identity.schemas import SessionStarted, SignIn
from tests.cli.running import Running, existing, until
from tests.servers import Servers

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An installation that all tests of this file share: starting one takes seconds."""
    folder = Running(tmp_path_factory.mktemp("installation"))
    folder.up("--port", str(free_port()))
    yield folder
    folder.clean()


@pytest.fixture(scope="module")
def password(running: Running) -> str:
    """The demo organisation's password, which is printed at the first start only."""
    assert running.password is not None
    return running.password


def test_the_first_start_prints_an_address_and_a_sign_in_that_work(running: Running, password: str) -> None:
    assert running.address in running.output
    assert _sign_in(running, password=password).user.email == EMAIL


def test_the_password_is_kept_nowhere_once_it_was_shown(running: Running, password: str) -> None:
    kept = [path for path in running.data.rglob("*") if path.is_file() and "data" not in path.parts]
    assert not [path for path in kept if password.encode() in path.read_bytes()]


def test_a_second_start_from_the_same_folder_is_refused_with_the_address(running: Running, password: str) -> None:
    ended = running.run("up")
    assert ended.returncode == 1
    assert f"already runs from this folder, at {running.address}" in ended.stderr
    assert _sign_in(running, password=password)


@pytest.mark.parametrize("name", ["web", "worker", "local models", "Postgres", "Valkey"])
def test_a_killed_process_is_replaced_and_nothing_is_lost(running: Running, password: str, name: str) -> None:
    killed = existing(running.process(name))
    killed.signal(signal.SIGKILL)
    until(lambda: running.process(name) not in (None, killed))
    until(lambda: _ready(running), seconds=90)
    assert _sign_in(running, password=password)


def test_a_server_whose_port_was_taken_comes_back_elsewhere_and_the_others_follow(
    running: Running, password: str
) -> None:
    valkey, supervisor = existing(running.process("Valkey")), running.supervisor()
    port = urlsplit(running.valkey.url).port or 0
    supervisor.signal(signal.SIGSTOP)
    valkey.signal(signal.SIGKILL)
    assert wait_until_gone(valkey, seconds=10)
    until(lambda: port_is_free(port))  # its threads that were writing to the disk let go of it last
    with socket.create_server(("127.0.0.1", port)):
        supervisor.signal(signal.SIGCONT)
        until(lambda: running.process("Valkey") is not None)
        assert urlsplit(running.valkey.url).port != port
        until(lambda: _ready(running), seconds=90)
    assert _sign_in(running, password=password)


def test_after_a_killed_supervisor_the_next_start_takes_over(running: Running, password: str) -> None:
    postgres, web = existing(running.process("Postgres")), existing(running.process("web"))
    running.stop(by=signal.SIGKILL)
    printed = running.up()
    assert "was still running" in printed
    assert running.password is None
    assert running.process("Postgres") == postgres
    assert wait_until_gone(web, seconds=15)
    assert _sign_in(running, password=password)


def test_after_everything_was_killed_the_next_start_recovers(running: Running, password: str) -> None:
    processes = running.everything()
    assert len(processes) == 5
    running.stop(by=signal.SIGKILL)
    for process in processes:
        process.signal(signal.SIGKILL)
    assert "recovered after a crash" in running.up()
    assert _sign_in(running, password=password)


def test_ctrl_c_stops_everything(running: Running, password: str) -> None:
    processes = running.everything()
    assert running.stop(by=signal.SIGINT) == 0
    assert not [process for process in processes if process.alive()]
    assert "Everything is stopped" in running.output
    assert "Nothing was running" in running.run("down").stdout


def test_a_taken_port_is_replaced_by_a_free_one(running: Running, password: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        printed = running.up("--port", str(port))
        assert f"port {port} is taken" in printed
        assert not running.address.endswith(f":{port}")
        assert _sign_in(running, password=password)


async def test_the_operators_own_servers_are_used_when_set(servers: Servers, worker_id: str, tmp_path: Path) -> None:
    urls = await servers.empty_database(f"chatter_own_{worker_id}")
    # Roles belong to the whole server: with the key of the other tests their passwords stay as they are.
    own = Running(
        tmp_path, DATABASE_URL=urls.admin, REDIS_URL=servers.redis_url(15), CHATTER_SECRET_KEY=servers.secret_key
    )
    try:
        assert "yours, by DATABASE_URL" in own.up("--port", str(free_port()))
        assert not (own.data / "postgres").exists()
        assert not (own.data / "valkey").exists()
        assert own.password is not None
        assert _sign_in(own, password=own.password)
        assert own.stop() == 0
        assert servers.postgres.process() is not None
    finally:
        own.clean()


def _sign_in(running: Running, *, password: str) -> SessionStarted:
    try:
        return Api(running.address).post("/auth/sign-in", SessionStarted, body=SignIn(email=EMAIL, password=password))
    except ApiFailed as failed:
        raise AssertionError(failed.problem) from failed


def _ready(running: Running) -> bool:
    try:
        return Api(running.address, timeout=30).get("/health/ready", Health).status == "ok"
    except (ApiFailed, Unreachable):
        return False
