"""What was measured, held against what we aim at."""

from collections.abc import Sequence
from typing import Literal

import msgspec

__all__ = ["Figure", "Report"]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number. Without an aim it is printed to be known."""

    name: str
    measured: float
    unit: str
    aim: float | None = None
    better: Literal["less", "more"] = "less"
    explained_by: str = ""
    """Which profile says why when the aim is missed."""

    @property
    def missed(self) -> bool:
        if self.aim is None:
            return False
        return self.measured > self.aim if self.better == "less" else self.measured < self.aim

    def row(self) -> tuple[str, str, str, str]:
        """Return name, measured, aim and verdict as printed."""
        if self.aim is None:
            return self.name, f"{_short(self.measured)} {self.unit}", "", ""
        sign = "≤" if self.better == "less" else "≥"
        verdict = "MISSED" if self.missed else "met"
        return self.name, f"{_short(self.measured)} {self.unit}", f"{sign} {_short(self.aim)} {self.unit}", verdict


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one run has measured, by section."""

    machine: str
    seconds: float
    sections: dict[str, list[Figure]]
    profiles: dict[str, str]

    def missed(self) -> list[Figure]:
        """Return the figures that fall short of their aim."""
        return [figure for figures in self.sections.values() for figure in figures if figure.missed]

    def table(self) -> str:
        """Return the table and, below it, the profile of what is missed."""
        lines = [self.machine, ""]
        for title, figures in self.sections.items():
            lines += [title, *_aligned([figure.row() for figure in figures]), ""]
        missed = self.missed()
        lines.append(f"{len(missed)} missed" if missed else "Every aim is met.")
        for name in dict.fromkeys(figure.explained_by for figure in missed if figure.explained_by in self.profiles):
            lines += ["", f"Profile: {name}", self.profiles[name]]
        return "\n".join(lines)


def _aligned(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    return [f"  {name:<58} {measured:>16}  {aim:>16}  {verdict}".rstrip() for name, measured, aim, verdict in rows]


def _short(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"
