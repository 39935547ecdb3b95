"""What processes that share a database make known to each other about the provider."""

import json

from bot.engine.pipeline.throttle import ProviderThrottle
from bot.jobs.model import Cause, UserId
from bot.jobs.reasons import Reason, Refusal
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.senders import a_sender, open_breaker


def make_known(throttle: ProviderThrottle) -> dict[str, object]:
    """What another process reads of it."""
    return json.loads(json.dumps(throttle.find_facts()))


def test_a_provider_that_is_down_for_one_is_down_for_all() -> None:
    """The process that submits finds it out; the others refuse commands until it knows better."""
    clock = FakeClock()
    submits, other = ProviderThrottle(clock), ProviderThrottle(clock)
    open_breaker(submits)
    other.heed_facts([make_known(submits)])
    assert other.refusal(UserId(1)) == Refusal(Reason.PROVIDER_DOWN)
    assert make_known(other)["refuses"] is None
    other.heed_facts([make_known(ProviderThrottle(clock))])
    assert other.refusal(UserId(1)) is None


def test_an_account_in_trouble_is_known_to_all() -> None:
    """Its commands are refused in every process."""
    clock = FakeClock()
    submits, other = ProviderThrottle(clock), ProviderThrottle(clock)
    for number in (1, 2):
        submits.account_refused(a_sender(number), Cause.CREDIT)
    other.heed_facts([make_known(submits)])
    assert other.refusal(UserId(2)) == submits.refusal(UserId(2)) == Refusal(Reason.ACCOUNT_PAUSED)


def test_a_hold_of_polls_holds_everywhere_and_ends() -> None:
    """Polls of the others wait for its end, within a second; two processes don't keep it alive for each other."""
    clock = FakeClock()
    first, second = ProviderThrottle(clock), ProviderThrottle(clock)
    for number in (1, 2):
        first.poll_slowed(a_sender(number), 120.0)
    held_seconds = first.seconds_until_poll()
    assert held_seconds > 0
    for _ in range(5):
        second.heed_facts([make_known(first)])
        first.heed_facts([make_known(second)])
    assert abs(second.seconds_until_poll() - held_seconds) <= 1.0
    clock.seconds += held_seconds + 1.0
    first.heed_facts([make_known(second)])
    second.heed_facts([make_known(first)])
    assert first.seconds_until_poll() == second.seconds_until_poll() == 0


def test_facts_of_a_newer_version_are_passed_over() -> None:
    """What is missing or unknown means no trouble, and stops no process from looking at the others."""
    throttle = ProviderThrottle(FakeClock())
    throttle.heed_facts(
        [{}, {"weather": "fine"}, {"refuses": "dark moon"}, {"refuses": ["x"], "polls_held_until": "soon"}]
    )
    assert throttle.refusal(UserId(1)) is None
    assert throttle.seconds_until_poll() == 0
