"""What a provider or the network can do wrong, and what becomes of the call; the documentation shows it as a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.llm.scissors import Cut

__all__ = ["DOCUMENT", "FAULTS", "WIRES", "WireFault", "table"]

WIRES = ("openai", "azure", "anthropic", "google", "bedrock")
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "domains" / "llm.md"
_ALL = frozenset(WIRES)


@dataclass(frozen=True, kw_only=True)
class WireFault:
    """One fault, on each wire that it can be played on."""

    name: str
    cut: Cut = "none"
    status: int = 200
    retry_after: int | None = None
    idle_seconds: float = 20.0
    code: str | None
    """Of the error that the person is told of; None: the answer is whole."""
    calls: int
    """How many arrive at the provider."""
    outcome: Literal["complete", "cut", "refused"]
    source: Literal["reported", "estimated"] = "estimated"
    wires: frozenset[str] = _ALL


FAULTS = (
    WireFault(name="the first word is late", cut="late", code=None, calls=1, outcome="complete", source="reported"),
    WireFault(
        name="the counts are missing",
        cut="no counts",
        code=None,
        calls=1,
        outcome="complete",
    ),
    WireFault(name="the counts are negative", cut="negative counts", code=None, calls=1, outcome="complete"),
    WireFault(name="the counts are absurd", cut="absurd counts", code=None, calls=1, outcome="complete"),
    WireFault(name="the counts are no numbers", cut="wordy counts", code=None, calls=1, outcome="complete"),
    WireFault(
        name="the counts change: the last hold",
        cut="changed counts",
        code=None,
        calls=1,
        outcome="complete",
        source="reported",
        wires=frozenset({"openai", "azure", "anthropic"}),  # the others' counts come with words
    ),
    WireFault(name="torn in the middle of a word", cut="abort", code="provider_cut_short", calls=1, outcome="cut"),
    WireFault(name="a clean end without a reason", cut="end", code="provider_cut_short", calls=1, outcome="cut"),
    WireFault(
        name="stalls in the middle", cut="stall", idle_seconds=1.0, code="provider_timed_out", calls=1, outcome="cut"
    ),
    WireFault(name="a piece that can't be read", cut="garble", code="provider_incoherent", calls=1, outcome="cut"),
    WireFault(
        name="no word at all", cut="silence", idle_seconds=1.0, code="provider_timed_out", calls=1, outcome="cut"
    ),
    WireFault(name="hangs up unanswered", cut="hang up", code="provider_unreachable", calls=2, outcome="refused"),
    WireFault(name="429, wait 30 s", status=429, retry_after=30, code="provider_busy", calls=1, outcome="refused"),
    WireFault(name="429, wait 1 s", status=429, retry_after=1, code="provider_busy", calls=2, outcome="refused"),
    WireFault(name="500", status=500, code="provider_broken", calls=2, outcome="refused"),
    WireFault(name="529", status=529, code="provider_broken", calls=2, outcome="refused"),
    WireFault(name="401", status=401, code="provider_key_refused", calls=1, outcome="refused"),
)


def table() -> str:
    """The faults by the wires, as Markdown."""
    head = ["what goes wrong", "told as", "calls", "kept as", *WIRES]
    rows = [
        [
            *(fault.name, fault.code or "nothing: it is whole", str(fault.calls), f"{fault.outcome}, {fault.source}"),
            *("yes" if wire in fault.wires else "no" for wire in WIRES),
        ]
        for fault in FAULTS
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])
