"""Who may speak to a run: the statement itself says so, whoever has asked before it."""

from uuid import UUID, uuid4

from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal
from chatter.runs.service import RunService
from tests.runs.conftest import Process
from tests.runs.test_engine import Gate


def person(tenant_id: UUID, user_id: UUID) -> Principal:
    return Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(user_id),
        session_id=None,
        role="owner",
        email="",
        name="",
        organization_name="",
    )


async def test_only_who_asked_is_heard_by_the_run(here: Process, tenant_id: UUID, owner_id: UUID) -> None:
    gate, runs = Gate(), RunService(here.engine)
    grant, work = await here.begin(gate, tenant_id=tenant_id, owner_id=owner_id)
    await gate.reached.wait()
    heard = []
    for user_id in (uuid4(), owner_id):
        async with here.services.database.unit(tenant_id) as session:
            heard.append(await runs.say(session, person(tenant_id, user_id), run_id=grant.run_id))
    assert heard == [False, True]
    gate.open.set()
    await work.ended.wait()
