"""What can go wrong with conversations and turns.

ChatterError
├── NotFound
│   └── ConversationNotFound   404   no such conversation, or somebody else's
├── Invalid
│   ├── ParentInvalid          422   a question must follow an answer of its conversation
│   └── IdempotencyClash       422   the key was used for another request
├── Conflict
│   └── AnswerInProgress       409   the answer that it would follow is still being written
└── UpstreamFailed
    └── EmptyAnswer            502   the model ended without a word
"""

from chatter.kit.errors import Conflict, Invalid, NotFound, UpstreamFailed

__all__ = ["AnswerInProgress", "ConversationNotFound", "EmptyAnswer", "IdempotencyClash", "ParentInvalid"]


class ConversationNotFound(NotFound):
    """No such conversation of this person."""


class ParentInvalid(Invalid):
    code, title = "chat.parent_invalid", "The question does not fit there"


class AnswerInProgress(Conflict):
    code, title = "chat.answer_in_progress", "An answer is still being written"


class IdempotencyClash(Invalid):
    code, title = "chat.idempotency_clash", "This key was used for another request"


class EmptyAnswer(UpstreamFailed):
    code, title = "chat.empty_answer", "The model wrote nothing"
