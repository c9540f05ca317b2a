"""A real installation with a fake provider beside it, and somebody who is signed in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from chatter.cli.api import Api, ApiFailed, Unreachable
from chatter.cli.demo import EMAIL
from chatter.embedded.processes import free_port
from chatter.health import Health
from chatter.identity.schemas import SessionStarted, SignIn
from chatter.llm.schemas import Provider
from tests.cli.running import Running

__all__ = ["add_model", "installation", "ready", "signed_in", "upstream"]


def ready(api: Api) -> bool:
    try:
        return api.get("/health/ready", Health).status == "ok"
    except (ApiFailed, Unreachable):
        return False


def signed_in(running: Running) -> Api:
    assert running.password is not None
    body = SignIn(email=EMAIL, password=running.password)
    started = Api(running.address).post("/auth/sign-in", SessionStarted, body=body)
    return Api(running.address, token=started.token, timeout=30)


def add_model(api: Api, provider_url: str, *, model: str, kind: str) -> UUID:
    """Add a provider with one model; one of the kind `vllm` goes on with an answer that was begun."""
    body = {"kind": kind, "name": f"Fake {kind}", "base_url": provider_url, "key": "k", "models": [model]}
    provider = api.post("/providers", Provider, body=body)
    return next(each.id for each in provider.models if each.name == model)


@contextmanager
def installation(folder: Path, provider_url: str) -> Iterator[Running]:
    address = provider_url.removeprefix("http://").removesuffix("/v1")
    running = Running(folder, CHATTER_EGRESS_ALLOW=f'["{address}"]')
    try:
        running.up("--port", str(free_port()))
        yield running
    finally:
        running.clean()


@contextmanager
def upstream() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.upstream"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("READY ").strip()
        finally:
            process.terminate()
