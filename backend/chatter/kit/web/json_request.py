"""The body of a request as JSON (RFC 8259), which is UTF-8: what is not is the sender's mistake."""

from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import SerializationException

__all__ = ["JsonRequest"]


class JsonRequest(Request[Any, Any, State]):
    """A request whose body the decoder can refuse in one way only; it tells of a string's bytes in another."""

    async def json(self) -> Any:
        """Raise SerializationException for a body that is not JSON, as the framework expects."""
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise SerializationException("The body is not JSON: a text in it is not UTF-8.") from error
        except SerializationException as error:
            raise SerializationException(f"The body is not JSON: {error.detail}.") from error
