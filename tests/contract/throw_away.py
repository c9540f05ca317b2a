"""What schemathesis loads for routes that end sessions: each request comes with one that was begun for it alone."""

import os
from typing import Any

import httpx
import schemathesis

__all__ = ["FreshSession"]


@schemathesis.auth(refresh_interval=None)
class FreshSession:
    """Signs the person in whom the test names, before each request."""

    def get(self, _: schemathesis.Case[Any], __: schemathesis.AuthContext) -> str:
        own = {"email": os.environ["FUZZ_EMAIL"], "password": os.environ["FUZZ_PASSWORD"]}
        answer = httpx.post(f"{os.environ['FUZZ_ADDRESS']}/api/v1/auth/sign-in", json=own, timeout=60)
        token: str = answer.raise_for_status().json()["token"]
        return token

    def set(self, case: schemathesis.Case[Any], data: str, _: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"
