"""Tables of the llm domain."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from chatter.kit.db.base import TenantModel, TenantScoped, Timestamps

__all__ = ["LlmSetting", "Model", "ModelFallback", "ModelPrice", "ModelRole", "ModelTeam", "Provider"]

_ROLES = "role in ('owner', 'admin', 'editor', 'member', 'viewer', 'billing', 'auditor')"


class Provider(Timestamps, TenantModel):
    """Somebody who answers for models: an address, and perhaps a key, sealed or kept in the server's environment."""

    __tablename__ = "provider"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name", name="provider_name_key"),
        CheckConstraint(
            "kind in ('openai', 'mistral', 'groq', 'openrouter', 'together', 'deepseek',"
            " 'vllm', 'lmstudio', 'ollama', 'custom', 'azure', 'anthropic', 'google', 'bedrock')",
            name="provider_kind",
        ),
        CheckConstraint("key_sealed is null or key_reference is null", name="provider_one_key"),
        CheckConstraint("max_concurrency between 1 and 1000", name="provider_max_concurrency"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    kind: Mapped[str]
    name: Mapped[str]
    base_url: Mapped[str]
    key_sealed: Mapped[bytes | None]
    key_hint: Mapped[str | None]
    """The last four characters, to tell keys apart."""
    key_reference: Mapped[str | None]
    """`environment:NAME`."""
    api_version: Mapped[str | None]
    """Azure's, where it is not ours."""
    max_concurrency: Mapped[int | None]
    """Calls that it takes at once from one process; null: no limit of its own."""


class Model(Timestamps, TenantModel):
    """A model that a provider has; people can choose it once it is enabled."""

    __tablename__ = "model"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "provider_id"], ["provider.tenant_id", "provider.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "provider_id", "name", name="model_name_key"),
        CheckConstraint("kind in ('chat', 'embedding', 'other')", name="model_kind"),
        CheckConstraint("context_tokens > 0", name="model_context_tokens"),
    )

    provider_id: Mapped[UUID]
    name: Mapped[str]
    """What the provider calls it."""
    label: Mapped[str]
    """What people read."""
    kind: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=False, server_default="false")
    restricted: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether only the roles and teams that are named may use it; without any, nobody may."""
    context_tokens: Mapped[int | None]
    vision: Mapped[bool | None]
    """This and the next: what the organisation says that the model can do; null: the catalog knows."""
    tools: Mapped[bool | None]
    structured_output: Mapped[bool | None]
    reasoning: Mapped[bool | None]
    prefill: Mapped[bool | None]


class ModelRole(TenantScoped):
    """That a role may use a restricted model."""

    __tablename__ = "model_role"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "model_id"], ["model.tenant_id", "model.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["tenant_id", "role_id"], ["role.tenant_id", "role.id"], name="model_role_custom", ondelete="CASCADE"
        ),
        CheckConstraint(f"{_ROLES} or role ~ '^custom:[0-9a-f-]{{36}}$'", name="model_role_role"),
        Index("model_role_custom", "tenant_id", "role_id", postgresql_where=text("role_id is not null")),
    )

    model_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-19)
    role: Mapped[str] = mapped_column(primary_key=True, sort_order=-18)
    """A built-in role's name, or `custom:` and the id of a role that the organisation made."""
    role_id: Mapped[UUID | None] = mapped_column(
        Computed(
            "CASE WHEN (role ~~ 'custom:%'::text) THEN (substr(role, 8))::uuid ELSE NULL::uuid END", persisted=True
        )
    )


class ModelTeam(TenantScoped):
    """That the members of a team may use a restricted model."""

    __tablename__ = "model_team"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "model_id"], ["model.tenant_id", "model.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "team_id"], ["team.tenant_id", "team.id"], ondelete="CASCADE"),
        Index("model_team_team", "tenant_id", "team_id"),
    )

    model_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-19)
    team_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-18)


class ModelPrice(Timestamps, TenantScoped):
    """What a million tokens of a model cost this organisation, in dollars of the United States, from a day on."""

    __tablename__ = "model_price"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "model_id"], ["model.tenant_id", "model.id"], ondelete="CASCADE"),
        CheckConstraint("input >= 0 and output >= 0 and cached >= 0", name="model_price_positive"),
    )

    model_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-19)
    valid_from: Mapped[date] = mapped_column(primary_key=True, sort_order=-18)
    input: Mapped[Decimal] = mapped_column(Numeric(20, 9))
    output: Mapped[Decimal] = mapped_column(Numeric(20, 9))
    cached: Mapped[Decimal | None] = mapped_column(Numeric(20, 9))


class ModelFallback(Timestamps, TenantScoped):
    """That a model stands in for the default, after those with a lower position."""

    __tablename__ = "model_fallback"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "model_id"], ["model.tenant_id", "model.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "model_id", name="model_fallback_model"),
        CheckConstraint("position between 1 and 5", name="model_fallback_position"),
    )

    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, sort_order=-19)
    model_id: Mapped[UUID]


class LlmSetting(Timestamps, TenantScoped):
    """An organisation's choice; without a row, or with null, the built-in small model answers."""

    __tablename__ = "llm_setting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "default_model_id"], ["model.tenant_id", "model.id"], ondelete="SET NULL (default_model_id)"
        ),
        Index("llm_setting_default", "tenant_id", "default_model_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("organization.tenant_id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    default_model_id: Mapped[UUID | None]
