"""How much the provider may be asked: breaker, rate, pauses, an account in trouble."""

import pytest

from bot.engine.traffic import Traffic
from bot.jobs.model import Cause
from bot.jobs.reasons import Reason, Refusal
from tests.unit.bot.engine.hand_clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def traffic(clock: HandClock) -> Traffic:
    return Traffic(clock)


def fail(traffic: Traffic, clock: HandClock, times: int, apart_seconds: float = 1.0) -> None:
    for _ in range(times):
        clock.seconds += apart_seconds
        traffic.failed()


def looks_in(traffic: Traffic, clock: HandClock, seconds: float) -> int:
    """How many looks an eager caller gets in that time."""
    end, looks = clock.seconds + seconds, 0
    while (wait := traffic.seconds_until_look()) <= end - clock.seconds:
        if wait:
            clock.seconds += wait
        else:
            looks += 1
    clock.seconds = end
    return looks


def test_at_first_all_is_open(traffic: Traffic) -> None:
    """Commands are taken, paid requests and looks go out, no probe is due."""
    assert traffic.refusal(jobs_waiting=True) is None
    assert traffic.seconds_until_submit() == 0
    assert traffic.seconds_until_look() == 0
    assert not traffic.is_open
    assert not traffic.take_probe()


def test_five_faults_in_thirty_seconds_open_the_breaker(traffic: Traffic, clock: HandClock) -> None:
    """Then the provider counts as down: new commands are refused, and neither looks nor paid requests go out."""
    fail(traffic, clock, 4)
    assert not traffic.is_open
    fail(traffic, clock, 1)
    assert traffic.is_open
    assert traffic.refusal(jobs_waiting=False) == Refusal(Reason.PROVIDER_DOWN)
    assert traffic.seconds_until_submit() > 0
    assert traffic.seconds_until_look() > 0


def test_faults_far_apart_open_nothing(traffic: Traffic, clock: HandClock) -> None:
    """Five faults over more than 30 s are bad luck."""
    fail(traffic, clock, 20, apart_seconds=8.0)
    assert not traffic.is_open


def test_an_answer_between_makes_the_count_begin_anew(traffic: Traffic, clock: HandClock) -> None:
    """Only faults in a row count."""
    fail(traffic, clock, 4)
    traffic.answered()
    fail(traffic, clock, 4)
    assert not traffic.is_open


def test_while_open_one_probe_is_due_every_fifteen_seconds(traffic: Traffic, clock: HandClock) -> None:
    """Not at once, and never two in a row; a failed one changes nothing, an answered one closes the breaker."""
    fail(traffic, clock, 5)
    assert not traffic.take_probe()
    clock.seconds += 15
    assert traffic.take_probe()
    assert not traffic.take_probe()
    traffic.failed()
    clock.seconds += 14.9
    assert not traffic.take_probe()
    clock.seconds += 0.1
    assert traffic.take_probe()
    traffic.answered()
    assert not traffic.is_open
    assert traffic.refusal(jobs_waiting=False) is None
    assert traffic.seconds_until_submit() == 0


def test_nothing_is_ever_paid_for_as_a_probe(traffic: Traffic, clock: HandClock) -> None:
    """However long the breaker has been open, a paid request waits until an answer has closed it."""
    fail(traffic, clock, 5)
    for _ in range(100):
        clock.seconds += 10
        assert traffic.seconds_until_submit() > 0


def test_faults_let_one_paid_request_go_at_a_time(traffic: Traffic, clock: HandClock) -> None:
    """Eight at once while all is well; after a fault one, until an answer comes or half a minute has passed."""
    assert traffic.submits_at_once == 8
    traffic.failed(paid=True)
    assert traffic.submits_at_once == 1
    traffic.answered()
    assert traffic.submits_at_once == 8
    traffic.failed()
    clock.seconds += 31
    assert traffic.submits_at_once == 8


def test_after_a_breakdown_one_paid_request_finds_out(traffic: Traffic, clock: HandClock) -> None:
    """The probe closes the breaker for one paid request; if that fails it opens at once, if it is taken all may go."""
    fail(traffic, clock, 5)
    traffic.answered()
    assert (traffic.is_open, traffic.submits_at_once) == (False, 1)
    traffic.failed()  # at a look
    traffic.answered()
    assert (traffic.is_open, traffic.submits_at_once) == (False, 1)
    traffic.failed(paid=True)
    assert traffic.is_open
    clock.seconds += 15
    assert traffic.take_probe()
    traffic.answered()
    traffic.account_works()
    assert (traffic.is_open, traffic.submits_at_once) == (False, 8)
    traffic.failed(paid=True)
    assert not traffic.is_open


def test_looks_are_bounded_by_the_rate(traffic: Traffic, clock: HandClock) -> None:
    """Over time no more looks go out than the rate allows, and a burst after silence is small."""
    assert looks_in(traffic, clock, 10.0) <= 10.0 * traffic.looks_per_second + traffic.looks_per_second + 1
    clock.seconds += 3_600
    burst = 0
    while traffic.seconds_until_look() == 0:
        burst += 1
    assert burst <= 1.0 * traffic.looks_per_second + 1


def test_a_provider_that_asks_for_less_gets_less(traffic: Traffic, clock: HandClock) -> None:
    """Each 429 makes looks rarer, down to one in five seconds; each answer a little more frequent, up to a bound."""
    before = traffic.looks_per_second
    traffic.slowed(None)
    assert traffic.looks_per_second == pytest.approx(before * 0.7)
    for _ in range(100):
        traffic.slowed(None)
    assert traffic.looks_per_second == pytest.approx(0.2)
    assert looks_in(traffic, clock, 100.0) <= 100 * 0.2 + 1
    for _ in range(10_000):
        traffic.answered()
    assert traffic.looks_per_second == pytest.approx(20.0)


@pytest.mark.parametrize(("bears_per_second", "refused_share"), [(50, 0.01), (10, 0.01), (5, 0.02)])
def test_a_provider_with_a_limit_is_rarely_asked_in_vain(
    traffic: Traffic, clock: HandClock, bears_per_second: int, refused_share: float
) -> None:
    """Ten thousand jobs want looks all the time: half a minute on, hardly any of them is answered with 429."""
    begun_at, window_at, asked = clock.seconds, 0, 0
    refused: list[bool] = []
    while clock.seconds < begun_at + 600:
        if (wait_seconds := traffic.seconds_until_look()) > 0:
            clock.seconds += wait_seconds
            continue
        if int(clock.seconds) != window_at:
            window_at, asked = int(clock.seconds), 0
        asked += 1
        too_many = asked > bears_per_second
        if too_many:
            traffic.slowed(None)
        else:
            traffic.answered()
        if clock.seconds >= begun_at + 30:
            refused.append(too_many)
    assert len(refused) >= min(bears_per_second, 20) * 0.5 * 570
    assert sum(refused) / len(refused) < refused_share


@pytest.mark.parametrize(("asked", "obeyed"), [(0.0, 1.0), (7.0, 7.0), (600.0, 600.0), (86_400.0, 600.0)])
def test_retry_after_is_obeyed_up_to_ten_minutes(
    traffic: Traffic, clock: HandClock, asked: float, obeyed: float
) -> None:
    """Looks and paid requests wait as long as the provider says, a second at least and ten minutes at most."""
    traffic.slowed(asked)
    assert traffic.seconds_until_submit() == pytest.approx(obeyed)
    assert traffic.seconds_until_look() == pytest.approx(obeyed)
    clock.seconds += obeyed
    assert traffic.seconds_until_submit() == 0


def test_a_shorter_pause_does_not_cut_a_longer_one(traffic: Traffic, clock: HandClock) -> None:
    """Of two pauses the one that ends later holds."""
    traffic.slowed(60.0)
    traffic.slowed(5.0)
    clock.seconds += 10
    assert traffic.seconds_until_submit() == pytest.approx(50.0)


def test_a_refused_key_rests_the_looks(traffic: Traffic, clock: HandClock) -> None:
    """After a 401 at a look, five minutes without looks; it says nothing about the breaker."""
    traffic.forbidden()
    assert traffic.seconds_until_look() == pytest.approx(300.0)
    assert not traffic.is_open
    clock.seconds += 300
    assert traffic.seconds_until_look() == 0


def test_an_account_in_trouble_is_tried_every_ten_minutes(traffic: Traffic, clock: HandClock) -> None:
    """Meanwhile nothing paid goes out and new commands are refused; looks go on."""
    traffic.account_refused(Cause.CREDIT)
    assert traffic.account_trouble is Cause.CREDIT
    assert traffic.refusal(jobs_waiting=False) == Refusal(Reason.ACCOUNT_PAUSED)
    assert traffic.seconds_until_submit() == pytest.approx(600.0)
    assert traffic.seconds_until_look() == 0
    clock.seconds += 600
    assert traffic.seconds_until_submit() == 0
    traffic.account_refused(Cause.CREDIT)
    assert traffic.seconds_until_submit() == pytest.approx(600.0)


def test_when_the_account_is_tried_a_new_command_may_be_the_one(traffic: Traffic, clock: HandClock) -> None:
    """After ten minutes a new command is taken if no job waits that would be tried; else that one goes first."""
    traffic.account_refused(Cause.CREDIT)
    clock.seconds += 600
    assert traffic.refusal(jobs_waiting=True) == Refusal(Reason.ACCOUNT_PAUSED)
    assert traffic.refusal(jobs_waiting=False) is None


def test_an_account_that_works_again_is_open_at_once(traffic: Traffic) -> None:
    """No trouble, no wait, no refusal."""
    traffic.account_refused(Cause.CREDIT)
    traffic.account_works()
    assert traffic.account_trouble is None
    assert traffic.seconds_until_submit() == 0
    assert traffic.refusal(jobs_waiting=True) is None
