"""Somebody whose rows have twins: rows of another tenant with the same ids, told apart by the tenant alone."""

from tests.security.sending import ids_of, send, with_ids
from tests.security.stand import Stand
from tests.security.world import MARKER, digest

CALLS_OUT = {"TestProvider", "CreateTurn"}
"""They ask a model or a provider, which is not what is tested here."""


async def test_acting_on_ones_own_objects_never_touches_a_twin_with_the_same_ids(spent: Stand) -> None:
    """Every operation that changes something, by its owner, on rows of which another tenant has the like."""
    before = await digest(spent.admin, spent.twin)
    changed = 0
    for operation in sorted(with_ids(spent), key=lambda operation: (operation.method == "DELETE", operation.name)):
        if operation.method != "GET" and operation.name not in CALLS_OUT:
            answer = await send(spent.attacker.person, operation, ids_of(operation, spent.attacker))
            spent.attacks += 1
            changed += answer.status_code < 300
            assert MARKER not in answer.text, operation.name
            assert await digest(spent.admin, spent.twin) == before, operation.name
    assert changed > 4, "nobody changed anything, so this proves nothing"
