"""When an alert, or its all-clear, may be posted: decided from what is stored."""

from dataclasses import replace

import pytest

from bot.jobs.alerts import (
    AlertKind,
    AlertState,
    Episode,
    Identity,
    Present,
    Verdict,
    is_forgotten,
    is_gone,
    judge_alert,
    judge_all_clear,
)

HOUR, DAY, NOW = 3_600.0, 86_400.0, 1_700_000_000.0
NEW = Episode(AlertKind.KEY, "main", NOW, NOW, "b")


def alive(*names: str):
    return lambda name: name in names


def before(seconds: float, **changes: object) -> Episode:
    """The same alert as another process posted it so many seconds ago."""
    at = NOW - seconds
    fields = {"began_at": at, "alerted_at": at, "process": "a", "state": AlertState.POSTED, "delivered": True} | changes
    return replace(NEW, **fields)


def test_the_first_is_posted_and_searched_for() -> None:
    """A version before may have posted it without storing that."""
    assert judge_alert(NEW, (), alive()) == Verdict(NEW, must_search=True)


@pytest.mark.parametrize(
    ("kind", "rest_seconds"), [(AlertKind.KEY, HOUR), (AlertKind.ROOM, HOUR), (AlertKind.SERVER_BUDGET, DAY)]
)
@pytest.mark.parametrize("state", [AlertState.POSTED, AlertState.OVER])
def test_the_same_rests(kind: AlertKind, rest_seconds: float, state: AlertState) -> None:
    """An hour, a ceiling a day, even if its cause was gone meanwhile; then it is posted again."""
    new = replace(NEW, kind=kind)
    rests = judge_alert(new, [before(rest_seconds - 10.0, kind=kind, state=state)], alive())
    assert (rests.episode, rests.wait_seconds) == (None, 10.0)
    assert judge_alert(new, [before(rest_seconds, kind=kind, state=state)], alive()).episode is not None
    others = [before(5.0, kind=kind, subject="other"), before(5.0, kind=AlertKind.TWICE)]
    assert judge_alert(new, others, alive()).episode == new


def test_a_reminder_belongs_to_the_same_episode() -> None:
    """So that the all-clear says how long it lasted in all."""
    known = before(2 * HOUR)
    assert judge_alert(NEW, [known], alive()).episode == replace(NEW, began_at=known.began_at, delivered=True)
    assert judge_alert(NEW, [replace(known, state=AlertState.OVER)], alive()).episode == NEW


def test_one_that_was_not_confirmed_is_taken_over_from_a_dead_process_alone() -> None:
    """A living process is at it; a dead one may have posted it, so it is searched for."""
    due = before(7.0, state=AlertState.DUE, delivered=False)
    assert judge_alert(NEW, [due], alive("a")).episode is None
    assert judge_alert(NEW, [due], alive()) == Verdict(replace(due, process="b"), must_search=True)
    assert judge_alert(NEW, [replace(due, process="b")], alive("b")).must_search


def test_many_subjects_of_one_kind_come_little_by_little() -> None:
    """Five an hour: the sixth is held until there is room, and isn't lost."""
    known = [before(60.0 * number, kind=AlertKind.SERVER_BUDGET, subject=str(number)) for number in range(5)]
    held = judge_alert(replace(NEW, kind=AlertKind.SERVER_BUDGET), known, alive())
    assert (held.episode, held.is_held, held.wait_seconds) == (None, True, HOUR - 240.0)
    later = replace(NEW, kind=AlertKind.SERVER_BUDGET, alerted_at=NOW + held.wait_seconds)
    assert judge_alert(later, known, alive()).episode == later


def test_of_stuck_videos_one_an_hour_is_named() -> None:
    """Each has its own all-clear, and a fault of ours may stop a hundred at once."""
    known = [before(60.0, kind=AlertKind.STUCK, subject="A")]
    assert judge_alert(replace(NEW, kind=AlertKind.STUCK, subject="B"), known, alive()).is_held


def test_what_goes_on_is_taken_over_from_a_dead_process_alone() -> None:
    """After a restart the cause may be met again within the hour: the all-clear is for the alert of before."""
    known = before(60.0)
    assert judge_alert(NEW, [known], alive()).lasts == known
    assert judge_alert(NEW, [known], alive("a")).lasts is None
    assert judge_alert(NEW, [replace(known, state=AlertState.OVER)], alive()).lasts is None


def test_one_process_posts_the_all_clear() -> None:
    """Not one whose alert another has ended; an unconfirmed one is taken over from a dead process alone."""
    ended = before(HOUR, process="b", over_at=NOW)
    ending = replace(ended, state=AlertState.ENDING)
    assert judge_all_clear(ended, None, alive()) == Verdict(ending)
    assert judge_all_clear(ended, ended, alive()) == Verdict(ending)
    assert judge_all_clear(ended, before(0.0, state=AlertState.OVER, over_at=NOW - 5.0), alive()) == Verdict()
    theirs = replace(ending, process="a")
    assert judge_all_clear(ended, theirs, alive("a")).episode is None
    assert judge_all_clear(ended, theirs, alive("a")).wait_seconds > 0
    assert judge_all_clear(ended, theirs, alive()) == Verdict(ending, must_search=True)


def test_an_earlier_episode_that_is_over_ends_no_later_one() -> None:
    """The cause came back, and was posted while the database could not be asked."""
    ended = before(HOUR, process="b", over_at=NOW)
    earlier = before(DAY, state=AlertState.OVER, over_at=NOW - 2 * HOUR)
    assert judge_all_clear(ended, earlier, alive()).episode is not None


def test_what_has_no_effect_is_forgotten() -> None:
    """What is over after its pause, what lasts after a week without another alert; a clock set back forgets nothing."""
    assert not is_forgotten(before(HOUR - 1.0, state=AlertState.OVER), NOW)
    assert is_forgotten(before(HOUR, state=AlertState.OVER), NOW)
    assert not is_forgotten(before(7 * DAY - 1.0), NOW)
    assert is_forgotten(before(7 * DAY), NOW)
    assert not is_forgotten(before(-HOUR), NOW)


def test_a_model_that_is_not_offered_any_more_is_gone() -> None:
    """With that provider; without any names in the settings it may be any model."""
    about = Identity(AlertKind.MODEL, "main sora-2")
    for models, expected in (({"main sora-2"}, False), ({"main veo"}, True), (set[str](), False)):
        present = Present({"main"}, models, is_shared=False, has_backups=True)
        assert is_gone(about, present) is expected


@pytest.mark.parametrize("kind", [AlertKind.STUCK, AlertKind.RESTORED, AlertKind.UNCERTAIN, AlertKind.TWICE])
def test_what_is_not_in_the_settings_is_never_gone(kind: AlertKind) -> None:
    """Its end is noticed by what happens."""
    present = Present((), {"main veo"}, is_shared=True, has_backups=False)
    assert not is_gone(Identity(kind, "subject"), present)
