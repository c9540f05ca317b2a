"""The guard of each route alone, where authentication refuses the same before it: the second lock holds by itself."""

from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from msgspec import structs

from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal
from chatter.rbac.errors import DirectoryOnly, OperatorRefused
from chatter.rbac.guard import require_permission

PERSON = Principal(
    tenant_id=TenantId(uuid4()),
    user_id=UserId(uuid4()),
    session_id=uuid4(),
    role="owner",
    email="dana@example.test",
    name="Dana Reyes",
    organization_name="Acme Inc.",
)
DIRECTORY = structs.replace(PERSON, kind="scim", session_id=None)


async def ask(principal: Principal, **opt: Any) -> None:
    connection, handler = SimpleNamespace(user=principal, scope={"user": principal}), SimpleNamespace(opt=opt)
    await require_permission(cast(Any, connection), cast(Any, handler))


async def test_a_directory_passes_where_directories_are_asked_for() -> None:
    await ask(DIRECTORY, provisioning=True)


@pytest.mark.parametrize(
    ("principal", "opt"),
    [
        (PERSON, {"provisioning": True}),
        (DIRECTORY, {"signed_in": True}),
        (DIRECTORY, {"permission": "documents:document:read"}),
    ],
)
async def test_its_routes_are_for_its_token_alone_and_its_token_for_them(
    principal: Principal, opt: dict[str, Any]
) -> None:
    with pytest.raises(DirectoryOnly):
        await ask(principal, **opt)


async def test_a_visiting_operator_is_none_of_the_people_who_are_signed_in() -> None:
    operator = structs.replace(PERSON, kind="operator")
    await ask(operator, signed_in=True, operators=True)
    with pytest.raises(OperatorRefused):
        await ask(operator, signed_in=True)
