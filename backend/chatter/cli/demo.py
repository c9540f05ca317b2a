"""The demo organisation: what makes a fresh installation usable at once. Made through the public API like any other."""

from dataclasses import dataclass
from pathlib import Path

from chatter.cli.api import Api
from chatter.documents.demo_files import demo_files
from chatter.documents.schemas import Uploads
from chatter.embedded import files
from chatter.identity.schemas import SessionStarted, Setup, SignIn, SignUp, SignUpAsked, SignUpFinish

EMAIL = "demo@chatter.test"


@dataclass(frozen=True, kw_only=True)
class DemoSignIn:
    email: str
    password: str


def ensure_demo(api: Api, *, password_file: Path) -> DemoSignIn | None:
    """Make the organisation when nobody has signed up yet; return its sign-in as long as it was never shown.

    The password is written down before it is used and forgotten by `shown`, so that a crash in between loses nothing:
    the next start goes on, and files that arrived already are recognised.
    """
    if api.get("/auth/setup", Setup).first_person:
        wanted = SignUp(organization_name="Demo", name="Demo Owner", email=EMAIL)
        token = api.post("/auth/sign-up", SignUpAsked, body=wanted).token or ""
        finish = SignUpFinish(token=token, password=files.secret_in(password_file))
        api.post("/auth/sign-up/finish", SessionStarted, body=finish)
    password = files.read_or_none(password_file)
    if not password:
        return None
    sign_in = DemoSignIn(email=EMAIL, password=password.strip())
    _add_documents(api, sign_in)
    return sign_in


def _add_documents(api: Api, sign_in: DemoSignIn) -> None:
    started = api.post("/auth/sign-in", SessionStarted, body=SignIn(email=sign_in.email, password=sign_in.password))
    caller = Api(api.url, token=started.token)
    for file in demo_files():
        caller.upload("/documents", Uploads, file=file)
    caller.call("POST", "/auth/sign-out")


def shown(password_file: Path) -> None:
    """Forget the password: the operator has seen it."""
    password_file.unlink(missing_ok=True)
