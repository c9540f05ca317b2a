"""From a stored provider to an address that can be called, its key in the clear for the length of one call."""

from typing import Literal, get_args
from uuid import UUID

from yarl import URL

from chatter.kit.crypto import SecretBox
from chatter.kit.http import EgressPolicy
from chatter.kit.settings import Settings, environment_value
from chatter.llm.errors import ProviderInvalid, ProviderKeyRefused
from chatter.llm.ports import ChatTarget
from chatter.llm.presets import ENVIRONMENT_KEYS, OLLAMA_URL, PREFILLS, PRESET_OF
from chatter.llm.schemas import ProviderKind

__all__ = ["ENVIRONMENT_PREFIX", "StoredKey", "as_kind", "checked_url", "is_offered_ollama", "target_of"]

ENVIRONMENT_PREFIX = "environment:"


class StoredKey:
    """A key as it lies in the database; open() is the only way to its text."""

    def __init__(self, *, sealed: bytes | None, reference: str | None) -> None:
        self._sealed = sealed
        self._reference = reference

    def open(self, *, tenant_id: UUID, kind: str, base_url: str, secrets: SecretBox, settings: Settings) -> str | None:
        """The key, None if the provider has none; raises ProviderKeyRefused when the operator took it back."""
        if self._sealed is not None:
            return secrets.open(self._sealed, tenant_id=tenant_id)
        if self._reference is None:
            return None
        name = self._reference.removeprefix(ENVIRONMENT_PREFIX)
        # The operator's key goes to its own provider only, whatever the row says.
        known = ENVIRONMENT_KEYS.get(kind) == name and PRESET_OF[as_kind(kind)].base_url == base_url
        value = environment_value(name) if known and settings.offer_environment_providers else None
        if value is None:
            raise ProviderKeyRefused(
                f"The server's environment does not offer the key {name} any more.",
                remedy="An administrator can enter a key under Models.",
            )
        return value


def target_of(
    *,
    kind: str,
    provider: str,
    base_url: str,
    model: str,
    key: str | None,
    settings: Settings,
    api_version: str | None = None,
) -> ChatTarget:
    """Where the model answers."""
    return ChatTarget(
        base_url=base_url,
        model=model,
        key=key,
        provider=provider,
        wire=_wire(kind),
        api_version=api_version,
        internal=is_offered_ollama(kind=kind, base_url=base_url, settings=settings),
        prefill=PREFILLS.get(kind, "none"),
    )


def _wire(kind: str) -> Literal["openai", "azure", "anthropic", "google", "bedrock"]:
    """How the providers of a kind are spoken to; most speak as OpenAI does."""
    match kind:
        case "azure" | "anthropic" | "google" | "bedrock":
            return kind
        case _:
            return "openai"


def is_offered_ollama(*, kind: str, base_url: str, settings: Settings) -> bool:
    """The operator who offers what is on the machine thereby allows Ollama on its usual port."""
    return settings.offer_environment_providers and kind == "ollama" and base_url == OLLAMA_URL


def checked_url(text: str | None, *, kind: ProviderKind, policy: EgressPolicy, settings: Settings) -> str:
    """The address in its normal form, that of the kind when none was given; raises ProviderInvalid, EgressRefused."""
    text = (text or PRESET_OF[kind].base_url or "").strip()
    if not text:
        raise ProviderInvalid("The address is missing.", remedy=f"Enter it; it looks like {PRESET_OF[kind].example}.")
    try:
        url = URL(text)
    except ValueError as error:
        raise ProviderInvalid(
            "The address is not a valid URL.", remedy="It looks like https://api.example.org/v1."
        ) from error
    if url.query_string or url.fragment:
        raise ProviderInvalid("The address has a ? or # part.", remedy="Leave it out: the address usually ends in /v1.")
    normal = str(url).rstrip("/").removesuffix("/chat/completions").removesuffix("/models").rstrip("/")
    if not is_offered_ollama(kind=kind, base_url=normal, settings=settings):
        policy.check_url(url)
    return normal


def as_kind(value: str) -> ProviderKind:
    """The kind of a row; the table's check allows no other."""
    if value not in get_args(ProviderKind):
        raise ValueError(value)
    return value  # type: ignore[return-value]  # checked above
