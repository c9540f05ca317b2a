"""What can go wrong with tools.

ChatterError
├── NotFound
│   ├── NoteNotFound     404   no such note, or somebody else's
│   └── CallNotFound     404   no such call, or of somebody else's run
├── Invalid
│   └── ToolUnknown      422   a question names a tool that there is not
└── Conflict
    └── NotAsked         409   nothing is to be decided about this call (any more)
"""

from chatter.kit.errors import Conflict, Invalid, NotFound

__all__ = ["CallNotFound", "NotAsked", "NoteNotFound", "OutcomeUnknown", "ToolUnknown"]


class NoteNotFound(NotFound):
    """No such note of this person."""


class ToolUnknown(Invalid):
    code, title = "tools.unknown", "There is no such tool"


class CallNotFound(NotFound):
    """No such call of a run of this person."""


class NotAsked(Conflict):
    code, title = "tools.not_asked", "There is nothing to decide about this call"


class OutcomeUnknown(Exception):  # no failure: whoever runs the call asks the person
    """Nobody knows whether the call came through, and it may not be repeated without being asked for."""
