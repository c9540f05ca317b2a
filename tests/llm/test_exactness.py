"""What was used is counted to the token, whatever providers do; EXACT_CALLS and EXACT_SEED make it more, or another."""

import os

from chatter.kit.db.database import Database
from tests.aimock.counterpart import Aimock
from tests.llm.exactness import count_calls
from tests.people import Person
from tests.servers import note

CALLS = int(os.environ.get("EXACT_CALLS", "200"))
SEED = int(os.environ.get("EXACT_SEED", "5"))


async def test_every_call_has_one_row_and_what_was_reported_adds_up(
    database: Database, owner: Person, aimock: Aimock
) -> None:
    before = await aimock.journalled()
    found = await count_calls(database, owner.organization_id, aimock, calls=CALLS, seed=SEED)
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.kinds.most_common())
    note(f"exactness: seed {SEED}, {CALLS} calls ({kinds}), tokens reported and kept: {found.kept}")
    assert found.rows == CALLS == found.journalled - before
    assert found.reported == found.whole == found.kinds["whole"]
    assert found.kept == found.told
    assert found.mislabelled == 0
