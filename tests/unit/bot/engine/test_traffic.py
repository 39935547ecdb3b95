"""How much the provider may be asked: breaker, rate, pauses, an account in trouble."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.account import Concerns
from bot.engine.signals import Sender
from bot.engine.traffic import Traffic
from bot.jobs.model import Cause, JobId, UserId
from bot.jobs.reasons import Reason, Refusal
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.senders import a_sender, open_breaker


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def traffic(clock: FakeClock) -> Traffic:
    return Traffic(clock)


def looks_in(traffic: Traffic, clock: FakeClock, seconds: float) -> int:
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
    assert traffic.refusal(UserId(1)) is None
    assert traffic.seconds_until_submit() == 0
    assert traffic.seconds_until_submit_of(UserId(1)) == 0
    assert traffic.seconds_until_look() == 0
    assert traffic.submits_free == 8
    assert not traffic.is_open
    assert not traffic.take_probe()


# ── the breaker ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("paid", [False, True])
def test_faults_of_five_jobs_of_different_people_open_the_breaker(traffic: Traffic, *, paid: bool) -> None:
    """Then the provider counts as down: new commands are refused, and neither looks nor paid requests go out."""
    for user in (1, 2, 1, 2):
        traffic.failed(a_sender(user), paid=paid)
    assert not traffic.is_open
    traffic.failed(a_sender(3), paid=paid)
    assert traffic.is_open
    assert traffic.refusal(UserId(9)) == Refusal(Reason.PROVIDER_DOWN)
    assert traffic.seconds_until_submit() > 0
    assert traffic.seconds_until_look() > 0


def test_one_persons_jobs_alone_open_nothing(traffic: Traffic, clock: FakeClock) -> None:
    """However many of them fail, paid or not: others go on, as many at once as ever; a free request is asked for."""
    for _ in range(50):
        clock.seconds += 0.1
        traffic.failed(a_sender(1), paid=True)
        traffic.failed(a_sender(1))
    assert not traffic.is_open
    assert traffic.refusal(UserId(2)) is None
    assert (traffic.seconds_until_submit(), traffic.seconds_until_submit_of(UserId(2))) == (0, 0)
    assert (traffic.submits_free, traffic.seconds_until_look()) == (8, 0)
    assert traffic.take_probe()
    traffic.probe_answered()
    assert not traffic.is_open


def test_a_jobs_repeats_are_one_sign(traffic: Traffic) -> None:
    """Three people's three jobs fail again and again: no five jobs did."""
    senders = [a_sender(user) for user in (1, 2, 3)]
    for _ in range(10):
        for sender in senders:
            traffic.failed(sender)
    assert not traffic.is_open


def test_a_free_request_that_fails_as_well_opens_the_breaker(traffic: Traffic) -> None:
    """One person's polls fail three times, and so does the free request: that is no job's doing."""
    sender = a_sender(1)
    traffic.failed(sender)
    traffic.failed(sender)
    assert not traffic.take_probe()
    traffic.failed(sender)
    assert traffic.take_probe()
    traffic.probe_failed()
    assert traffic.is_open


def test_a_free_request_that_fails_without_need_opens_nothing(traffic: Traffic) -> None:
    """The provider has answered since: what was asked for before says nothing any more."""
    for _ in range(3):
        traffic.failed(a_sender(1))
    assert traffic.take_probe()
    traffic.answered()
    traffic.probe_failed()
    assert not traffic.is_open


def test_faults_far_apart_open_nothing(traffic: Traffic, clock: FakeClock) -> None:
    """Five faults over more than 30 s are bad luck."""
    for user in range(20):
        clock.seconds += 8
        traffic.failed(a_sender(user))
    assert not traffic.is_open


def test_an_answer_between_makes_the_count_begin_anew(traffic: Traffic) -> None:
    """Only faults in a row count."""
    for user in range(4):
        traffic.failed(a_sender(user))
    traffic.answered()
    for user in range(4):
        traffic.failed(a_sender(user))
    assert not traffic.is_open


def test_while_open_one_probe_is_due_every_fifteen_seconds(traffic: Traffic, clock: FakeClock) -> None:
    """Not at once, and never two in a row; a failed one changes nothing, an answered one closes the breaker."""
    open_breaker(traffic)
    assert not traffic.take_probe()
    clock.seconds += 15
    assert traffic.take_probe()
    assert not traffic.take_probe()
    traffic.probe_failed()
    clock.seconds += 14.9
    assert not traffic.take_probe()
    clock.seconds += 0.1
    assert traffic.take_probe()
    traffic.probe_answered()
    assert not traffic.is_open
    assert traffic.refusal(UserId(1)) is None
    assert traffic.seconds_until_submit() == 0


def test_nothing_is_ever_paid_for_as_a_probe(traffic: Traffic, clock: FakeClock) -> None:
    """However long the breaker has been open, a paid request waits until an answer has closed it."""
    open_breaker(traffic)
    for _ in range(100):
        clock.seconds += 10
        assert traffic.seconds_until_submit() > 0


def test_faults_of_two_people_let_one_paid_request_go_at_a_time(traffic: Traffic, clock: FakeClock) -> None:
    """Until one is taken, or half a minute has passed; one that hangs holds up the next for ten seconds only."""
    for user in (1, 2):
        traffic.failed(a_sender(user), paid=True)
    assert traffic.submits_free == 1
    traffic.begin_submit(a_sender(3, "HANGS"))
    assert traffic.submits_free == 0
    clock.seconds += 11
    assert traffic.submits_free == 1
    traffic.end_submit(JobId("HANGS"))
    traffic.took_work(a_sender(3))
    assert traffic.submits_free == 8


def test_after_a_breakdown_one_paid_request_finds_out(traffic: Traffic, clock: FakeClock) -> None:
    """The probe closes the breaker for one paid request; if that fails it opens at once, if it is taken all may go."""
    open_breaker(traffic)
    traffic.probe_answered()
    assert (traffic.is_open, traffic.submits_free) == (False, 1)
    traffic.failed(a_sender(1))  # at a poll
    traffic.answered()
    assert (traffic.is_open, traffic.submits_free) == (False, 1)
    traffic.failed(a_sender(1), paid=True)
    assert traffic.is_open
    clock.seconds += 15
    assert traffic.take_probe()
    traffic.probe_answered()
    traffic.took_work(a_sender(2))
    assert (traffic.is_open, traffic.submits_free) == (False, 8)
    traffic.failed(a_sender(1), paid=True)
    assert not traffic.is_open


def test_one_person_does_not_keep_a_breaker_open(traffic: Traffic) -> None:
    """After a breakdown the same person's second failure waits alone; the next one to find out is somebody else."""
    open_breaker(traffic)
    traffic.probe_answered()
    traffic.failed(a_sender(1), paid=True)
    assert traffic.is_open
    traffic.probe_answered()
    traffic.failed(a_sender(1), paid=True)
    assert not traffic.is_open
    assert (traffic.seconds_until_submit_of(UserId(1)) or 0) > 0
    assert (traffic.seconds_until_submit(), traffic.seconds_until_submit_of(UserId(2))) == (0, 0)


def test_a_person_whose_jobs_alone_fail_waits_longer_each_time(traffic: Traffic) -> None:
    """The first job's repeats are its own affair; each further job doubles the wait, up to five minutes."""
    first = a_sender(1)
    for _ in range(3):
        traffic.failed(first, paid=True)
    assert traffic.seconds_until_submit_of(UserId(1)) == 0
    waits: list[float] = []
    for _ in range(7):
        traffic.failed(a_sender(1), paid=True)
        waits.append(traffic.seconds_until_submit_of(UserId(1)) or 0.0)
    assert waits == pytest.approx([15, 30, 60, 120, 240, 300, 300])
    traffic.took_work(a_sender(1))
    traffic.failed(a_sender(1), paid=True)
    assert traffic.seconds_until_submit_of(UserId(1)) == pytest.approx(300), "a wait once begun is kept"


# ── one person's share ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("limit", "share"), [(60, 20), (30, 10), (10, 5), (5, 5), (1, 5)])
def test_one_person_gets_a_share_of_the_minute(clock: FakeClock, limit: int, share: int) -> None:
    """A third of the paid requests of a minute, or five; the others' share is left; a minute later they go on."""
    traffic = Traffic(clock, submits_per_minute=limit)
    for _ in range(share):
        assert traffic.seconds_until_submit_of(UserId(1)) == 0
        sender = a_sender(1)
        traffic.begin_submit(sender)
        traffic.end_submit(sender.job_id)
        clock.seconds += 1
    assert traffic.seconds_until_submit_of(UserId(1)) == pytest.approx(60 - share)
    assert traffic.seconds_until_submit_of(UserId(2)) == 0
    clock.seconds += 60 - share
    assert traffic.seconds_until_submit_of(UserId(1)) == 0


def test_one_person_has_four_paid_requests_under_way(traffic: Traffic) -> None:
    """Four that hang leave room for the others; after a failure it is one."""
    senders = [a_sender(1) for _ in range(4)]
    for sender in senders:
        assert traffic.seconds_until_submit_of(UserId(1)) == 0
        traffic.begin_submit(sender)
    assert traffic.seconds_until_submit_of(UserId(1)) is None
    assert (traffic.submits_free, traffic.seconds_until_submit_of(UserId(2))) == (4, 0)
    for sender in senders[:3]:
        traffic.end_submit(sender.job_id)
    traffic.failed(senders[0], paid=True)
    assert traffic.seconds_until_submit_of(UserId(1)) is None
    traffic.end_submit(senders[3].job_id)
    assert traffic.seconds_until_submit_of(UserId(1)) == 0


def test_nothing_is_remembered_of_people_who_are_gone(traffic: Traffic, clock: FakeClock) -> None:
    """A thousand people sent and failed once: a while later only the latest are remembered."""
    for user in range(1_000):
        sender = a_sender(user)
        traffic.begin_submit(sender)
        traffic.failed(sender, paid=True)
        traffic.end_submit(sender.job_id)
    clock.seconds += 400
    traffic.begin_submit(a_sender(5_000))
    shares = traffic._shares
    assert len(shares._spent) + len(shares._held_until) + len(shares._troubled) <= 2


# ── polls ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_looks_are_bounded_by_the_rate(traffic: Traffic, clock: FakeClock) -> None:
    """Over time no more looks go out than the rate allows, and a burst after silence is small."""
    assert looks_in(traffic, clock, 10.0) <= 10.0 * traffic.looks_per_second + traffic.looks_per_second + 1
    clock.seconds += 3_600
    burst = 0
    while traffic.seconds_until_look() == 0:
        burst += 1
    assert burst <= 1.0 * traffic.looks_per_second + 1


def test_a_provider_that_asks_for_less_gets_less(traffic: Traffic, clock: FakeClock) -> None:
    """Each job's 429 makes polls rarer, down to one in five seconds; each answer a little more frequent again."""
    before = traffic.looks_per_second
    sender = a_sender(1)
    for _ in range(10):
        traffic.poll_slowed(sender, None)
    assert traffic.looks_per_second == pytest.approx(before * 0.7), "a job's repeats are one sign"
    for _ in range(100):
        traffic.poll_slowed(a_sender(1), None)
    assert traffic.looks_per_second == pytest.approx(0.2)
    assert looks_in(traffic, clock, 100.0) <= 100 * 0.2 + 1
    for _ in range(10_000):
        traffic.answered()
    assert traffic.looks_per_second == pytest.approx(20.0)


@pytest.mark.parametrize(("bears_per_second", "refused_share"), [(50, 0.01), (10, 0.01), (5, 0.02)])
def test_a_provider_with_a_limit_is_rarely_asked_in_vain(
    traffic: Traffic, clock: FakeClock, bears_per_second: int, refused_share: float
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
            traffic.poll_slowed(a_sender(1), None)
        else:
            traffic.answered()
        if clock.seconds >= begun_at + 30:
            refused.append(too_many)
    assert len(refused) >= min(bears_per_second, 20) * 0.5 * 570
    assert sum(refused) / len(refused) < refused_share


@pytest.mark.parametrize(("asked", "obeyed"), [(0.0, 1.0), (7.0, 7.0), (600.0, 600.0), (86_400.0, 600.0)])
def test_retry_after_of_polls_is_obeyed_up_to_ten_minutes(traffic: Traffic, asked: float, obeyed: float) -> None:
    """One job's is its own affair; when another person's poll is told so, too, all polls wait, and creates don't."""
    traffic.poll_slowed(a_sender(1), asked)
    traffic.poll_slowed(a_sender(1), asked)
    assert traffic.seconds_until_look() == 0
    traffic.poll_slowed(a_sender(2), asked)
    assert traffic.seconds_until_look() == pytest.approx(obeyed)
    assert traffic.seconds_until_submit() == 0


def test_one_videos_refused_polls_stop_no_other(traffic: Traffic) -> None:
    """Whatever one video's poll answers: the others' go on; a free request finds out about the key."""
    sender = a_sender(1)
    for _ in range(5):
        assert not traffic.forbidden(sender)
        assert not traffic.forbidden(a_sender(1))
    assert (traffic.seconds_until_look(), traffic.seconds_until_submit()) == (0, 0)
    assert traffic.take_probe()
    traffic.probe_answered()
    assert traffic.seconds_until_look() == 0
    assert not traffic.take_probe()


def test_another_persons_refused_poll_rests_the_polls_until_a_free_request_is_answered(
    traffic: Traffic, clock: FakeClock
) -> None:
    """Five minutes at most; it says nothing about the breaker, nor about paid requests."""
    assert not traffic.forbidden(a_sender(1))
    assert traffic.forbidden(a_sender(2))
    assert traffic.seconds_until_look() == pytest.approx(300.0)
    assert (traffic.seconds_until_submit(), traffic.is_open) == (0, False)
    assert traffic.take_probe()
    traffic.probe_answered()
    assert traffic.seconds_until_look() == 0
    assert not traffic.forbidden(a_sender(3))
    assert traffic.forbidden(a_sender(4))
    clock.seconds += 300
    assert traffic.seconds_until_look() == 0


def test_an_answered_poll_between_shows_that_the_key_works(traffic: Traffic) -> None:
    """Two people's videos are refused, another's poll is answered between: each says something of itself only."""
    assert not traffic.forbidden(a_sender(1))
    traffic.answered()
    assert not traffic.forbidden(a_sender(2))


def test_a_free_request_that_is_refused_says_that_the_key_is(traffic: Traffic, clock: FakeClock) -> None:
    """Polls and paid requests wait, new commands are refused; every minute a free request finds out if it is over."""
    traffic.forbidden(a_sender(1))
    assert traffic.take_probe()
    assert traffic.probe_forbidden()
    assert traffic.seconds_until_look() == pytest.approx(300.0)
    assert traffic.seconds_until_submit() == pytest.approx(600.0)
    assert traffic.refusal(UserId(2)) == Refusal(Reason.ACCOUNT_PAUSED)
    assert not traffic.take_probe()
    clock.seconds += 60
    assert traffic.take_probe()
    traffic.probe_answered()
    assert (traffic.seconds_until_look(), traffic.seconds_until_submit()) == (0, 0)
    assert traffic.refusal(UserId(2)) is None


def test_a_free_request_that_is_refused_while_others_are_not_misleads(traffic: Traffic, clock: FakeClock) -> None:
    """Some keys may not list videos: where anything else goes through with the key, the key is not refused."""
    traffic.answered()
    traffic.account_refused(a_sender(1), Cause.KEY)
    assert traffic.take_probe()
    assert not traffic.probe_forbidden()
    assert (traffic.seconds_until_submit(), traffic.refusal(UserId(2))) == (0, None)
    clock.seconds += 3_600
    traffic.account_refused(a_sender(1), Cause.KEY)
    assert traffic.take_probe()
    assert not traffic.probe_forbidden(), "once seen to mislead, it is not believed again"


# ── creates that are told to wait ──────────────────────────────────────────────────────────────────────────────────


def test_a_create_that_is_told_to_wait_delays_no_poll(traffic: Traffic) -> None:
    """Creates of two people are told to wait for two minutes: polls go on."""
    traffic.create_slowed(a_sender(1), 120.0)
    traffic.create_slowed(a_sender(2), 120.0)
    assert traffic.seconds_until_submit() == pytest.approx(120.0)
    assert traffic.seconds_until_look() == 0


@pytest.mark.parametrize(("asked", "obeyed"), [(0.0, 1.0), (7.0, 7.0), (600.0, 600.0), (86_400.0, 600.0)])
def test_retry_after_of_creates_is_obeyed_up_to_ten_minutes(traffic: Traffic, asked: float, obeyed: float) -> None:
    """The person whose create it was waits all of it; the others twenty seconds of it, until theirs is told so, too."""
    traffic.create_slowed(a_sender(1), asked)
    assert traffic.seconds_until_submit_of(UserId(1)) == pytest.approx(obeyed)
    assert traffic.seconds_until_submit() == pytest.approx(min(obeyed, 20.0))
    assert traffic.seconds_until_submit_of(UserId(2)) == 0
    traffic.create_slowed(a_sender(2), asked)
    assert traffic.seconds_until_submit() == pytest.approx(obeyed)


def test_one_person_holds_up_the_others_once(traffic: Traffic, clock: FakeClock) -> None:
    """Each create of a member is told to wait, for an hour: the others wait for twenty seconds of it in all."""
    traffic.create_slowed(a_sender(1), 20.0)
    clock.seconds += 20
    assert traffic.seconds_until_submit() == 0
    traffic.took_work(a_sender(2))
    held = 0.0
    for _ in range(25):
        traffic.create_slowed(a_sender(1), 20.0)
        held += traffic.seconds_until_submit()
        assert traffic.submits_free == 8
        traffic.took_work(a_sender(2))
        clock.seconds += 20
    assert held == 0


def test_a_repeat_of_the_same_person_holds_up_nobody_else(traffic: Traffic, clock: FakeClock) -> None:
    """Nobody else has sent anything since: a second hint of the same person is no more than the first."""
    traffic.create_slowed(a_sender(1), 600.0)
    clock.seconds += 25
    traffic.create_slowed(a_sender(1), 600.0)
    assert traffic.seconds_until_submit() == 0


def test_after_a_hold_one_create_finds_out(traffic: Traffic, clock: FakeClock) -> None:
    """One at a time until one is taken; then all may go, and a shorter hold does not cut a longer one."""
    traffic.create_slowed(a_sender(1), 60.0)
    traffic.create_slowed(a_sender(2), 60.0)
    traffic.create_slowed(a_sender(3), 5.0)
    clock.seconds += 10
    assert traffic.seconds_until_submit() == pytest.approx(50.0)
    clock.seconds += 50
    assert (traffic.seconds_until_submit(), traffic.submits_free) == (0, 1)
    traffic.begin_submit(a_sender(4, "FIRST"))
    assert traffic.submits_free == 0
    traffic.end_submit(JobId("FIRST"))
    traffic.took_work(a_sender(4))
    assert traffic.submits_free == 8


# ── the account ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_persons_refused_job_is_their_own_affair(traffic: Traffic) -> None:
    """Their others wait, and their new commands are refused; everybody else's are sent and taken."""
    assert traffic.account_refused(a_sender(1), Cause.CREDIT) is Concerns.JOB
    assert traffic.refusal(UserId(1)) == Refusal(Reason.ACCOUNT_PAUSED)
    assert traffic.seconds_until_submit_of(UserId(1)) == pytest.approx(600.0)
    assert traffic.refusal(UserId(2)) is None
    assert (traffic.seconds_until_submit(), traffic.seconds_until_submit_of(UserId(2))) == (0, 0)
    assert traffic.account_trouble is None


def test_a_second_persons_refused_job_pauses_the_account(traffic: Traffic, clock: FakeClock) -> None:
    """Nothing paid goes out for ten minutes and new commands are refused; polls go on; then one job is tried."""
    traffic.account_refused(a_sender(1), Cause.CREDIT)
    assert traffic.account_refused(a_sender(2), Cause.CREDIT) is Concerns.EVERYBODY
    assert traffic.account_trouble is Cause.CREDIT
    assert traffic.refusal(UserId(3)) == Refusal(Reason.ACCOUNT_PAUSED)
    assert traffic.seconds_until_submit() == pytest.approx(600.0)
    assert traffic.seconds_until_look() == 0
    clock.seconds += 600
    assert (traffic.seconds_until_submit(), traffic.submits_free) == (0, 1)
    assert traffic.refusal(UserId(3)) is None, "a new command may be the one that is tried"
    assert traffic.account_refused(a_sender(1), Cause.CREDIT) is Concerns.EVERYBODY
    assert traffic.seconds_until_submit() == pytest.approx(600.0)


@pytest.mark.parametrize(("cause", "waits"), [(Cause.KEY, 60.0), (Cause.CREDIT, 600.0)])
def test_a_free_request_that_is_answered_shortens_a_pause_for_the_key(
    traffic: Traffic, cause: Cause, waits: float
) -> None:
    """Two people together pause the others for a minute at most; a free request says nothing about credit."""
    traffic.account_refused(a_sender(1), cause)
    traffic.account_refused(a_sender(2), cause)
    traffic.probe_answered()
    assert traffic.seconds_until_submit() == pytest.approx(waits)
    assert traffic.seconds_until_submit_of(UserId(1)) == pytest.approx(600.0)
    assert traffic.account_trouble is cause


def test_one_person_does_not_prolong_a_pause(traffic: Traffic, clock: FakeClock) -> None:
    """Only the same person's jobs are refused from then on: the others are let in again."""
    traffic.account_refused(a_sender(1), Cause.KEY)
    traffic.account_refused(a_sender(2), Cause.KEY)
    for _ in range(2):
        clock.seconds += 601
        traffic.account_refused(a_sender(1), Cause.KEY)
    assert traffic.account_trouble is None
    assert traffic.refusal(UserId(3)) is None


def test_a_job_that_was_refused_twice_ends(traffic: Traffic, clock: FakeClock) -> None:
    """While no other was; its person's others need not wait for it. For credit it waits on."""
    sender = a_sender(1, "TWICE")
    assert traffic.account_refused(sender, Cause.KEY, sure=False) is Concerns.JOB
    assert traffic.seconds_until_submit_of(UserId(1)) == 0, "it may be this very request"
    assert traffic.refusal(UserId(1)) is None
    clock.seconds += 60
    assert traffic.account_refused(sender, Cause.KEY, sure=False) is Concerns.JOB_ENDS
    assert traffic.seconds_until_submit_of(UserId(1)) == 0
    poor = a_sender(2)
    for _ in range(4):
        traffic.took_work(a_sender(3))
        assert traffic.account_refused(poor, Cause.CREDIT) is Concerns.JOB
        clock.seconds += 600


def test_a_second_job_of_the_same_person_lets_their_others_wait(traffic: Traffic) -> None:
    """Something before the provider refuses two of them: the rest waits for a minute, and nobody else does."""
    traffic.account_refused(a_sender(1), Cause.KEY, sure=False)
    traffic.account_refused(a_sender(1), Cause.KEY, sure=False)
    assert traffic.seconds_until_submit_of(UserId(1)) == pytest.approx(60.0)
    assert (traffic.seconds_until_submit(), traffic.refusal(UserId(1)), traffic.refusal(UserId(2))) == (0, None, None)


def test_one_at_a_time_is_tried_of_a_person_whose_job_was_refused(traffic: Traffic, clock: FakeClock) -> None:
    """After the wait one of theirs goes out; if it is taken, all of theirs may."""
    traffic.account_refused(a_sender(1), Cause.CREDIT)
    clock.seconds += 600
    traffic.begin_submit(a_sender(1, "TRIED"))
    assert traffic.seconds_until_submit_of(UserId(1)) is None
    traffic.end_submit(JobId("TRIED"))
    traffic.took_work(a_sender(1))
    assert traffic.seconds_until_submit_of(UserId(1)) == 0


@pytest.mark.parametrize("judged", [False, True])
def test_an_account_that_works_again_is_open_at_once(traffic: Traffic, *, judged: bool) -> None:
    """A job was taken, or refused for what it asked for: no trouble, no wait, no refusal."""
    traffic.account_refused(a_sender(1), Cause.CREDIT)
    traffic.account_refused(a_sender(2), Cause.CREDIT)
    (traffic.judged if judged else traffic.took_work)(a_sender(3))
    assert traffic.account_trouble is None
    assert traffic.seconds_until_submit() == 0
    for user in (1, 2, 3):
        assert traffic.refusal(UserId(user)) is None
        assert traffic.seconds_until_submit_of(UserId(user)) == 0


def test_a_refused_job_is_remembered_until_it_ends(traffic: Traffic) -> None:
    """So that its person's others are tried first; nothing is kept of ended ones."""
    sender = a_sender(1)
    traffic.account_refused(sender, Cause.KEY)
    assert traffic.times_refused(sender.job_id) == 1
    traffic.forget(sender.job_id)
    assert traffic.times_refused(sender.job_id) == 0


# ── anything at all ────────────────────────────────────────────────────────────────────────────────────────────────

_SIGNALS: dict[str, Callable[[Traffic, Sender], object]] = {
    "fault": lambda traffic, sender: traffic.failed(sender, paid=True),
    "poll fault": lambda traffic, sender: traffic.failed(sender),
    "busy": lambda traffic, sender: traffic.create_slowed(sender, 600.0),
    "busy without a time": lambda traffic, sender: traffic.create_slowed(sender, None),
    "busy poll": lambda traffic, sender: traffic.poll_slowed(sender, 600.0),
    "forbidden poll": lambda traffic, sender: traffic.forbidden(sender),
    "credit": lambda traffic, sender: traffic.account_refused(sender, Cause.CREDIT),
    "key": lambda traffic, sender: traffic.account_refused(sender, Cause.KEY),
    "firewall": lambda traffic, sender: traffic.account_refused(sender, Cause.KEY, sure=False),
    "refused": lambda traffic, sender: traffic.judged(sender),
}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(_SIGNALS)), st.integers(0, 5), st.sampled_from([0.1, 5.0, 70.0]))))
def test_whatever_one_person_brings_about_delays_the_others_little(signals: list[tuple[str, int, float]]) -> None:
    """Any signals of one person's jobs, with free requests answered: another's command and create wait 20 s at most."""
    clock = FakeClock()
    traffic = Traffic(clock)
    for name, job, pause_seconds in signals:
        _SIGNALS[name](traffic, a_sender(1, f"HOSTILE{job}"))
        if traffic.take_probe():
            traffic.probe_answered()
        other = UserId(2)
        assert traffic.refusal(other) is None
        assert traffic.seconds_until_submit_of(other) == 0
        assert traffic.submits_free >= 1
        # The polls of all may get rarer, never stop.
        assert traffic.looks_per_second >= 0.2
        assert traffic.seconds_until_submit() <= 20.0
        clock.seconds += pause_seconds
