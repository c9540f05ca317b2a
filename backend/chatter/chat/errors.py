"""What can go wrong with conversations and turns.

ChatterError
├── NotFound
│   ├── ConversationNotFound   404   no such conversation, or somebody else's
│   ├── MessageNotFound        404   the conversation has no such message
│   └── QueuedNotFound         404   nothing of that id waits there
├── Invalid
│   ├── BranchInvalid          422   that can't be changed at this point of the run
│   ├── ParentInvalid          422   a question must follow an answer of its conversation
│   └── IdempotencyClash       422   the key was used for another request
├── Forbidden
│   ├── MayNotAskNow           403   who asked has lost the right meanwhile
│   └── NotAsker               403   only whoever asked goes back to a point of the answer's run
├── Conflict
│   ├── AnswerInProgress       409   the answer that it would follow is still being written
│   ├── AnswerOver             409   there is nothing left to steer
│   ├── CheckpointGone         409   the run's state at that point is not kept any more
│   ├── NothingToSend          409   nothing waits, or an answer is being written
│   └── QueueFull              409   too much waits already
└── UpstreamFailed
    └── EmptyAnswer            502   the model ended without a word
"""

from chatter.kit.errors import Conflict, Forbidden, Invalid, NotFound, UpstreamFailed

__all__ = [
    "AnswerInProgress",
    "AnswerOver",
    "BranchInvalid",
    "CheckpointGone",
    "ConversationNotFound",
    "EmptyAnswer",
    "IdempotencyClash",
    "MayNotAskNow",
    "MessageNotFound",
    "NotAsker",
    "NothingToSend",
    "ParentInvalid",
    "QueueFull",
    "QueuedNotFound",
]


class ConversationNotFound(NotFound):
    """No such conversation of this person."""


class MessageNotFound(NotFound):
    """No such message of this conversation."""


class QueuedNotFound(NotFound):
    """It was sent, or removed, or was never there."""


class ParentInvalid(Invalid):
    code, title = "chat.parent_invalid", "The question does not fit there"


class AnswerInProgress(Conflict):
    code, title = "chat.answer_in_progress", "An answer is still being written"


class AnswerOver(Conflict):
    code, title = "chat.answer_over", "This answer is not being written any more"


class CheckpointGone(Conflict):
    code, title = "chat.checkpoint_gone", "This point of the run is not kept any more"


class NothingToSend(Conflict):
    code, title = "chat.nothing_to_send", "There is nothing to send on"


class QueueFull(Conflict):
    code, title = "chat.queue_full", "Too much waits already"


class MayNotAskNow(Forbidden):
    code, title = "chat.may_not_ask", "You may not ask any more"


class NotAsker(Forbidden):
    code, title = "chat.not_asker", "Only whoever asked goes on with this"


class BranchInvalid(Invalid):
    code, title = "chat.branch_invalid", "That can't be changed at this point"


class IdempotencyClash(Invalid):
    code, title = "chat.idempotency_clash", "This key was used for another request"


class EmptyAnswer(UpstreamFailed):
    code, title = "chat.empty_answer", "The model wrote nothing"
