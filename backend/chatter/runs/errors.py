"""What can go wrong with a run.

ChatterError
├── NotFound
│   └── RunNotFound    404   no such run, or somebody else's
└── Conflict
    └── LeaseLost      409   another process has closed the run or taken it over
"""

from chatter.kit.errors import Conflict, NotFound
from chatter.runs.schemas import RunError, StreamEvent

__all__ = ["PROCESS_LOST", "LeaseLost", "RunNotFound", "RunWaits"]


class RunNotFound(NotFound):
    """No such run of this person."""


class LeaseLost(Conflict):
    """The fence has moved: nothing that this process still has to say about the run may be written."""

    code, title = "runs.lease_lost", "Another process has this run"


class RunWaits(Exception):  # no error: raised by a run's work, to be left until somebody has decided
    """The run can't go on before a person has decided something.

    `question` is the event that says what: it is stored with the lease that is given back, and shown once it is.
    """

    def __init__(self, question: StreamEvent) -> None:
        super().__init__()
        self.question = question


PROCESS_LOST = RunError(
    code="runs.process_lost",
    message="The server process that was answering stopped, several times over, before it got any further. "
    "What it had written is kept.",
    remedy="Ask again. If it happens again, tell your operator the request id.",
)
