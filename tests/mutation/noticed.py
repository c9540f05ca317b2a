"""Which test noticed which mutant last time: it is asked first, as it most likely does so again.

Nothing is believed: a mutant is killed by a test that fails now, and tried by all others where that one passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

__all__ = ["Noticed"]

_FILE = Path(__file__).with_name("noticed.tsv")


@dataclass(frozen=True)
class Noticed:
    """Tests by the mutants' names."""

    tests: dict[str, str]

    @classmethod
    def read(cls) -> Self:
        """What the checkout holds."""
        return cls(dict(line.split("\t", 1) for line in _FILE.read_text().splitlines()))

    def by(self, mutant: str) -> str | None:
        """The test that noticed it; None for one that is new."""
        return self.tests.get(mutant)

    def note(self, mutant: str, killed_by: str) -> None:
        """Keep the test that noticed it, if one can ask it alone."""
        if "::" in killed_by and not set("\t\n") & set(killed_by):
            self.tests[mutant] = killed_by

    def note_all(self, verdicts: Mapping[str, str]) -> None:
        """Keep those of an earlier run."""
        for mutant, killed_by in verdicts.items():
            self.note(mutant, killed_by)

    def write(self, *, among: set[str]) -> None:
        """Keep the file in the order of the mutants' names, without those that there are no more.

        Another run may have written meanwhile: what it added stays.
        """
        kept = sorted({**self.read().tests, **self.tests}.items())
        _FILE.write_text("".join(f"{name}\t{test}\n" for name, test in kept if name in among))
