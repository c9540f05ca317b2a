"""The rules: how often whom, in which time. Defaults; the operator and each organisation may set other amounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chatter.kit.settings import Settings

__all__ = ["RULES", "Kind", "Rule", "Rules", "Subject"]


class Kind(StrEnum):
    """What a request asks for, as its route declares."""

    GENERAL = "general"
    SIGN_IN = "sign_in"
    """A secret of a person is tried, and nobody is signed in yet."""
    PROOF = "proof"
    """The same, by somebody who is signed in already."""
    LINK = "link"
    """The token of a link in a mail is tried."""
    FACTOR = "factor"
    """A code or a passkey is shown; how often for one sign-in is counted beside the sign-in itself."""
    SSO = "sso"
    """A browser on its way to an identity provider, or back."""
    APP = "app"
    """An app shows what it was given."""
    SIGN_UP = "sign_up"
    MAIL = "mail"
    """A mail is sent to an address that the request names, or to the person's own."""
    UPLOAD = "upload"
    QUESTION = "question"


class Subject(StrEnum):
    """Who is counted. An IPv6 address stands for its /64: whoever has one has them all."""

    ADDRESS = "address"
    ACCOUNT = "account"
    """The mail address that the request names, whether anybody uses it or not."""
    ACCOUNT_AT_ADDRESS = "account_at_address"
    KEY = "key"
    PERSON = "person"
    """A person or a service account, in one organisation."""
    ORGANIZATION = "organization"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """At most `amount` in any `seconds` for each subject."""

    name: str
    kind: Kind
    subject: Subject
    amount: int
    seconds: int

    @property
    def adjustable(self) -> bool:
        """Whether an organisation may set it for itself: the others count before anybody knows an organisation."""
        return self.subject in _OF_ORGANIZATIONS

    @property
    def often(self) -> bool:
        """Whether it is asked so often that a process may serve a little before it tells the others."""
        return self.kind in _OFTEN

    @property
    def least(self) -> int:
        """The lowest amount that an organisation can set: with less nobody could set it back."""
        return max(1, self.amount // 20)


_OF_ORGANIZATIONS = frozenset({Subject.KEY, Subject.PERSON, Subject.ORGANIZATION})
_OFTEN = frozenset({Kind.GENERAL, Kind.UPLOAD, Kind.QUESTION})
"""The others count tries of a secret, or mails: to the last."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def _rule(name: str, kind: Kind, subject: Subject, amount: int, seconds: int) -> Rule:
    return Rule(name=name, kind=kind, subject=subject, amount=amount, seconds=seconds)


RULES: tuple[Rule, ...] = (
    _rule("key", Kind.GENERAL, Subject.KEY, 600, _MINUTE),
    _rule("person", Kind.GENERAL, Subject.PERSON, 1200, _MINUTE),
    _rule("organization", Kind.GENERAL, Subject.ORGANIZATION, 12000, _MINUTE),
    _rule("address", Kind.GENERAL, Subject.ADDRESS, 300, _MINUTE),
    # One after another: whoever goes on has to wait a minute, then a quarter of an hour, then for the next day.
    _rule("sign-in", Kind.SIGN_IN, Subject.ACCOUNT_AT_ADDRESS, 5, _MINUTE),
    _rule("sign-in-again", Kind.SIGN_IN, Subject.ACCOUNT_AT_ADDRESS, 10, 15 * _MINUTE),
    _rule("sign-in-daily", Kind.SIGN_IN, Subject.ACCOUNT_AT_ADDRESS, 50, _DAY),
    # Many addresses against one account; one address against many accounts.
    _rule("sign-in-account", Kind.SIGN_IN, Subject.ACCOUNT, 50, _HOUR),
    _rule("sign-in-address", Kind.SIGN_IN, Subject.ADDRESS, 100, 10 * _MINUTE),
    _rule("proof", Kind.PROOF, Subject.PERSON, 5, _MINUTE),
    _rule("proof-again", Kind.PROOF, Subject.PERSON, 20, _HOUR),
    _rule("link", Kind.LINK, Subject.ADDRESS, 60, 10 * _MINUTE),
    _rule("factor", Kind.FACTOR, Subject.ADDRESS, 300, 10 * _MINUTE),
    _rule("sso", Kind.SSO, Subject.ADDRESS, 300, 10 * _MINUTE),
    _rule("app", Kind.APP, Subject.ADDRESS, 120, _MINUTE),
    _rule("sign-up-account", Kind.SIGN_UP, Subject.ACCOUNT, 5, _HOUR),
    _rule("sign-up", Kind.SIGN_UP, Subject.ADDRESS, 20, _HOUR),
    _rule("mail-account", Kind.MAIL, Subject.ACCOUNT, 5, _HOUR),
    _rule("mail-address", Kind.MAIL, Subject.ADDRESS, 30, _HOUR),
    _rule("mail-person", Kind.MAIL, Subject.PERSON, 60, _HOUR),
    _rule("mail-organization", Kind.MAIL, Subject.ORGANIZATION, 1000, _DAY),
    _rule("upload-person", Kind.UPLOAD, Subject.PERSON, 300, _MINUTE),
    _rule("upload-organization", Kind.UPLOAD, Subject.ORGANIZATION, 3000, _MINUTE),
    _rule("question-person", Kind.QUESTION, Subject.PERSON, 60, _MINUTE),
    _rule("question-organization", Kind.QUESTION, Subject.ORGANIZATION, 1200, _MINUTE),
)
"""In the order in which they are asked: the narrow before the wide, so that what is refused costs others nothing."""


class Rules:
    """The amounts that hold: an organisation's own, else the operator's, else the default."""

    def __init__(self, settings: Settings) -> None:
        """Raise ValueError for the name of a rule that there is not."""
        if unknown := (settings.rate_limits.keys() | settings.rate_limit_ceilings.keys()) - {
            rule.name for rule in RULES
        }:
            raise ValueError(f"CHATTER_RATE_LIMITS names no such rule: {', '.join(sorted(unknown))}")
        self._amounts = {rule.name: settings.rate_limits.get(rule.name, rule.amount) for rule in RULES}
        self._ceilings = self._amounts | settings.rate_limit_ceilings
        self._own: Mapping[UUID, Mapping[str, int]] = {}

    def adopt(self, own: Mapping[UUID, Mapping[str, int]]) -> None:
        """Take over what organisations have set, by their id and the rule's name."""
        self._own = own

    def usual(self, rule: Rule) -> int:
        """The amount for whoever set none."""
        return self._amounts[rule.name]

    def ceiling(self, rule: Rule) -> int:
        """The most that an organisation may set."""
        return self._ceilings[rule.name]

    def amount(self, rule: Rule, organization_id: UUID | None) -> int:
        """The amount that holds there; never above the ceiling, which the operator may have lowered since."""
        own = self._own.get(organization_id) if organization_id is not None and rule.adjustable else None
        if own is None or rule.name not in own:
            return self._amounts[rule.name]
        return min(own[rule.name], self._ceilings[rule.name])
