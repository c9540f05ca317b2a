"""The embedded Postgres, killed and restarted for real."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from chatter.embedded.errors import PrivilegesRefused, ServerRefused
from chatter.embedded.postgres import EmbeddedPostgres
from chatter.embedded.privileges import Launcher, RunAs, choose
from chatter.embedded.processes import wait_until_gone

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


@pytest.fixture
def postgres(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home)
    server.start()
    yield server
    server.stop()


async def test_what_was_committed_survives_a_killed_server(postgres: EmbeddedPostgres) -> None:
    await _execute(postgres.superuser_url, "create table kept as select generate_series(1, 1000) as n")
    _kill(postgres)
    start = postgres.start()
    assert start.recovered
    assert not start.created
    assert await _ask(postgres.superuser_url, "select count(*) from kept") == 1000


async def test_a_running_server_is_adopted(postgres: EmbeddedPostgres, home: Path) -> None:
    successor = EmbeddedPostgres(home)
    assert successor.start().adopted
    assert successor.process() == postgres.process()
    assert await _ask(successor.superuser_url, "select 1") == 1


def test_a_server_outlives_the_process_that_started_it_and_is_adopted(home: Path) -> None:
    program = "import sys; from pathlib import Path; from chatter.embedded.postgres import EmbeddedPostgres; "
    program += "EmbeddedPostgres(Path(sys.argv[1])).start(); import os; os.kill(os.getpid(), 9)"
    ended = subprocess.run([sys.executable, "-c", program, str(home)], check=False)
    assert ended.returncode == -signal.SIGKILL
    server = EmbeddedPostgres(home)
    assert server.start().adopted
    server.stop()
    assert server.process() is None


async def test_nobody_comes_in_without_the_password(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:guess@127.0.0.1:{postgres.port}/postgres")


async def test_it_listens_on_loopback_and_its_socket_is_private(postgres: EmbeddedPostgres) -> None:
    assert await _ask(postgres.superuser_url, "select current_setting('listen_addresses')") == "127.0.0.1"
    assert stat.S_IMODE(postgres.socket_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((postgres.home / "superuser-password").stat().st_mode) == 0o600


async def test_its_locale_is_the_same_on_every_machine(postgres: EmbeddedPostgres) -> None:
    query = "select datlocprovider::text || ' ' || datlocale from pg_database where datname = 'postgres'"
    assert await _ask(postgres.superuser_url, query) == "b C.UTF-8"


def test_a_pid_file_that_names_a_stranger_is_no_running_server(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    pid_file = home / "data" / "postmaster.pid"
    content = pid_file.read_text()
    server.stop()
    pid_file.write_text(content.replace(content.splitlines()[0], str(os.getpid()), 1))
    assert server.process() is None
    assert not server.start().adopted
    server.stop()


def test_a_creation_that_was_cut_short_is_done_anew(home: Path) -> None:
    (home / "data.partial" / "base").mkdir(parents=True)
    server = EmbeddedPostgres(home, durable=False)
    assert server.start().created
    server.stop()


def test_a_path_too_long_for_a_socket_gets_a_short_folder_for_it(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("long-" * 20) / "postgres", durable=False)
    server.start()
    assert len(str(server.socket_folder)) <= 80
    server.stop()
    server.socket_folder.rmdir()


def test_data_of_another_major_version_is_refused_with_a_reason(home: Path) -> None:
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    server.stop()
    (home / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(ServerRefused, match="written by Postgres 16"):
        server.start()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    server.stop()
    (home / "data" / "postgresql.conf").write_text("shared_preload_libraries = 'no_such_library'\n")
    with pytest.raises(ServerRefused, match="no_such_library"):
        server.start()


@as_root
def test_root_may_use_the_account_nobody_where_namespaces_are_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False, run_as=RunAs.NOBODY)
        server.start()
        process = server.process()
        assert process is not None
        assert Path(f"/proc/{process.pid}").owner() == "nobody"
        server.stop()


@as_root
def test_a_folder_that_the_account_nobody_cannot_reach_is_refused_with_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Launcher, "reachable_binaries", lambda _, installation, **__: installation)  # these it reaches
    home.parent.chmod(0o700)
    with pytest.raises(PrivilegesRefused, match="cannot reach") as refused:
        EmbeddedPostgres(home, durable=False, run_as=RunAs.NOBODY).start()
    assert "CHATTER_DATA_DIR" in (refused.value.remedy or "")


@as_root
@pytest.mark.skipif(choose() is not RunAs.NAMESPACE, reason="this machine refuses user namespaces")
def test_root_keeps_its_files_and_gives_up_its_power(postgres: EmbeddedPostgres) -> None:
    process = postgres.process()
    assert process is not None
    assert (postgres.home / "data").owner() == "root"
    assert Path(f"/proc/{process.pid}/uid_map").read_text().split() == ["65534", "0", "1"]


def _kill(server: EmbeddedPostgres) -> None:
    process = server.process()
    assert process is not None
    process.signal(signal.SIGKILL)
    assert wait_until_gone(process, seconds=10)


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        answer: object = await connection.fetchval(query)
    finally:
        await connection.close()
    return answer
