"""Every setting of the program, read from the environment here and nowhere else."""

import os
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings", "environment_value"]


class Settings(BaseSettings):
    """Built once in a composition root and passed down; importing this module reads nothing."""

    model_config = SettingsConfigDict(
        env_prefix="CHATTER_", env_file=None, extra="ignore", frozen=True, populate_by_name=True
    )

    data_dir: Path = Field(Path(".chatter"), description="Folder of the embedded servers, files and secrets.")
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, description="Preferred port; the next free one is taken when it is busy.")
    public_url: str | None = Field(None, description="Address people type, when it differs from host and port.")
    secret_key: str = Field(
        "", description="At least 32 random characters; seals provider keys. `chatter up` makes one."
    )
    secret_keys_old: list[str] = Field(
        default_factory=list,
        description="JSON list of the keys before it: they still open what they sealed. `chatter secrets rotate`.",
    )
    database_url: str | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_URL", "CHATTER_DATABASE_URL", "database_url"),
        description="postgresql://… of a role that may create roles and tables; empty starts the embedded Postgres.",
    )
    database_app_url: str | None = Field(None, description="postgresql://… of chatter_app; derived when empty.")
    database_platform_url: str | None = Field(
        None, description="postgresql://… of chatter_platform; derived when empty."
    )
    redis_url: str | None = Field(
        None,
        validation_alias=AliasChoices("REDIS_URL", "CHATTER_REDIS_URL", "redis_url"),
        description="redis://… ; empty starts the embedded Valkey.",
    )
    database_pool: int = Field(8, description="Connections of each pool of a process.")
    storage_url: str | None = Field(
        None, description="Object storage (file://, s3://, gs://, az://); empty uses the data folder."
    )
    smtp_url: str | None = Field(
        None,
        validation_alias=AliasChoices("SMTP_URL", "CHATTER_SMTP_URL", "smtp_url"),
        description="smtp://user:password@host:587 or smtps://…; empty keeps mails in the data folder (chatter mails).",
    )
    mail_from: str = Field(
        "Chatter <chatter@localhost>",
        validation_alias=AliasChoices("MAIL_FROM", "CHATTER_MAIL_FROM", "mail_from"),
        description="Sender of every mail.",
    )
    dns_servers: list[str] = Field(
        default_factory=list,
        description='JSON list of "address:port" of name servers that prove mail domains; empty uses the machine\'s.',
    )
    local_models_url: str | None = Field(None, description="OpenAI-compatible address of the local-models process.")
    local_models_key: str = Field("", description="Bearer token of the local-models process.")
    egress_allow: list[str] = Field(
        default_factory=list,
        description='JSON list of private "host:port" or CIDR that organisations may use as provider addresses.',
    )
    trusted_proxies: list[str] = Field(
        default_factory=list,
        description="JSON list of addresses or networks of reverse proxies whose X-Forwarded-For is believed.",
    )
    rate_limits: dict[str, int] = Field(
        default_factory=dict,
        description="JSON object of amounts by the rule's name, where another than the default shall hold.",
    )
    rate_limit_ceilings: dict[str, int] = Field(
        default_factory=dict,
        description="JSON object of the most that organisations may set; by default what holds for everybody.",
    )
    max_upload_bytes: int = Field(50 * 1024 * 1024, description="Largest file that may be uploaded, in bytes.")
    sign_up_open: bool = Field(False, description="Whether strangers may create organisations after the first one.")
    further_organizations: bool = Field(
        False, description="Whether people who are signed in may create further organisations though sign-up is closed."
    )
    offer_environment_providers: bool = Field(
        False, description="Offer Ollama and provider keys found on this machine to administrators."
    )
    secure_cookies: bool = Field(False, description="Send the session cookie over HTTPS only.")
    dashboard: bool = Field(True, description="Serve the dashboard from the API process.")
    session_days: int = Field(30, description="Days after which a session ends, however much it is used.")
    session_idle_days: int = Field(14, description="Days after which a session ends that nobody uses.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="Write logs as JSON lines.")

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The present key, then those before it."""
        return (self.secret_key, *self.secret_keys_old)

    @property
    def resolved_storage_url(self) -> str:
        """The object storage in use, as a URL."""
        return self.storage_url or (self.data_dir.absolute() / "files").as_uri()

    @property
    def mail_folder(self) -> Path:
        """Where mails are kept when there is no mail server."""
        return self.data_dir.absolute() / "mails"

    @property
    def address(self) -> str:
        """What a link in a mail begins with."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def environment_value(name: str) -> str | None:
    """A variable that is no setting of ours, such as a provider's key; read when it is asked for."""
    return os.environ.get(name) or None
