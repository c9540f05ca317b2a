"""Rate limits: moving windows that all processes share, counted here first where that is safe."""

import math
from uuid import uuid4

import pytest

from chatter.embedded.processes import free_port
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.errors import RateLimited
from chatter.kit.rate_limits.limiter import Asker, RateLimiter
from chatter.kit.rate_limits.rules import RULES, Kind, Rules, Subject
from chatter.kit.rate_limits.windows import Window, Windows
from chatter.kit.settings import Settings

BY_NAME = {rule.name: rule for rule in RULES}


def somebody() -> Asker:
    principal = Principal(
        tenant_id=TenantId(uuid4()),
        user_id=UserId(uuid4()),
        session_id=uuid4(),
        role="owner",
        email="",
        name="",
        organization_name="",
    )
    return Asker(principal=principal)


def with_amounts(settings: Settings, amounts: dict[str, int]) -> Settings:
    return settings.model_copy(update={"rate_limits": settings.rate_limits | amounts})


async def admitted(limiter: RateLimiter, kind: Kind, asker: Asker, *, of: int) -> int:
    """How many of so many requests are let through."""
    count = 0
    for _ in range(of):
        try:
            await limiter.spend(kind, asker)
        except RateLimited:
            continue
        count += 1
    return count


async def test_a_window_admits_exactly_its_amount_and_says_when_it_frees(settings: Settings) -> None:
    asker, limits = somebody(), with_amounts(settings, {"proof": 5})
    async with RateLimiter.open(limits, redis_url=str(limits.redis_url)) as limiter:
        assert await admitted(limiter, Kind.PROOF, asker, of=5) == 5
        with pytest.raises(RateLimited) as refused:
            await limiter.spend(Kind.PROOF, asker)
        assert refused.value.retry_after is not None
        assert 50 <= refused.value.retry_after <= 60
        assert await admitted(limiter, Kind.PROOF, somebody(), of=1) == 1


async def test_two_processes_count_strict_limits_together(settings: Settings) -> None:
    asker, limits = somebody(), with_amounts(settings, {"proof": 6})
    url = str(limits.redis_url)
    async with RateLimiter.open(limits, redis_url=url) as one, RateLimiter.open(limits, redis_url=url) as other:
        assert await admitted(one, Kind.PROOF, asker, of=4) == 4
        assert await admitted(other, Kind.PROOF, asker, of=4) == 2


@pytest.mark.parametrize(("kind", "rule"), [(Kind.GENERAL, "person"), (Kind.QUESTION, "question-person")])
async def test_what_is_asked_often_is_exact_within_one_process(settings: Settings, kind: Kind, rule: str) -> None:
    asker, limits = somebody(), with_amounts(settings, {rule: 200})
    async with RateLimiter.open(limits, redis_url=str(limits.redis_url)) as limiter:
        assert await admitted(limiter, kind, asker, of=260) == 200


@pytest.mark.parametrize(("kind", "rule"), [(Kind.GENERAL, "person"), (Kind.QUESTION, "question-person")])
async def test_two_processes_together_serve_at_most_a_fiftieth_too_much_each(
    settings: Settings, kind: Kind, rule: str
) -> None:
    asker, amount = somebody(), 200
    limits = with_amounts(settings, {rule: amount})
    url = str(limits.redis_url)
    async with RateLimiter.open(limits, redis_url=url) as one, RateLimiter.open(limits, redis_url=url) as other:
        served = 0
        for _ in range(amount):
            served += await admitted(one, kind, asker, of=1) + await admitted(other, kind, asker, of=1)
        assert amount * 0.95 <= served <= amount + 2 * math.ceil(amount / 50)


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.GENERAL, Kind.UPLOAD, Kind.QUESTION}))
async def test_tries_and_mails_are_told_to_the_other_processes_at_once(settings: Settings, kind: Kind) -> None:
    rules = [rule for rule in RULES if rule.kind is kind]
    known = any(rule.subject is Subject.PERSON for rule in rules)
    asker = somebody() if known else Asker(address="192.0.2.7", account=f"{uuid4().hex}@example.test")
    limits = with_amounts(settings, {rule.name: 300 for rule in rules})
    url = str(limits.redis_url)
    async with RateLimiter.open(limits, redis_url=url) as one, RateLimiter.open(limits, redis_url=url) as other:
        for limiter in (one, other) * 3:
            before = await _left(limiter, kind, asker)
            assert await _left(limiter, kind, asker) == before - 1
            assert await _left(one if limiter is other else other, kind, asker) == before - 2


async def _left(limiter: RateLimiter, kind: Kind, asker: Asker) -> int:
    """What is left of the narrowest window of the kind's own, after one more."""
    return (await limiter.spend(kind, asker))[0].taken.remaining


async def test_what_was_counted_here_is_told_at_the_end_of_a_process(settings: Settings) -> None:
    asker, limits = somebody(), with_amounts(settings, {"person": 10})
    url = str(limits.redis_url)
    async with RateLimiter.open(limits, redis_url=url) as one:
        assert await admitted(one, Kind.GENERAL, asker, of=5) == 5
    async with RateLimiter.open(limits, redis_url=url) as other:
        assert asker.principal is not None
        assert await other.used([BY_NAME["person"]], asker.principal) == [5]


async def test_without_valkey_each_process_counts_for_itself(settings: Settings) -> None:
    asker, limits = somebody(), with_amounts(settings, {"proof": 5, "person": 50})
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    async with RateLimiter.open(limits, redis_url=nowhere) as limiter:
        assert await admitted(limiter, Kind.PROOF, asker, of=8) == 5
        assert not limiter.shared
        assert await admitted(limiter, Kind.GENERAL, somebody(), of=60) == 50


async def test_a_valkey_that_was_started_anew_is_taught_the_scripts_again(settings: Settings) -> None:
    windows, window = Windows(str(settings.redis_url)), Window.of(BY_NAME["proof"], uuid4().hex, 5)
    try:
        assert (await windows.take([(window, 1)]))[0].remaining == 4
        windows._scripts = ["0" * 40, "0" * 40]  # what a new server makes of the ones it never saw
        assert (await windows.take([(window, 1)]))[0].remaining == 3
        assert windows.shared
    finally:
        await windows.close()


async def test_a_narrow_window_that_is_full_costs_the_wider_ones_nothing(settings: Settings) -> None:
    limits = with_amounts(settings, {"sign-in": 2, "sign-in-account": 3})
    account = f"{uuid4().hex}@example.test"
    async with RateLimiter.open(limits, redis_url=str(limits.redis_url)) as limiter:
        assert await admitted(limiter, Kind.SIGN_IN, Asker(address="192.0.2.1", account=account), of=9) == 2
        assert await admitted(limiter, Kind.SIGN_IN, Asker(address="192.0.2.2", account=account), of=9) == 1


async def test_an_account_is_the_same_in_any_case_and_with_spaces_around_it(settings: Settings) -> None:
    limits = with_amounts(settings, {"sign-in-account": 2})
    account = f"{uuid4().hex}@example.test"
    async with RateLimiter.open(limits, redis_url=str(limits.redis_url)) as limiter:
        spellings = [account, account.upper(), f" {account} ", account.title()]
        counts = [await admitted(limiter, Kind.SIGN_IN, Asker(account=each), of=1) for each in spellings]
    assert counts == [1, 1, 0, 0]


async def test_all_addresses_of_an_ipv6_network_are_one(settings: Settings) -> None:
    limits = with_amounts(settings, {"link": 2})
    network = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}"
    async with RateLimiter.open(limits, redis_url=str(limits.redis_url)) as limiter:
        counts = [await admitted(limiter, Kind.LINK, Asker(address=f"{network}::{n}"), of=1) for n in range(1, 5)]
    assert counts == [1, 1, 0, 0]


def test_an_organisation_never_goes_above_the_operators_ceiling() -> None:
    usual = Settings().model_copy(update={"rate_limits": {}, "rate_limit_ceilings": {"person": 5000}})
    rules, tenant_id = Rules(usual), uuid4()
    rules.adopt({tenant_id: {"person": 9000, "question-person": 9000, "address": 1}})
    assert rules.amount(BY_NAME["person"], tenant_id) == 5000
    assert rules.amount(BY_NAME["question-person"], tenant_id) == BY_NAME["question-person"].amount
    assert rules.amount(BY_NAME["address"], tenant_id) == BY_NAME["address"].amount
    assert rules.amount(BY_NAME["person"], uuid4()) == BY_NAME["person"].amount


def test_a_setting_that_names_no_rule_stops_the_start() -> None:
    with pytest.raises(ValueError, match="persons"):
        Rules(Settings(rate_limits={"persons": 1}))
