"""Commands that need no installation, or a missing one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chatter.cli.maintenance import example_file
from tests.cli.running import Running

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nowhere(tmp_path: Path) -> Running:
    """A folder in which nothing was ever started."""
    return Running(tmp_path)


def test_the_example_of_settings_is_what_the_settings_say() -> None:
    assert (ROOT / ".env.example").read_text() == example_file(), "write it anew: make .env.example"


def test_every_command_is_listed_and_explains_itself(nowhere: Running) -> None:
    listed = nowhere.run("--help").stdout
    operators = ("up", "down", "doctor", "migrate", "audit", "openapi", "organizations", "factors", "oauth", "mails")
    for command in (*operators, "login", "logout", "documents", "collections", "search", "ask"):
        assert f" {command} " in listed
        assert "Usage" in nowhere.run(command, "--help").stdout


def test_listing_the_commands_imports_none_of_them() -> None:
    program = (
        "import sys, chatter.cli.commands; print(any(m in sys.modules for m in ('litestar', 'asyncpg', 'pydantic')))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


def test_doctor_finds_this_machine_fit_and_says_so_in_json(nowhere: Running) -> None:
    ended = nowhere.run("doctor", "--json")
    findings = {finding["check"]: finding for finding in json.loads(ended.stdout)}
    assert ended.returncode == 0
    assert findings["Postgres"]["found"].startswith("embedded 18")
    assert findings["Valkey"]["verdict"] == "fine"


def test_doctor_names_a_database_that_does_not_answer_and_ends_with_status_1(tmp_path: Path) -> None:
    ended = Running(tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none").run("doctor")
    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stdout
    assert "Check DATABASE_URL" in ended.stdout


def test_asking_without_a_sign_in_says_how_to_sign_in(nowhere: Running) -> None:
    ended = nowhere.run("ask", "Who?")
    assert ended.returncode == 1
    assert "chatter login" in ended.stderr


def test_signing_in_to_an_installation_that_does_not_run_says_how_to_start_it(tmp_path: Path) -> None:
    ended = Running(tmp_path, CHATTER_PASSWORD="x").run("login", "--url", "http://127.0.0.1:1", "--email", "a@b.test")
    assert ended.returncode == 1
    assert "cannot be reached" in ended.stderr
    assert "chatter up" in ended.stderr


def test_without_a_terminal_the_password_comes_from_the_environment(nowhere: Running) -> None:
    ended = nowhere.run("login", "--email", "a@b.test")
    assert ended.returncode == 1
    assert "CHATTER_PASSWORD" in ended.stderr


def test_stopping_what_was_never_started_does_nothing(nowhere: Running) -> None:
    ended = nowhere.run("down")
    assert ended.returncode == 0
    assert "Nothing was ever started" in ended.stdout
    assert not nowhere.data.exists()


def test_the_openapi_document_is_printed(nowhere: Running) -> None:
    document = json.loads(nowhere.run("openapi").stdout)
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/documents" in document["paths"]
