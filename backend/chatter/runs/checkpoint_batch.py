"""What a graph saved within a moment, as the column arrays of one call."""

from typing import ClassVar

__all__ = ["CheckpointBatch"]


class CheckpointBatch:
    """Rows of three tables, collected column by column."""

    WIDTH: ClassVar[int] = 20
    """How many columns there are."""

    @classmethod
    def call(cls, *, first: int) -> str:
        """SQL that stores a batch of the run whose grant is $1 to $3: false when its fence has moved.

        The columns are the parameters from the number `first` on.
        """
        return f"checkpoint_store($1, $2, $3, {', '.join(f'${first + n}' for n in range(cls.WIDTH))})"

    def __init__(self) -> None:
        self._blobs: tuple[list[object], ...] = tuple([] for _ in range(5))
        self._checkpoints: dict[tuple[str, str], tuple[object, ...]] = {}
        self._writes: dict[tuple[str, str, str, int], tuple[object, ...]] = {}

    def blob(self, ns: str, *, channel: str, version: str, kind: str, body: bytes) -> None:
        """Add a channel's value."""
        for column, value in zip(self._blobs, (ns, channel, version, kind, body), strict=True):
            column.append(value)

    def checkpoint(
        self,
        ns: str,
        *,
        checkpoint_id: str,
        parent_id: str | None,
        kind: str,
        body: bytes,
        versions: str,
        metadata: str,
    ) -> None:
        """Add the state after a step; a later one of the same id replaces it."""
        self._checkpoints[ns, checkpoint_id] = (ns, checkpoint_id, parent_id, kind, body, versions, metadata)

    def write(
        self,
        ns: str,
        *,
        checkpoint_id: str,
        task_id: str,
        index: int,
        task_path: str,
        channel: str,
        kind: str,
        body: bytes,
    ) -> None:
        """Add what a task wrote. A special write (negative index) replaces the one before it, others stay."""
        key = (ns, checkpoint_id, task_id, index)
        if index < 0 or key not in self._writes:
            self._writes[key] = (ns, checkpoint_id, task_id, index, task_path, channel, kind, body)

    def drop_done(self) -> None:
        """Forget what tasks wrote before the last checkpoint, when that one is here: nobody goes on from before it."""
        if self._checkpoints:
            last = next(reversed(self._checkpoints))
            self._writes = {key: row for key, row in self._writes.items() if key[:2] == last}

    def columns(self) -> tuple[list[object], ...]:
        """The arguments after the grant's."""
        return (*self._blobs, *_columns(list(self._checkpoints.values()), 7), *_columns(list(self._writes.values()), 8))


def _columns(rows: list[tuple[object, ...]], width: int) -> tuple[list[object], ...]:
    return tuple([row[i] for row in rows] for i in range(width))
