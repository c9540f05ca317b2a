"""What a branch begins with: the state of the earlier run at that point, with what the person changed of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from chatter.chat.branch_schemas import NextStep
from chatter.chat.schemas import AnswerBranch, Changed, PassageFound, Steered
from chatter.chat.tool_rounds import Round, read_rounds, write_rounds

__all__ = ["Start", "read_start", "start_at", "write_start"]

_NO_LIST = b"[]"
_passages = msgspec.json.Decoder(list[PassageFound])


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Kept with the branch itself: whoever executes it needs nothing of the earlier run."""

    at: NextStep
    question: str
    instructions: str = ""
    passages: bytes = _NO_LIST
    evidence: str = ""
    rounds: bytes = _NO_LIST
    said: str = ""
    calling: bool = False
    steered: tuple[Steered, ...] = ()
    """What was added to the earlier answer before this point."""
    source_run_id: UUID | None = None
    changed: tuple[Changed, ...] = ()

    @property
    def branch(self) -> AnswerBranch:
        """What readers of the answer are told."""
        return AnswerBranch(source_run_id=self.source_run_id, changed=list(self.changed))

    def state(self) -> Mapping[str, object]:
        """The state of the graph before the step `at`; what the earlier calls took is the earlier run's."""
        begun: dict[str, object] = {"question": self.question, "instructions": self.instructions}
        if self.at == "retrieve":
            return begun
        found = {"passages": self.passages, "evidence": self.evidence}
        return {**begun, **found, "rounds": self.rounds, "said": self.said, "calling": self.calling}

    def found(self) -> list[PassageFound]:
        return _passages.decode(self.passages)

    def talked(self) -> list[Round]:
        return read_rounds(self.rounds)

    def with_found(self, passages: Sequence[PassageFound]) -> "Start":
        return structs.replace(self, passages=msgspec.json.encode(passages))

    def with_talked(self, rounds: Sequence[Round]) -> "Start":
        return structs.replace(self, rounds=write_rounds(rounds))


write_start = msgspec.msgpack.Encoder().encode
read_start = msgspec.msgpack.Decoder(Start).decode


def start_at(following: str, state: Mapping[str, Any]) -> Start:
    """The state of a run before one of its steps, as it is."""
    known = {name: value for name, value in state.items() if name in Start.__struct_fields__}
    return msgspec.convert({**known, "at": following}, Start)
