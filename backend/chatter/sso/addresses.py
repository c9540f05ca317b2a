"""The addresses that a provider is told of us. Each provider has its own, so that no answer is taken for another's."""

from uuid import UUID

from chatter.kit.settings import Settings

__all__ = ["SsoAddresses"]


class SsoAddresses:
    """The addresses of one provider."""

    def __init__(self, settings: Settings, *, tenant_id: UUID, provider_id: UUID) -> None:
        self.path = f"/api/v1/auth/sso/{tenant_id}/{provider_id}"
        self._address = settings.address

    @property
    def callback_path(self) -> str:
        return f"{self.path}/callback"

    @property
    def redirect_uri(self) -> str:
        return f"{self._address}{self.callback_path}"

    @property
    def sign_in_url(self) -> str:
        return f"{self._address}{self.path}/start"

    @property
    def backchannel_logout_uri(self) -> str:
        return f"{self._address}{self.path}/backchannel-logout"

    @property
    def post_logout_redirect_uri(self) -> str:
        return f"{self._address}/login"
