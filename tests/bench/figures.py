"""What was measured, held against what we aim at."""

from collections.abc import Sequence
from typing import Literal

import msgspec

__all__ = ["Figure", "Report", "table"]


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
    failures: dict[str, str]
    """Sections that broke off, and why."""

    def missed(self) -> list[Figure]:
        """Return the figures that fall short of their aim."""
        return [figure for figures in self.sections.values() for figure in figures if figure.missed]

    def ending(self) -> str:
        """Return what stands below the table: the machine, what is missed, and the profile that says why."""
        missed = self.missed()
        lines = [f"{self.machine}; measured in {self.seconds:.0f} s"]
        lines += [f"Could not be measured: {name}: {reason}" for name, reason in self.failures.items()]
        lines += [f"MISSED: {figure.name}" for figure in missed] or ["No measured aim is missed."]
        for name in dict.fromkeys(figure.explained_by for figure in missed if figure.explained_by in self.profiles):
            lines += ["", f"Profile: {name}", self.profiles[name]]
        return "\n".join(lines)


def table(title: str, figures: Sequence[Figure]) -> str:
    """Return one section as printed."""
    rows = [figure.row() for figure in figures]
    lines = [f"  {name:<64} {measured:>14}  {aim:>14}  {verdict}".rstrip() for name, measured, aim, verdict in rows]
    return "\n".join([title, *lines, ""])


def _short(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"
