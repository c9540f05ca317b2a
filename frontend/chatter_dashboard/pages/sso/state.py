"""What the pages of single sign-on know and do."""

from uuid import UUID

from msgspec import UNSET

from chatter.rbac.schemas import Role
from chatter.sso.schemas import (
    GroupMapping,
    IdentityProvider,
    IdentityProviderCreate,
    IdentityProviderUpdate,
    SsoEffect,
    SsoEnforcement,
    SsoTestStart,
)
from chatter.tenancy.schemas import Member, Team
from chatter_dashboard.components.form import Field, Values
from chatter_dashboard.components.table import Option
from chatter_dashboard.pages.service_accounts.state import assignable_roles
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["PROOF", "ProviderState", "ProvidersState", "basics", "prove"]

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
PROOF = Field(
    name="proof",
    label="Your password",
    kind="password",
    optional=True,
    autocomplete="current-password",
    hint="Asked for when you signed in more than ten minutes ago.",
)


async def prove(visitor: Visitor, values: Values) -> None:
    """Confirm that it is this person, when they have typed their password."""
    if values.get("proof"):
        await visitor.api.identity.confirm(values["proof"])


def basics(provider: IdentityProvider | None = None) -> list[Field]:
    """Where the provider is, and who we are to it."""
    kept = f"Stored, ends in {provider.client_secret_hint}." if provider and provider.client_secret_hint else ""
    hint = f"{kept} Leave empty to keep it." if provider and provider.has_client_secret else ""
    return [
        Field(
            name="name", label="Name", value=provider.name if provider else "", max_length=60, example="Acme Entra ID"
        ),
        Field(
            name="issuer",
            label="Issuer",
            kind="url",
            value=provider.issuer if provider else "",
            max_length=300,
            example="https://login.example.com/acme",
            hint="Exactly as the provider writes it, a slash at its end included.",
        ),
        Field(name="client_id", label="Client ID", value=provider.client_id if provider else "", max_length=300),
        Field(
            name="client_secret",
            label="Client secret",
            kind="password",
            optional=True,
            max_length=500,
            autocomplete="off",
            hint=hint,
        ),
    ]


class ProvidersState:
    """Every provider, and whether they alone open the organisation."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._api = visitor.api.sso
        self.items: list[IdentityProvider] = []
        self.enforcement = SsoEnforcement(required=False, break_glass_ids=[])
        self.owners: list[Member] = []

    async def load(self) -> None:
        self.items = await self._api.all()
        self.enforcement = await self._api.enforcement()
        members = await self._visitor.api.identity.members()
        self.owners = [one for one in members if one.role == "owner" and one.suspended_at is None]

    async def create(self, values: Values) -> IdentityProvider:
        await prove(self._visitor, values)
        return await self._api.create(
            IdentityProviderCreate(
                name=values["name"].strip(),
                issuer=values["issuer"].strip(),
                client_id=values["client_id"].strip(),
                client_secret=values["client_secret"] or None,
            )
        )

    async def effect(self, values: Values) -> SsoEffect:
        """What enforcing it would stop."""
        return await self._api.effect(self._chosen(values))

    async def enforce(self, values: Values) -> None:
        await prove(self._visitor, values)
        wanted = SsoEnforcement(required=values["required"] == "yes", break_glass_ids=self._chosen(values))
        self.enforcement = await self._api.enforce(wanted)

    def _chosen(self, values: Values) -> list[UUID]:
        return [owner.user_id for owner in self.owners if values.get(str(owner.user_id)) == "yes"]


class ProviderState:
    """One provider, and the changes to it."""

    provider: IdentityProvider

    def __init__(self, visitor: Visitor, provider_id: UUID) -> None:
        self._visitor = visitor
        self._api = visitor.api.sso
        self._provider_id = provider_id
        self.roles: list[Role] = []
        self.teams: list[Team] = []
        self.domains: list[str] = []

    async def load(self) -> None:
        self.provider = await self._api.one(self._provider_id)
        self.roles = await assignable_roles(self._visitor)
        self.teams = await self._visitor.api.tenancy.teams() if self._visitor.may("tenancy:team:read") else []
        if self._visitor.may("tenancy:domain:read"):
            self.domains = [one.name for one in await self._visitor.api.tenancy.domains() if one.verified_at]

    async def save_basics(self, values: Values) -> None:
        change = IdentityProviderUpdate(
            name=values["name"].strip(),
            issuer=values["issuer"].strip(),
            client_id=values["client_id"].strip(),
            client_secret=values["client_secret"] or UNSET,
        )
        await self._update(values, change)

    async def save_claims(self, values: Values) -> None:
        algorithm = next(one for one in ALGORITHMS if one == values["signing_algorithm"])
        change = IdentityProviderUpdate(
            signing_algorithm=algorithm,  # type: ignore[arg-type]  # one of them
            scopes=values["scopes"].split(),
            email_claim=values["email_claim"].strip(),
            verified_claim=values["verified_claim"].strip(),
            name_claim=values["name_claim"].strip(),
            groups_claim=values["groups_claim"].strip(),
        )
        await self._update(values, change)

    async def save_people(self, values: Values) -> None:
        domains = [name for name in self.domains if values.get(f"domain {name}") == "yes"]
        role = values["default_role"]
        change = IdentityProviderUpdate(
            domains=domains,
            just_in_time=values["just_in_time"] == "yes",
            default_role="editor" if role == "editor" else "viewer" if role == "viewer" else "member",
        )
        await self._update(values, change)

    async def map_group(self, values: Values) -> None:
        team_id = UUID(values["team_id"]) if values["team_id"] else None
        new = GroupMapping(group=values["group"].strip(), role=values["role"] or None, team_id=team_id)
        await self._update(values, IdentityProviderUpdate(mappings=[*self.provider.mappings, new]))

    async def unmap(self, position: int) -> None:
        kept = [one for at, one in enumerate(self.provider.mappings) if at != position]
        await self._update({}, IdentityProviderUpdate(mappings=kept))

    async def switch(self, values: Values) -> None:
        await self._update(values, IdentityProviderUpdate(enabled=not self.provider.enabled))

    async def test(self) -> SsoTestStart:
        return await self._api.test(self._provider_id)

    async def delete(self, values: Values) -> None:
        await prove(self._visitor, values)
        await self._api.delete(self._provider_id)

    async def _update(self, values: Values, change: IdentityProviderUpdate) -> None:
        await prove(self._visitor, values)
        self.provider = await self._api.update(self._provider_id, change)

    def role_options(self) -> list[Option]:
        return [Option(value="", label="no role"), *(Option(value=one.key, label=one.name) for one in self.roles)]

    def team_options(self) -> list[Option]:
        return [Option(value="", label="no team"), *(Option(value=str(one.id), label=one.name) for one in self.teams)]
