"""What was judged already: a run of hours that was stopped goes on where it stood."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

__all__ = ["Record"]

_SURVIVED = "SURVIVED"


@dataclass(kw_only=True)
class Record:
    """Verdicts by the mutants' names; kept in a file of lines, when there is one."""

    file: Path | None
    verdicts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path | None) -> Self:
        """An empty one where there is no file yet."""
        lines = file.read_text().splitlines() if file is not None and file.exists() else []
        return cls(file=file, verdicts=dict(line.split("\t", 1) for line in lines))

    def __contains__(self, name: str) -> bool:
        return name in self.verdicts

    @property
    def survived(self) -> list[str]:
        """The names of those that nothing noticed."""
        return [name for name, verdict in self.verdicts.items() if verdict == _SURVIVED]

    def note(self, name: str, killed_by: str | None) -> None:
        """Write a verdict down at once."""
        self.verdicts[name] = killed_by or _SURVIVED
        if self.file is not None:
            with self.file.open("a") as lines:
                lines.write(f"{name}\t{self.verdicts[name]}\n")
