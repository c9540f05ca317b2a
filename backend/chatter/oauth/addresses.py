"""Where this authorization server and what it protects are found."""

from dataclasses import dataclass

from chatter.kit.settings import Settings

__all__ = ["API_PATH", "Addresses"]

API_PATH = "/api/v1"


@dataclass(frozen=True)
class Addresses:
    """All follow from the address that people type."""

    issuer: str

    @classmethod
    def of(cls, settings: Settings) -> "Addresses":
        return cls(settings.address)

    @property
    def resource(self) -> str:
        """The API, by the name that tokens are made for (RFC 8707)."""
        return self.issuer + API_PATH

    @property
    def resource_metadata(self) -> str:
        """Where the API says what it needs (RFC 9728, 3.1)."""
        return f"{self.issuer}/.well-known/oauth-protected-resource{API_PATH}"

    def at(self, path: str) -> str:
        """A route of this domain."""
        return f"{self.issuer}{API_PATH}/oauth{path}"
