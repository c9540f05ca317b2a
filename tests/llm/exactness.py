"""Are many calls, some of them broken, counted to the token?

Each call goes to a provider that nobody here wrote, over one of five wires, at random but seeded: it answers with
counts that are known, or breaks off, or refuses. Then its own journal is held against the rows in the database.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chatter.kit.db.database import Database
from chatter.kit.errors import ChatterError
from chatter.kit.http import HttpSessions
from chatter.kit.settings import Settings
from chatter.llm.adapters.wires import Wires
from chatter.llm.metering import metered
from chatter.llm.ports import ChatCall, ChatMessage, ChatTarget
from chatter.usage.facade import FREE, Billed, Ledger, record_uses
from tests.aimock.counterpart import Aimock

__all__ = ["Finding", "count_calls"]

_AT_ONCE = 16
_BATCH = 200
_PATHS = {"openai": "/v1", "azure": "", "anthropic": "/v1", "google": "/v1beta", "bedrock": ""}
_KEY = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
_FAULTS: dict[str, dict[str, Any]] = {
    "busy": {"response": {"error": {"message": "busy"}, "status": 429, "retryAfter": 1}},
    "broken": {"response": {"error": {"message": "broken"}, "status": 500}},
    "overloaded": {"response": {"error": {"message": "overloaded"}, "status": 529}},
    "disconnected": {"response": {"content": "and so on " * 40}, "disconnectAfterMs": 12, "latency": 4},
    "malformed": {"response": {"content": "never"}, "chaos": {"malformedRate": 1}},
    "dropped": {"response": {"content": "never"}, "chaos": {"dropRate": 1}},
}
_SUMS = """
select count(*), coalesce(sum(input_tokens) filter (where source = 'reported'), 0),
    coalesce(sum(output_tokens) filter (where source = 'reported'), 0), count(*) filter (where source = 'reported'),
    count(*) filter (where outcome <> 'complete' and source <> 'estimated')
from model_usage where tenant_id = $1
"""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the provider knows, and what the rows say."""

    journalled: int
    rows: int
    told: tuple[int, int]
    """Input and output tokens of the answers whose counts arrived."""
    kept: tuple[int, int]
    reported: int
    whole: int
    """Answers that came whole."""
    mislabelled: int
    """Calls that did not come whole and pass for counted."""
    kinds: Counter[str]


class _Caller:
    def __init__(self, aimock: Aimock, wires: Wires, *, seed: int) -> None:
        self._aimock = aimock
        self._wires = wires
        self._random = random.Random(seed)  # noqa: S311 # no secret
        self.kinds: Counter[str] = Counter()
        self.whole = 0
        self.told = [0, 0]

    async def one(self, number: int, ledger: Ledger) -> None:
        """One call, of which the provider is told beforehand how it goes."""
        wire = self._random.choice(list(_PATHS))
        fault = self._random.choice([*_FAULTS, *[""] * 14])
        counts = (self._random.randrange(1, 100_000), self._random.randrange(1, 10_000))
        self.kinds[fault or "whole"] += 1
        model = f"m-{number}"
        if fault:
            await self._aimock.fixture({"match": {"model": model}, **_FAULTS[fault]})
        else:
            usage = {"prompt_tokens": counts[0], "completion_tokens": counts[1]}
            await self._aimock.answers(model, {"content": f"answer {number}", "usage": usage})
        if await self._ask(model, wire, ledger):
            self.whole += 1
            self.told[0] += counts[0]
            self.told[1] += counts[1]

    async def _ask(self, model: str, wire: str, ledger: Ledger) -> bool:
        target = ChatTarget(
            base_url=f"{self._aimock.url}{_PATHS[wire]}",
            model=model,
            key=_KEY,
            provider="Counterpart",
            wire=wire,  # type: ignore[arg-type]  # a key of _PATHS
        )
        call = ChatCall(target=target, messages=[ChatMessage("user", "And?")], max_tokens=100, idle_seconds=20)
        billed = Billed(model_id=None, model=model, label=model, provider="Counterpart", price=FREE)
        try:
            async for _ in metered(self._wires.stream_chat(call), call=call, billed=billed, ledger=ledger):
                pass
        except ChatterError:
            return False
        return True


async def count_calls(database: Database, tenant_id: UUID, aimock: Aimock, *, calls: int, seed: int) -> Finding:
    """Make the calls, keep their rows, and compare."""
    allowed = Settings(egress_allow=["127.0.0.0/8"])
    async with HttpSessions.open(allowed) as sessions:
        caller = _Caller(aimock, Wires(sessions), seed=seed)
        for begin in range(0, calls, _BATCH):
            ledger = Ledger(purpose="test", origin=uuid4())
            free = asyncio.Semaphore(_AT_ONCE)

            async def ask(number: int, ledger: Ledger = ledger, free: asyncio.Semaphore = free) -> None:
                async with free:
                    await caller.one(number, ledger)

            await asyncio.gather(*(ask(number) for number in range(begin, min(begin + _BATCH, calls))))
            await record_uses(database, tenant_id, ledger.uses)
            await record_uses(database, tenant_id, ledger.uses)  # as whoever is not sure that it was kept
            await aimock.forget_answers()
    async with database.connection(tenant_id) as connection:
        [(rows, taken, given, reported, mislabelled)] = await connection.fetch(_SUMS, tenant_id)
    return Finding(
        journalled=await aimock.journalled(),
        rows=rows,
        told=(caller.told[0], caller.told[1]),
        kept=(int(taken), int(given)),
        reported=reported,
        whole=caller.whole,
        mislabelled=mislabelled,
        kinds=caller.kinds,
    )
