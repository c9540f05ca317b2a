"""The commands that talk to an installation, against a running one."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from chatter.cli.api import Api
from chatter.cli.demo import EMAIL
from chatter.embedded.processes import free_port
from chatter.identity.factor_schemas import RecoveryCodes, TotpDraft, TotpProof
from tests.cli.running import Running

pytestmark = pytest.mark.timeout(600)

HANDBOOK = """# Staff handbook

## Leave
Every employee has 28 days of paid holiday a year. Holiday must be requested two weeks ahead.

## Notice
The notice period is three months to the end of a quarter.
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = Running(tmp_path_factory.mktemp("client"))
    folder.up("--port", str(free_port()))
    yield folder
    folder.clean()


@pytest.fixture(scope="module")
def signed_in(running: Running) -> Running:
    """The installation, with the demo owner signed in at the terminal and one document added."""
    assert running.password is not None
    running.environment["CHATTER_PASSWORD"] = running.password
    ended = running.run("login", "--email", EMAIL)
    assert ended.returncode == 0, ended.stderr
    (running.folder / "handbook.md").write_text(HANDBOOK)
    ended = running.run("documents", "add", "handbook.md")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return running


def test_the_sign_in_is_kept_where_only_its_owner_can_read_it(signed_in: Running) -> None:
    kept = signed_in.folder / "config" / "chatter" / "sign-in.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["url"] == signed_in.address


def test_a_wrong_password_is_refused_with_a_request_id(signed_in: Running) -> None:
    stranger = Running(signed_in.folder, CHATTER_PASSWORD="not the password", XDG_CONFIG_HOME="elsewhere")
    ended = stranger.run("login", "--email", EMAIL)
    assert ended.returncode == 1
    assert "request " in ended.stderr


def test_whoever_has_a_second_factor_is_asked_for_its_code(signed_in: Running, tmp_path: Path) -> None:
    kept = json.loads((signed_in.folder / "config" / "chatter" / "sign-in.json").read_text())
    api = Api(kept["url"], token=kept["token"])
    draft = api.post("/me/totp/draft", TotpDraft, body={})
    proof = TotpProof(enrolment=draft.enrolment, code=pyotp.TOTP(draft.secret).now())
    codes = api.post("/me/totp", RecoveryCodes, body=proof).recovery_codes
    try:
        other = Running(signed_in.folder, **signed_in.environment, XDG_CONFIG_HOME=str(tmp_path))
        assert "CHATTER_CODE" in other.run("login", "--email", EMAIL).stderr
        other.environment["CHATTER_CODE"] = codes[0]
        assert other.run("login", "--email", EMAIL).returncode == 0
        assert other.run("login", "--email", EMAIL).returncode == 1
    finally:
        api.call("DELETE", "/me/totp")


def test_added_documents_are_listed_and_their_text_can_be_read(signed_in: Running) -> None:
    listed = [json.loads(line) for line in signed_in.run("documents", "list", "--json").stdout.splitlines()]
    handbook = next(document for document in listed if document["name"] == "handbook.md")
    assert handbook["state"] == "ready"
    assert "28 days" in signed_in.run("documents", "show", "--text", handbook["id"]).stdout


def test_a_folder_is_added_file_by_file_and_a_bad_file_stops_none(signed_in: Running) -> None:
    folder = signed_in.folder / "mixed"
    folder.mkdir()
    (folder / "empty.txt").write_bytes(b"")
    (folder / "travel.txt").write_text("Train journeys are booked by the office manager.")
    (folder / ".hidden.txt").write_text("not meant")
    ended = signed_in.run("documents", "add", "mixed", "--json")
    assert ended.returncode == 1
    last = {line["file"]: line for line in map(json.loads, ended.stdout.splitlines())}
    assert set(last) == {"mixed/empty.txt", "mixed/travel.txt"}
    assert last["mixed/travel.txt"]["document"]["state"] == "ready"
    assert last["mixed/empty.txt"]["problem"]["detail"]


def test_documents_are_added_to_a_collection_by_its_name(signed_in: Running) -> None:
    made = json.loads(signed_in.run("collections", "create", "Trips", "--restricted", "--json").stdout)
    listed = [json.loads(line) for line in signed_in.run("collections", "list", "--json").stdout.splitlines()]
    assert [(one["name"], one["visibility"]) for one in listed] == [("Trips", "restricted")]
    (signed_in.folder / "trips.txt").write_text("Nobody flies when a train takes less than six hours.")
    ended = signed_in.run("documents", "add", "trips.txt", "--collection", "Trips", "--json")
    assert json.loads(ended.stdout.splitlines()[-1])["document"]["collection_id"] == made["id"]
    inside = signed_in.run("documents", "list", "--collection", made["id"], "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in inside] == ["trips.txt"]


def test_a_collection_that_is_not_there_is_a_clear_error(signed_in: Running) -> None:
    ended = signed_in.run("documents", "list", "--collection", "Nowhere")
    assert ended.returncode == 1
    assert "chatter collections list" in ended.stderr


def test_search_finds_the_passage(signed_in: Running) -> None:
    ended = signed_in.run("search", "When does notice end?", "--json")
    hits = [json.loads(line) for line in ended.stdout.splitlines()]
    assert any("three months" in hit["text"] for hit in hits), ended.stderr


def test_an_answer_comes_with_its_source(signed_in: Running) -> None:
    ended = signed_in.run("ask", "How many days of paid holiday does every employee have?")
    assert ended.returncode == 0, ended.stderr
    assert "28 days" in ended.stdout
    assert "[1] handbook.md, page 1" in ended.stdout


def test_the_events_of_an_answer_come_as_json_lines_without_a_gap(signed_in: Running) -> None:
    ended = signed_in.run("ask", "What is the notice period?", "--json")
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["event"]["type"] == "RUN_STARTED"
    assert events[-1]["event"]["type"] == "RUN_FINISHED"


def test_a_document_that_is_not_there_is_a_clear_error(signed_in: Running) -> None:
    ended = signed_in.run("documents", "show", "00000000-0000-0000-0000-000000000000")
    assert ended.returncode == 1
    assert "request " in ended.stderr


def test_a_deleted_document_is_gone(signed_in: Running) -> None:
    (signed_in.folder / "short.txt").write_text("A note that does not live long.")
    added = signed_in.run("documents", "add", "short.txt", "--json").stdout.splitlines()
    document_id = json.loads(added[-1])["document"]["id"]
    assert signed_in.run("documents", "delete", "--yes", document_id).returncode == 0
    assert signed_in.run("documents", "show", document_id).returncode == 1


def test_after_signing_out_nothing_can_be_asked(signed_in: Running, tmp_path: Path) -> None:
    other = Running(signed_in.folder, **signed_in.environment, XDG_CONFIG_HOME=str(tmp_path))
    assert other.run("login", "--email", EMAIL).returncode == 0
    assert "Signed out" in other.run("logout").stdout
    assert other.run("documents", "list").returncode == 1
