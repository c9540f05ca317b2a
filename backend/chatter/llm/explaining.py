"""Why somebody may, or may not, use a model, for the access explainer."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.resources import Usability, UsableKind, Way
from chatter.llm.presets import BUILT_IN_MODEL_ID
from chatter.rbac.facade import role_names

__all__ = ["USABLE_MODEL"]

_MODEL = text("""
    select m.enabled, m.restricted, llm_may_use(:tenant, :user, m.id) as may_use,
        array(
            select r.role from model_role r where r.tenant_id = :tenant and r.model_id = m.id order by r.role
        ) as roles,
        (select s.role from membership s where s.tenant_id = :tenant and s.user_id = :user) as role
    from model m where m.tenant_id = :tenant and m.id = :model
""")
_TEAMS = text("""
    select t.name, b.created_at as since from model_team a
    join team t on t.tenant_id = :tenant and t.id = a.team_id
    left join team_member b on b.tenant_id = :tenant and b.team_id = a.team_id and b.user_id = :user
    where a.tenant_id = :tenant and a.model_id = :model order by t.name
""")


async def _explain(session: AsyncSession, tenant_id: UUID, user_id: UUID, model_id: UUID) -> Usability | None:
    if model_id == BUILT_IN_MODEL_ID:
        return Usability(allowed=True, ways=[_way("Everyone may use the built-in model.", opens=True)])
    asked = {"tenant": tenant_id, "user": user_id, "model": model_id}
    model = (await session.execute(_MODEL, asked)).one_or_none()
    if model is None:
        return None
    ways = [_way("It is switched off.", opens=False)] if not model.enabled else []
    if not model.restricted:
        ways.append(_way("Everyone in the organization may use it.", opens=True))
    else:
        names = await role_names(session, tenant_id=tenant_id)
        teams = (await session.execute(_TEAMS, asked)).all()
        ways += _of_audience(model, {role: names.get(role, role.capitalize()) for role in model.roles}, teams)
    return Usability(allowed=bool(model.enabled and model.may_use), ways=ways)


def _of_audience(
    model: Row[tuple[object, ...]], roles: dict[str, str], teams: Sequence[Row[tuple[object, ...]]]
) -> list[Way]:
    ways = [Way("role", f"It is open to the role {roles[model.role]}.", opens=True)] if model.role in roles else []
    ways += [
        Way("team", f"It is open to the team {team.name}, which they are in.", opens=True, since=team.since)
        for team in teams
        if team.since is not None
    ]
    if ways:
        return ways
    kept = [*roles.values(), *(f"the team {team.name}" for team in teams)]
    said = f"It is kept to {', '.join(kept)}." if kept else "It is kept to roles and teams that are gone."
    return [_way(said, opens=False)]


def _way(said: str, *, opens: bool) -> Way:
    return Way("organization", said, opens=opens)


USABLE_MODEL = UsableKind(name="model", explain=_explain)
