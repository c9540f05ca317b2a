"""Who may use a model. The database decides, by `llm_may_use`; here is what an administrator says about it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.llm.errors import AudienceInvalid, ProviderBuiltIn
from chatter.llm.events import ModelAudienceChanged
from chatter.llm.models import Model, ModelRole, ModelTeam
from chatter.llm.permissions import LlmAction
from chatter.llm.presets import BUILT_IN_MODEL_ID
from chatter.llm.repository import LlmRepository
from chatter.llm.schemas import Audience
from chatter.rbac.facade import BUILT_IN_ROLES, role_names

__all__ = ["AudienceService", "usable_models"]

# Held until the commit, so that none can go in the meantime; another organisation's is absent.
_TEAMS = text("select id from team where tenant_id = :tenant and id = any(:ids) for key share")


class AudienceService:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal
        self._rows = LlmRepository(session)

    async def of(self, model_id: UUID) -> Audience:
        """Who may use a model; raises ModelNotFound."""
        if model_id == BUILT_IN_MODEL_ID:
            return Audience(everyone=True)
        return await self._audience(await self._rows.model(model_id))

    async def change(self, model_id: UUID, data: Audience) -> Audience:
        """Say who may use it; raises ModelNotFound, AudienceInvalid, NotFound for a role or team that is not there."""
        if model_id == BUILT_IN_MODEL_ID:
            raise ProviderBuiltIn("Everyone may use the built-in model.", remedy="Make another model the default.")
        row = await self._rows.model(model_id)
        wanted = Audience(everyone=True) if data.everyone else await self._checked(data)
        before = await self._audience(row)
        row.restricted = not wanted.everyone
        await self._replace(model_id, wanted)
        await record(
            self._session, self._principal, LlmAction.AUDIENCE_CHANGED, target=model_id, before=before, after=wanted
        )
        emit(self._session, ModelAudienceChanged(model_id=model_id))
        return wanted

    async def _audience(self, row: Model) -> Audience:
        roles = select(ModelRole.role).where(ModelRole.model_id == row.id).order_by(ModelRole.role)
        teams = select(ModelTeam.team_id).where(ModelTeam.model_id == row.id).order_by(ModelTeam.team_id)
        return Audience(
            everyone=not row.restricted,
            roles=tuple((await self._session.scalars(roles)).all()),
            team_ids=tuple((await self._session.scalars(teams)).all()),
        )

    async def _checked(self, data: Audience) -> Audience:
        roles, team_ids = sorted(set(data.roles)), sorted(set(data.team_ids))
        if not roles and not team_ids:
            raise AudienceInvalid("No role and no team is named.", remedy="Name one, or let everyone use the model.")
        await self._require_roles(roles)
        found = await self._session.execute(_TEAMS, {"tenant": self._principal.tenant_id, "ids": team_ids})
        if len(found.all()) < len(team_ids):
            raise NotFound
        return Audience(everyone=False, roles=tuple(roles), team_ids=tuple(team_ids))

    async def _require_roles(self, roles: Collection[str]) -> None:
        known = await role_names(self._session, tenant_id=self._principal.tenant_id)
        if not {*BUILT_IN_ROLES, *known}.issuperset(roles):
            raise NotFound

    async def _replace(self, model_id: UUID, wanted: Audience) -> None:
        tenant_id = self._principal.tenant_id
        await self._session.execute(delete(ModelRole).where(ModelRole.model_id == model_id))
        await self._session.execute(delete(ModelTeam).where(ModelTeam.model_id == model_id))
        self._session.add_all(ModelRole(tenant_id=tenant_id, model_id=model_id, role=role) for role in wanted.roles)
        self._session.add_all(ModelTeam(tenant_id=tenant_id, model_id=model_id, team_id=one) for one in wanted.team_ids)
        await self._session.flush()


async def usable_models(session: AsyncSession, principal: Principal) -> frozenset[UUID]:
    """The models that the principal may use, the built-in one apart; the server's operator looks at all of them."""
    models = select(Model.id)
    if principal.kind != "operator":
        models = models.where(func.llm_may_use(principal.tenant_id, principal.user_id, Model.id))
    return frozenset((await session.scalars(models)).all())
