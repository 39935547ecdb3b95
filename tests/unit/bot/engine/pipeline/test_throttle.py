"""How much the provider may be asked: breaker, rate, pauses, an account in trouble."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.provider_account import Concerns
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.jobs.model import Cause, JobId, UserId
from bot.jobs.reasons import Reason, Refusal
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.senders import a_sender, open_breaker


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def throttle(clock: FakeClock) -> ProviderThrottle:
    return ProviderThrottle(clock)


def polls_in(throttle: ProviderThrottle, clock: FakeClock, seconds: float) -> int:
    """How many polls an eager caller gets in that time."""
    end, polls = clock.seconds + seconds, 0
    while (wait := throttle.seconds_until_poll()) <= end - clock.seconds:
        if wait:
            clock.seconds += wait
        else:
            polls += 1
    clock.seconds = end
    return polls


def test_at_first_all_is_open(throttle: ProviderThrottle) -> None:
    """Commands are taken, paid requests and polls go out, no probe is due."""
    assert throttle.refusal(UserId(1)) is None
    assert throttle.seconds_until_submit() == 0
    assert throttle.seconds_until_submit_of(UserId(1)) == 0
    assert throttle.seconds_until_poll() == 0
    assert throttle.submits_free == 8
    assert not throttle.is_open
    assert not throttle.take_probe()


# ── the breaker ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("paid", [False, True])
def test_faults_of_five_jobs_of_different_people_open_the_breaker(throttle: ProviderThrottle, *, paid: bool) -> None:
    """Then the provider counts as down: new commands are refused, and neither polls nor paid requests go out."""
    for user in (1, 2, 1, 2):
        throttle.failed(a_sender(user), paid=paid)
    assert not throttle.is_open
    throttle.failed(a_sender(3), paid=paid)
    assert throttle.is_open
    assert throttle.refusal(UserId(9)) == Refusal(Reason.PROVIDER_DOWN)
    assert throttle.seconds_until_submit() > 0
    assert throttle.seconds_until_poll() > 0


def test_one_persons_jobs_alone_open_nothing(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """However many of them fail, paid or not: others go on, as many at once as ever; a free request is asked for."""
    for _ in range(50):
        clock.seconds += 0.1
        throttle.failed(a_sender(1), paid=True)
        throttle.failed(a_sender(1))
    assert not throttle.is_open
    assert throttle.refusal(UserId(2)) is None
    assert (throttle.seconds_until_submit(), throttle.seconds_until_submit_of(UserId(2))) == (0, 0)
    assert (throttle.submits_free, throttle.seconds_until_poll()) == (8, 0)
    assert throttle.take_probe()
    throttle.probe_answered()
    assert not throttle.is_open


def test_a_jobs_repeats_are_one_sign(throttle: ProviderThrottle) -> None:
    """Three people's three jobs fail again and again: no five jobs did."""
    senders = [a_sender(user) for user in (1, 2, 3)]
    for _ in range(10):
        for sender in senders:
            throttle.failed(sender)
    assert not throttle.is_open


def test_a_free_request_that_fails_as_well_opens_the_breaker(throttle: ProviderThrottle) -> None:
    """One person's polls fail three times, and so does the free request: that is no job's doing."""
    sender = a_sender(1)
    throttle.failed(sender)
    throttle.failed(sender)
    assert not throttle.take_probe()
    throttle.failed(sender)
    assert throttle.take_probe()
    throttle.probe_failed()
    assert throttle.is_open


def test_a_free_request_that_fails_without_need_opens_nothing(throttle: ProviderThrottle) -> None:
    """The provider has answered since: what was asked for before says nothing any more."""
    for _ in range(3):
        throttle.failed(a_sender(1))
    assert throttle.take_probe()
    throttle.answered()
    throttle.probe_failed()
    assert not throttle.is_open


def test_faults_far_apart_open_nothing(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Five faults over more than 30 s are bad luck."""
    for user in range(20):
        clock.seconds += 8
        throttle.failed(a_sender(user))
    assert not throttle.is_open


def test_an_answer_between_restarts_the_count(throttle: ProviderThrottle) -> None:
    """Only faults in a row count."""
    for user in range(4):
        throttle.failed(a_sender(user))
    throttle.answered()
    for user in range(4):
        throttle.failed(a_sender(user))
    assert not throttle.is_open


def test_while_open_one_probe_is_due_every_fifteen_seconds(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Not at once, and never two in a row; a failed one changes nothing, an answered one closes the breaker."""
    open_breaker(throttle)
    assert not throttle.take_probe()
    clock.seconds += 15
    assert throttle.take_probe()
    assert not throttle.take_probe()
    throttle.probe_failed()
    clock.seconds += 14.9
    assert not throttle.take_probe()
    clock.seconds += 0.1
    assert throttle.take_probe()
    throttle.probe_answered()
    assert not throttle.is_open
    assert throttle.refusal(UserId(1)) is None
    assert throttle.seconds_until_submit() == 0


def test_nothing_is_ever_paid_for_as_a_probe(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """However long the breaker has been open, a paid request waits until an answer has closed it."""
    open_breaker(throttle)
    for _ in range(100):
        clock.seconds += 10
        assert throttle.seconds_until_submit() > 0


def test_faults_of_two_people_let_one_paid_request_go_at_a_time(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Until one is taken, or half a minute has passed; one that hangs holds up the next for ten seconds only."""
    for user in (1, 2):
        throttle.failed(a_sender(user), paid=True)
    assert throttle.submits_free == 1
    throttle.begin_submit(a_sender(3, "HANGS"))
    assert throttle.submits_free == 0
    clock.seconds += 11
    assert throttle.submits_free == 1
    throttle.end_submit(JobId("HANGS"))
    throttle.took_work(a_sender(3))
    assert throttle.submits_free == 8


def test_after_a_breakdown_one_paid_request_finds_out(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """The probe closes the breaker for one paid request; if that fails it opens at once, if it is taken all may go."""
    open_breaker(throttle)
    throttle.probe_answered()
    assert (throttle.is_open, throttle.submits_free) == (False, 1)
    throttle.failed(a_sender(1))  # at a poll
    throttle.answered()
    assert (throttle.is_open, throttle.submits_free) == (False, 1)
    throttle.failed(a_sender(1), paid=True)
    assert throttle.is_open
    clock.seconds += 15
    assert throttle.take_probe()
    throttle.probe_answered()
    throttle.took_work(a_sender(2))
    assert (throttle.is_open, throttle.submits_free) == (False, 8)
    throttle.failed(a_sender(1), paid=True)
    assert not throttle.is_open


def test_one_person_does_not_keep_a_breaker_open(throttle: ProviderThrottle) -> None:
    """After a breakdown the same person's second failure waits alone; the next one to find out is somebody else."""
    open_breaker(throttle)
    throttle.probe_answered()
    throttle.failed(a_sender(1), paid=True)
    assert throttle.is_open
    throttle.probe_answered()
    throttle.failed(a_sender(1), paid=True)
    assert not throttle.is_open
    assert (throttle.seconds_until_submit_of(UserId(1)) or 0) > 0
    assert (throttle.seconds_until_submit(), throttle.seconds_until_submit_of(UserId(2))) == (0, 0)


def test_a_person_whose_jobs_alone_fail_waits_longer_each_time(throttle: ProviderThrottle) -> None:
    """The first job's repeats are its own affair; each further job doubles the wait, up to five minutes."""
    first = a_sender(1)
    for _ in range(3):
        throttle.failed(first, paid=True)
    assert throttle.seconds_until_submit_of(UserId(1)) == 0
    waits: list[float] = []
    for _ in range(7):
        throttle.failed(a_sender(1), paid=True)
        waits.append(throttle.seconds_until_submit_of(UserId(1)) or 0.0)
    assert waits == pytest.approx([15, 30, 60, 120, 240, 300, 300])
    throttle.took_work(a_sender(1))
    throttle.failed(a_sender(1), paid=True)
    assert throttle.seconds_until_submit_of(UserId(1)) == pytest.approx(300), "a wait once begun is kept"


# ── one person's share ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("limit", "share"), [(60, 20), (30, 10), (10, 5), (5, 5), (1, 5)])
def test_one_person_gets_a_share_of_the_minute(clock: FakeClock, limit: int, share: int) -> None:
    """A third of the paid requests of a minute, or five; the others' share is left; a minute later they go on."""
    throttle = ProviderThrottle(clock, submits_per_minute=limit)
    for _ in range(share):
        assert throttle.seconds_until_submit_of(UserId(1)) == 0
        sender = a_sender(1)
        throttle.begin_submit(sender)
        throttle.end_submit(sender.job_id)
        clock.seconds += 1
    assert throttle.seconds_until_submit_of(UserId(1)) == pytest.approx(60 - share)
    assert throttle.seconds_until_submit_of(UserId(2)) == 0
    clock.seconds += 60 - share
    assert throttle.seconds_until_submit_of(UserId(1)) == 0


def test_one_person_has_four_paid_requests_under_way(throttle: ProviderThrottle) -> None:
    """Four that hang leave room for the others; after a failure it is one."""
    senders = [a_sender(1) for _ in range(4)]
    for sender in senders:
        assert throttle.seconds_until_submit_of(UserId(1)) == 0
        throttle.begin_submit(sender)
    assert throttle.seconds_until_submit_of(UserId(1)) is None
    assert (throttle.submits_free, throttle.seconds_until_submit_of(UserId(2))) == (4, 0)
    for sender in senders[:3]:
        throttle.end_submit(sender.job_id)
    throttle.failed(senders[0], paid=True)
    assert throttle.seconds_until_submit_of(UserId(1)) is None
    throttle.end_submit(senders[3].job_id)
    assert throttle.seconds_until_submit_of(UserId(1)) == 0


def test_nothing_is_remembered_of_people_who_are_gone(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """A thousand people sent and failed once: a while later only the latest are remembered."""
    for user in range(1_000):
        sender = a_sender(user)
        throttle.begin_submit(sender)
        throttle.failed(sender, paid=True)
        throttle.end_submit(sender.job_id)
    clock.seconds += 400
    throttle.begin_submit(a_sender(5_000))
    users = throttle.users
    assert len(users._sent_at) + len(users._held_until) + len(users._troubled) <= 2
    assert len(users._shares._spent) <= 1


# ── polls ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_polls_are_bounded_by_the_rate(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Over time no more polls go out than the rate allows, and a burst after silence is small."""
    per_second = throttle.poll_rate.per_second
    assert polls_in(throttle, clock, 10.0) <= 10.1 * per_second + 1
    clock.seconds += 3_600
    burst = 0
    while throttle.seconds_until_poll() == 0:
        burst += 1
    assert burst <= 0.1 * per_second + 1


def test_a_provider_that_asks_for_less_gets_less(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Each job's 429 makes polls rarer, at most once a second, down to one in five seconds; answers more frequent."""
    before = throttle.poll_rate.per_second
    sender = a_sender(1)
    for _ in range(10):
        throttle.poll_slowed(sender, None)
        clock.seconds += 1
    assert throttle.poll_rate.per_second == pytest.approx(before * 0.7), "a job's repeats are one sign"
    for _ in range(30):
        throttle.poll_slowed(a_sender(1), None)
        clock.seconds += 1
    assert throttle.poll_rate.per_second == pytest.approx(0.2)
    assert polls_in(throttle, clock, 100.0) <= 100 * 0.2 + 1
    for _ in range(20_000):
        clock.seconds += throttle.seconds_until_poll()
        throttle.answered()
    assert throttle.poll_rate.per_second == pytest.approx(200.0)


def test_one_persons_polls_set_no_ceiling(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """However many of them get a 429; the polls of a second person do."""
    for _ in range(20):
        throttle.answered()
        throttle.poll_slowed(a_sender(1), None)
        clock.seconds += 2
    assert throttle.poll_rate.ceiling is None
    throttle.answered()
    throttle.poll_slowed(a_sender(2), None)
    assert throttle.poll_rate.ceiling is not None


@pytest.mark.parametrize(("ceiling", "at_once"), [(None, 80), (1.0, 32), (40.0, 144), (200.0, 200)])
def test_as_many_polls_are_under_way_as_the_rate_needs(
    throttle: ProviderThrottle, ceiling: float | None, at_once: int
) -> None:
    """Enough for responses that take four seconds, never fewer than 32, and never more than there are connections."""
    if ceiling is not None:
        throttle.poll_rate.remember(ceiling)
    assert throttle.polls_at_once == at_once


@pytest.mark.parametrize(("bears_per_second", "refused_share"), [(50, 0.01), (10, 0.01), (5, 0.02)])
def test_a_provider_with_a_limit_is_rarely_asked_in_vain(
    throttle: ProviderThrottle, clock: FakeClock, bears_per_second: int, refused_share: float
) -> None:
    """Ten thousand jobs want polls all the time: half a minute on, hardly any of them is answered with 429."""
    begun_at, window_at, asked = clock.seconds, 0, 0
    refused: list[bool] = []
    while clock.seconds < begun_at + 600:
        if (wait_seconds := throttle.seconds_until_poll()) > 0:
            clock.seconds += wait_seconds
            continue
        if int(clock.seconds) != window_at:
            window_at, asked = int(clock.seconds), 0
        asked += 1
        too_many = asked > bears_per_second
        if too_many:
            throttle.poll_slowed(a_sender(1), None)
        else:
            throttle.answered()
        if clock.seconds >= begun_at + 30:
            refused.append(too_many)
    assert len(refused) >= bears_per_second * 0.7 * 570
    assert sum(refused) / len(refused) < refused_share


@pytest.mark.parametrize(("asked", "obeyed"), [(0.0, 1.0), (7.0, 7.0), (600.0, 600.0), (86_400.0, 600.0)])
def test_retry_after_of_polls_is_obeyed_up_to_ten_minutes(
    throttle: ProviderThrottle, asked: float, obeyed: float
) -> None:
    """One job's concerns that job alone; when another person's poll gets one, all polls wait, and creates don't."""
    throttle.poll_slowed(a_sender(1), asked)
    throttle.poll_slowed(a_sender(1), asked)
    assert throttle.seconds_until_poll() == 0
    throttle.poll_slowed(a_sender(2), asked)
    assert throttle.seconds_until_poll() == pytest.approx(obeyed)
    assert throttle.seconds_until_submit() == 0


def test_one_videos_refused_polls_stop_no_other(throttle: ProviderThrottle) -> None:
    """For any response to one video's poll the others' go on; a free request tests the key."""
    sender = a_sender(1)
    for _ in range(5):
        assert not throttle.forbidden(sender)
        assert not throttle.forbidden(a_sender(1))
    assert (throttle.seconds_until_poll(), throttle.seconds_until_submit()) == (0, 0)
    assert throttle.take_probe()
    throttle.probe_answered()
    assert throttle.seconds_until_poll() == 0
    assert not throttle.take_probe()


def test_another_persons_refused_poll_rests_the_polls_until_a_free_request_is_answered(
    throttle: ProviderThrottle, clock: FakeClock
) -> None:
    """Five minutes at most; it says nothing about the breaker, nor about paid requests."""
    assert not throttle.forbidden(a_sender(1))
    assert throttle.forbidden(a_sender(2))
    assert throttle.seconds_until_poll() == pytest.approx(300.0)
    assert (throttle.seconds_until_submit(), throttle.is_open) == (0, False)
    assert throttle.take_probe()
    throttle.probe_answered()
    assert throttle.seconds_until_poll() == 0
    assert not throttle.forbidden(a_sender(3))
    assert throttle.forbidden(a_sender(4))
    clock.seconds += 300
    assert throttle.seconds_until_poll() == 0


def test_an_answered_poll_between_shows_that_the_key_works(throttle: ProviderThrottle) -> None:
    """Two people's videos are refused, another's poll is answered between: each says something of itself only."""
    assert not throttle.forbidden(a_sender(1))
    throttle.answered()
    assert not throttle.forbidden(a_sender(2))


def test_a_free_request_that_is_refused_says_that_the_key_is(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Polls and paid requests wait, new commands are refused; every minute a free request finds out if it is over."""
    throttle.forbidden(a_sender(1))
    assert throttle.take_probe()
    assert throttle.probe_forbidden()
    assert throttle.seconds_until_poll() == pytest.approx(300.0)
    assert throttle.seconds_until_submit() == pytest.approx(600.0)
    assert throttle.refusal(UserId(2)) == Refusal(Reason.ACCOUNT_PAUSED)
    assert not throttle.take_probe()
    clock.seconds += 60
    assert throttle.take_probe()
    throttle.probe_answered()
    assert (throttle.seconds_until_poll(), throttle.seconds_until_submit()) == (0, 0)
    assert throttle.refusal(UserId(2)) is None


def test_a_free_request_that_is_refused_while_others_are_not_misleads(
    throttle: ProviderThrottle, clock: FakeClock
) -> None:
    """Some keys may not list videos: where anything else goes through with the key, the key is not refused."""
    throttle.answered()
    throttle.account_refused(a_sender(1), Cause.KEY)
    assert throttle.take_probe()
    assert not throttle.probe_forbidden()
    assert (throttle.seconds_until_submit(), throttle.refusal(UserId(2))) == (0, None)
    clock.seconds += 3_600
    throttle.account_refused(a_sender(1), Cause.KEY)
    assert throttle.take_probe()
    assert not throttle.probe_forbidden(), "once seen to mislead, it is not believed again"


# ── creates with a Retry-After ───────────────────────────────────────────────────────────────────────────────────────


def test_a_create_that_has_to_wait_delays_no_poll(throttle: ProviderThrottle) -> None:
    """Creates of two people get a `Retry-After` of two minutes: polls go on."""
    throttle.create_slowed(a_sender(1), 120.0)
    throttle.create_slowed(a_sender(2), 120.0)
    assert throttle.seconds_until_submit() == pytest.approx(120.0)
    assert throttle.seconds_until_poll() == 0


@pytest.mark.parametrize(("asked", "obeyed"), [(0.0, 1.0), (7.0, 7.0), (600.0, 600.0), (86_400.0, 600.0)])
def test_retry_after_of_creates_is_obeyed_up_to_ten_minutes(
    throttle: ProviderThrottle, asked: float, obeyed: float
) -> None:
    """The person of the create waits all of it; the others twenty seconds of it, until theirs gets one, too."""
    throttle.create_slowed(a_sender(1), asked)
    assert throttle.seconds_until_submit_of(UserId(1)) == pytest.approx(obeyed)
    assert throttle.seconds_until_submit() == pytest.approx(min(obeyed, 20.0))
    assert throttle.seconds_until_submit_of(UserId(2)) == 0
    throttle.create_slowed(a_sender(2), asked)
    assert throttle.seconds_until_submit() == pytest.approx(obeyed)


def test_one_person_holds_up_the_others_once(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Each create of a member gets a `Retry-After`, for an hour: the others wait for twenty seconds of it in all."""
    throttle.create_slowed(a_sender(1), 20.0)
    clock.seconds += 20
    assert throttle.seconds_until_submit() == 0
    throttle.took_work(a_sender(2))
    held = 0.0
    for _ in range(25):
        throttle.create_slowed(a_sender(1), 20.0)
        held += throttle.seconds_until_submit()
        assert throttle.submits_free == 8
        throttle.took_work(a_sender(2))
        clock.seconds += 20
    assert held == 0


def test_a_repeat_of_the_same_person_holds_up_no_other(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """No one else has sent anything since: a second hint of the same person counts like the first."""
    throttle.create_slowed(a_sender(1), 600.0)
    clock.seconds += 25
    throttle.create_slowed(a_sender(1), 600.0)
    assert throttle.seconds_until_submit() == 0


def test_after_a_hold_one_create_finds_out(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """One at a time until one is taken; then all may go, and a shorter hold does not cut a longer one."""
    throttle.create_slowed(a_sender(1), 60.0)
    throttle.create_slowed(a_sender(2), 60.0)
    throttle.create_slowed(a_sender(3), 5.0)
    clock.seconds += 10
    assert throttle.seconds_until_submit() == pytest.approx(50.0)
    clock.seconds += 50
    assert (throttle.seconds_until_submit(), throttle.submits_free) == (0, 1)
    throttle.begin_submit(a_sender(4, "FIRST"))
    assert throttle.submits_free == 0
    throttle.end_submit(JobId("FIRST"))
    throttle.took_work(a_sender(4))
    assert throttle.submits_free == 8


# ── the account ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_persons_refused_job_is_their_own_affair(throttle: ProviderThrottle) -> None:
    """Their others wait, and their new commands are refused; everybody else's are sent and taken."""
    assert throttle.account_refused(a_sender(1), Cause.CREDIT) is Concerns.JOB
    assert throttle.refusal(UserId(1)) == Refusal(Reason.ACCOUNT_PAUSED)
    assert throttle.seconds_until_submit_of(UserId(1)) == pytest.approx(600.0)
    assert throttle.refusal(UserId(2)) is None
    assert (throttle.seconds_until_submit(), throttle.seconds_until_submit_of(UserId(2))) == (0, 0)
    assert throttle.account.trouble is None


def test_a_second_persons_refused_job_pauses_the_account(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Nothing paid goes out for ten minutes and new commands are refused; polls go on; then one job is tried."""
    throttle.account_refused(a_sender(1), Cause.CREDIT)
    assert throttle.account_refused(a_sender(2), Cause.CREDIT) is Concerns.EVERYBODY
    assert throttle.account.trouble is Cause.CREDIT
    assert throttle.refusal(UserId(3)) == Refusal(Reason.ACCOUNT_PAUSED)
    assert throttle.seconds_until_submit() == pytest.approx(600.0)
    assert throttle.seconds_until_poll() == 0
    clock.seconds += 600
    assert (throttle.seconds_until_submit(), throttle.submits_free) == (0, 1)
    assert throttle.refusal(UserId(3)) is None, "a new command may be the one that is tried"
    assert throttle.account_refused(a_sender(1), Cause.CREDIT) is Concerns.EVERYBODY
    assert throttle.seconds_until_submit() == pytest.approx(600.0)


@pytest.mark.parametrize(("cause", "waits"), [(Cause.KEY, 60.0), (Cause.CREDIT, 600.0)])
def test_a_free_request_that_is_answered_shortens_a_pause_for_the_key(
    throttle: ProviderThrottle, cause: Cause, waits: float
) -> None:
    """Two people together pause the others for a minute at most; a free request says nothing about credit."""
    throttle.account_refused(a_sender(1), cause)
    throttle.account_refused(a_sender(2), cause)
    throttle.probe_answered()
    assert throttle.seconds_until_submit() == pytest.approx(waits)
    assert throttle.seconds_until_submit_of(UserId(1)) == pytest.approx(600.0)
    assert throttle.account.trouble is cause


def test_one_person_does_not_prolong_a_pause(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """Only the same person's jobs are refused from then on: the others are let in again."""
    throttle.account_refused(a_sender(1), Cause.KEY)
    throttle.account_refused(a_sender(2), Cause.KEY)
    for _ in range(2):
        clock.seconds += 601
        throttle.account_refused(a_sender(1), Cause.KEY)
    assert throttle.account.trouble is None
    assert throttle.refusal(UserId(3)) is None


def test_a_job_that_was_refused_twice_ends(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """While no other was; its person's others need not wait for it. For credit it waits on."""
    sender = a_sender(1, "TWICE")
    assert throttle.account_refused(sender, Cause.KEY, sure=False) is Concerns.JOB
    assert throttle.seconds_until_submit_of(UserId(1)) == 0, "it may be this very request"
    assert throttle.refusal(UserId(1)) is None
    clock.seconds += 60
    assert throttle.account_refused(sender, Cause.KEY, sure=False) is Concerns.JOB_ENDS
    assert throttle.seconds_until_submit_of(UserId(1)) == 0
    poor = a_sender(2)
    for _ in range(4):
        throttle.took_work(a_sender(3))
        assert throttle.account_refused(poor, Cause.CREDIT) is Concerns.JOB
        clock.seconds += 600


def test_a_second_job_of_the_same_person_lets_their_others_wait(throttle: ProviderThrottle) -> None:
    """The network before the provider refuses two of them: their rest waits for a minute, other people's jobs don't."""
    throttle.account_refused(a_sender(1), Cause.KEY, sure=False)
    throttle.account_refused(a_sender(1), Cause.KEY, sure=False)
    assert throttle.seconds_until_submit_of(UserId(1)) == pytest.approx(60.0)
    assert (throttle.seconds_until_submit(), throttle.refusal(UserId(1)), throttle.refusal(UserId(2))) == (
        0,
        None,
        None,
    )


def test_one_at_a_time_is_tried_of_a_person_whose_job_was_refused(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """After the wait one of theirs goes out; if it is taken, all of theirs may."""
    throttle.account_refused(a_sender(1), Cause.CREDIT)
    clock.seconds += 600
    throttle.begin_submit(a_sender(1, "TRIED"))
    assert throttle.seconds_until_submit_of(UserId(1)) is None
    throttle.end_submit(JobId("TRIED"))
    throttle.took_work(a_sender(1))
    assert throttle.seconds_until_submit_of(UserId(1)) == 0


@pytest.mark.parametrize("judged", [False, True])
def test_an_account_that_works_again_is_open_at_once(throttle: ProviderThrottle, *, judged: bool) -> None:
    """A job was taken, or refused for what it asked for: no trouble, no wait, no refusal."""
    throttle.account_refused(a_sender(1), Cause.CREDIT)
    throttle.account_refused(a_sender(2), Cause.CREDIT)
    (throttle.judged if judged else throttle.took_work)(a_sender(3))
    assert throttle.account.trouble is None
    assert throttle.seconds_until_submit() == 0
    for user in (1, 2, 3):
        assert throttle.refusal(UserId(user)) is None
        assert throttle.seconds_until_submit_of(UserId(user)) == 0


def test_a_refused_job_is_remembered_until_it_ends(throttle: ProviderThrottle) -> None:
    """So that its person's others are tried first; nothing is kept of ended ones."""
    sender = a_sender(1)
    throttle.account_refused(sender, Cause.KEY)
    assert throttle.account.times_refused(sender.job_id) == 1
    throttle.account.forget(sender.job_id)
    assert throttle.account.times_refused(sender.job_id) == 0


# ── anything at all ────────────────────────────────────────────────────────────────────────────────────────────────

_SIGNALS: dict[str, Callable[[ProviderThrottle, Sender], object]] = {
    "fault": lambda throttle, sender: throttle.failed(sender, paid=True),
    "poll fault": lambda throttle, sender: throttle.failed(sender),
    "busy": lambda throttle, sender: throttle.create_slowed(sender, 600.0),
    "busy without a time": lambda throttle, sender: throttle.create_slowed(sender, None),
    "busy poll": lambda throttle, sender: throttle.poll_slowed(sender, 600.0),
    "forbidden poll": lambda throttle, sender: throttle.forbidden(sender),
    "credit": lambda throttle, sender: throttle.account_refused(sender, Cause.CREDIT),
    "key": lambda throttle, sender: throttle.account_refused(sender, Cause.KEY),
    "firewall": lambda throttle, sender: throttle.account_refused(sender, Cause.KEY, sure=False),
    "refused": lambda throttle, sender: throttle.judged(sender),
}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(_SIGNALS)), st.integers(0, 5), st.sampled_from([0.125, 5.0, 70.0]))))
def test_one_persons_faults_delay_the_others_little(signals: list[tuple[str, int, float]]) -> None:
    """Any signals of one person's jobs, with free requests answered: another's command and create wait 20 s at most."""
    clock = FakeClock()
    throttle = ProviderThrottle(clock)
    for name, job, pause_seconds in signals:
        _SIGNALS[name](throttle, a_sender(1, f"HOSTILE{job}"))
        if throttle.take_probe():
            throttle.probe_answered()
        other = UserId(2)
        assert throttle.refusal(other) is None
        assert throttle.seconds_until_submit_of(other) == 0
        assert throttle.submits_free >= 1
        # The polls of all may get rarer, never stop.
        assert throttle.poll_rate.per_second >= 0.2
        assert throttle.seconds_until_submit() <= 20.0
        clock.seconds += pause_seconds


def test_the_people_who_are_held_are_known(throttle: ProviderThrottle, clock: FakeClock) -> None:
    """By a requested wait of their own, or by the account; until it is over."""
    throttle.create_slowed(a_sender(1), 30.0)
    throttle.account_refused(a_sender(2), Cause.CREDIT)
    assert throttle.users.held() == {UserId(1)}
    assert throttle.account.held() == {UserId(2)}
    clock.seconds += 700.0
    assert throttle.users.held() == throttle.account.held() == set()
