"""How the command line is let in by a person: in a browser that comes back here, or by a code typed anywhere."""

import base64
import hashlib
import os
import secrets
import sys
import time
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from rich.markup import escape

from chatter.cli.api import Api, ApiFailed
from chatter.cli.terminal import fail, out
from chatter.oauth.schemas import CLI_CLIENT_ID, DeviceStarted, ServerMetadata, TokenIssued

__all__ = ["by_browser", "by_device", "has_browser", "refreshed", "revoke"]

_WAIT_SECONDS = 300
_TOKEN = "/oauth/token"  # noqa: S105 - a path
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_DONE = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Chatter</title>"
    b"<p>You can close this page and go back to your terminal.</p></html>"
)


def has_browser() -> bool:
    """Whether a browser opens where the person sits: not over a remote shell, and not without a screen."""
    if os.environ.get("SSH_CONNECTION") or not sys.stdout.isatty():
        return False
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def by_browser(api: Api) -> TokenIssued:
    """Open the consent page; its answer comes to a port of this machine that is open for it alone (RFC 8252)."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    issuer = api.well_known("oauth-authorization-server", ServerMetadata).issuer
    with _Answers(("127.0.0.1", 0), _Answer) as server:
        redirect_uri = f"http://127.0.0.1:{server.server_port}/callback"
        asked = {
            "client_id": CLI_CLIENT_ID,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = f"{api.url}/authorize?{urlencode(asked)}"
        out.print(f"  Your browser opens. If it does not, go to\n  {escape(address)}")
        webbrowser.open(address)
        said = server.wait()
    if said.get("state") != state or said.get("iss") != issuer:
        fail("The answer is not one to what was asked here.", remedy="Try again: chatter login")
    if "code" not in said:
        fail(said.get("error_description") or "The browser brought no code.", remedy="Try again: chatter login")
    return api.form(
        _TOKEN,
        TokenIssued,
        grant_type="authorization_code",
        client_id=CLI_CLIENT_ID,
        code=said["code"],
        redirect_uri=redirect_uri,
        code_verifier=verifier,
    )


def by_device(api: Api) -> TokenIssued:
    """Show a code, and wait until somebody has typed it where they are signed in (RFC 8628)."""
    started = api.form("/oauth/device", DeviceStarted, client_id=CLI_CLIENT_ID)
    out.print(f"  Go to  {escape(started.verification_uri)}\n  and type  [bold]{escape(started.user_code)}[/]")
    interval, until = started.interval, time.monotonic() + started.expires_in
    while True:
        time.sleep(interval)
        if time.monotonic() > until:
            fail("Nobody typed the code in time.", remedy="Try again: chatter login")
        try:
            return api.form(
                _TOKEN,
                TokenIssued,
                grant_type=_DEVICE_GRANT,
                client_id=CLI_CLIENT_ID,
                device_code=started.device_code,
            )
        except ApiFailed as failed:
            if failed.problem.code == "slow_down":
                interval += 5
            elif failed.problem.code != "authorization_pending":
                raise


def refreshed(api: Api, refresh_token: str) -> TokenIssued:
    """The next tokens; the one given works no more."""
    return api.form(
        _TOKEN, TokenIssued, grant_type="refresh_token", client_id=CLI_CLIENT_ID, refresh_token=refresh_token
    )


def revoke(api: Api, refresh_token: str) -> None:
    """Sign this terminal out on the server."""
    api.send_form("/oauth/revoke", client_id=CLI_CLIENT_ID, token=refresh_token)


class _Answers(HTTPServer):
    """Waits for the one request that brings the answer."""

    said: dict[str, str] | None = None

    def wait(self) -> dict[str, str]:
        """What the answer says; ends the command when none comes."""
        until = time.monotonic() + _WAIT_SECONDS
        while self.said is None:
            self.timeout = until - time.monotonic()
            if self.timeout <= 0:
                fail("No answer came from the browser.", remedy="Try again: chatter login --device")
            self.handle_request()
        return self.said


class _Answer(BaseHTTPRequestHandler):
    server: _Answers

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/callback":
            self.send_error(404)
            return
        self.server.said = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(_DONE)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name for it
        """Nothing: the request holds the code."""


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
