"""No secret reaches a log, whichever way it is said."""

import json
import logging
import secrets
import subprocess
import sys
from uuid import uuid4

import pytest

from chatter.identity.keys import new_key
from chatter.kit.masking import masked
from chatter.tenancy.invitation_tokens import invitation_token
from chatter.tenancy.support_tokens import new_token

SECRETS = {
    "an API key": new_key(uuid4()),
    "a visit's token": new_token(uuid4()).text,
    "a session's token": secrets.token_urlsafe(32),
    "an invitation's token": invitation_token("k" * 32, tenant_id=uuid4(), invitation_id=uuid4(), serial=1),
    "a provider's key": "sk-proj-" + secrets.token_urlsafe(24),
    "a JSON Web Token": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJkYW5hIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
    "a token with a name": f"chatter_rt_{uuid4().hex}_{secrets.token_urlsafe(32)}",
}
AROUND = ("{0}", "token={0}", '{{"token":"{0}"}}', "GET /x?key={0}&y=1", "Bearer {0}", "('{0}',)", "/invite/#{0}")
INNOCENT = (
    "019a1b2c-3d4e-7f50-8a1b-2c3d4e5f6071",
    "019a1b2c3d4e7f508a1b2c3d4e5f6071",
    "a" * 64,
    "/api/v1/documents/019a1b2c-3d4e-7f50-8a1b-2c3d4e5f6071/pages?limit=50",
    "https://chatter.dev/problems/rate_limited",
    "rate_limits_counted_by_each_process",
)
_PROGRAM = """
import sys, structlog, logging
from chatter.kit.telemetry import configure_logging
configure_logging(level="INFO", as_json=sys.argv[2] == "json")
secret, log = sys.argv[1], structlog.get_logger()
log.info("said", token=secret, inner={"list": [secret]})
try:
    raise ValueError(f"within {secret}")
except ValueError as error:
    log.error("failed", exc_info=error)
logging.getLogger("other").warning("a library says %s", secret)
"""


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_of_any_shape_is_masked_wherever_it_stands(name: str, around: str) -> None:
    assert SECRETS[name] not in masked(around.format(SECRETS[name]))
    assert "•••" in masked(around.format(SECRETS[name]))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("postgresql://chatter:hunter2@db/chatter", "postgresql://chatter:•••@db/chatter"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic •••"),
        ("cookie: chatter_session=abc.def; theme=dark", "cookie: chatter_session=•••; theme=dark"),
    ],
)
def test_what_a_secret_was_for_stays(said: str, shown: str) -> None:
    assert masked(said) == shown


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_log_of_a_process_holds_none(form: str) -> None:
    secret = SECRETS["an API key"]
    command = [sys.executable, "-c", _PROGRAM, secret, form]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    written = ended.stdout + ended.stderr
    assert secret not in written
    assert written.count("•••") >= 4
    if form == "json":
        assert all(json.loads(line) for line in ended.stdout.splitlines())
    assert logging.getLogRecordFactory() is logging.LogRecord
