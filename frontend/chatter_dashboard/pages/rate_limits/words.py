"""What the rules are called here."""

from chatter.tenancy.schemas import RateLimit

__all__ = ["amount_in_words", "what", "whose"]

_KINDS = {
    "general": "Requests",
    "sign_in": "Tries to sign in",
    "proof": "Tries to give the password once more",
    "link": "Tries of a link from a mail",
    "factor": "Codes and passkeys",
    "sso": "Single sign-on",
    "app": "Tokens for apps",
    "sign_up": "Sign-ups",
    "mail": "Mails",
    "upload": "Uploads",
    "question": "Questions and searches",
}
_SUBJECTS = {
    "address": "each network address",
    "account": "each account, from anywhere",
    "account_at_address": "each account, from one address",
    "key": "each API key",
    "person": "each person or service account",
    "organization": "the organisation",
}
_SPANS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def what(limit: RateLimit) -> str:
    """What is counted; a kind that is new is shown by its name."""
    return _KINDS.get(limit.kind, limit.kind)


def whose(limit: RateLimit) -> str:
    """Who is counted."""
    return _SUBJECTS.get(limit.subject, limit.subject)


def amount_in_words(limit: RateLimit) -> str:
    """How often, in how long."""
    size, name = next((size, name) for size, name in _SPANS if limit.seconds % size == 0)
    count = limit.seconds // size
    return f"{limit.amount:,} a {name}" if count == 1 else f"{limit.amount:,} in {count} {name}s"
