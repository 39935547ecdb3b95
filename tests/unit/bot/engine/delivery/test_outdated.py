"""Which messages of a job are outdated: decided by the job and what it has said."""

import pytest

from bot.engine.delivery.outdated import find_outdated
from bot.jobs.model import Cause, ChannelId, Job, MessageId, Post, PostKind, PostState
from bot.jobs.states import ENDS, State
from tests.unit.bot.jobs.samples import a_job

KEPT_SINCE = 4_000.0


def post(job: Job, kind: PostKind, state: PostState = PostState.SENT) -> Post:
    return Post(job.id, kind, 1, state, ChannelId(7), MessageId(11))


def outdated(job: Job, *said: Post) -> list[PostKind]:
    return [one.kind for one in find_outdated(job, list(said), KEPT_SINCE)]


@pytest.mark.parametrize("state", [state for state in State if state not in (State.CANCELLED, State.STOPPED)])
@pytest.mark.parametrize("last", [PostKind.VIDEO, PostKind.FAILURE])
def test_a_card_goes_when_the_last_word_is_said(state: State, last: PostKind) -> None:
    """The card of an ended job goes once its video or notice is posted; not before, and not that of a running one."""
    job = a_job(state)
    card = post(job, PostKind.CARD)
    assert outdated(job, card) == outdated(job, card, post(job, last, PostState.DUE)) == []
    assert outdated(job, card, post(job, last)) == ([PostKind.CARD] if state in ENDS else [])


def test_a_cancelled_jobs_card_is_outdated_at_once() -> None:
    """It has no last word: its card is edited once more, without buttons."""
    job = a_job(State.CANCELLED)
    assert outdated(job, post(job, PostKind.CARD)) == [PostKind.CARD]


@pytest.mark.parametrize("state", [State.CANCELLED, State.STOPPED])
@pytest.mark.parametrize("ended_at", [KEPT_SINCE, KEPT_SINCE + 1])
def test_a_withheld_jobs_card_stays_as_long_as_its_video(ended_at: float, state: State) -> None:
    """Its **Post it** goes when the file goes; or with the card, when the video is posted after all.

    A stopped job's stays for as long, since its video may turn up.
    """
    job = a_job(state, withheld=True, ended_at=ended_at)
    assert outdated(job, post(job, PostKind.CARD)) == ([] if ended_at > KEPT_SINCE else [PostKind.CARD])


def test_a_refused_last_word_counts_as_said() -> None:
    """Where Discord takes no message any more, the card goes; a refused video has its notice still."""
    job = a_job(State.UNDELIVERABLE)
    card = post(job, PostKind.CARD)
    assert outdated(job, card, post(job, PostKind.FAILURE, PostState.REFUSED)) == [PostKind.CARD]
    assert outdated(job, card, post(job, PostKind.VIDEO, PostState.REFUSED)) == []


@pytest.mark.parametrize("kind", [PostKind.LATE, PostKind.SLOW, PostKind.UNSURE])
def test_other_notices_are_no_last_word(kind: PostKind) -> None:
    """That a job is late, slow or uncertain is not how it ended."""
    job = a_job(State.FAILED)
    assert outdated(job, post(job, PostKind.CARD), post(job, kind)) == []


def test_the_doubt_is_one_message() -> None:
    """D10: once the notice with the question is posted, the card goes; before, it stays."""
    job = a_job(State.UNCERTAIN)
    card = post(job, PostKind.CARD)
    assert outdated(job, card, post(job, PostKind.UNSURE, PostState.DUE)) == []
    assert outdated(job, card, post(job, PostKind.UNSURE)) == [PostKind.CARD]


@pytest.mark.parametrize("cause", [Cause.CONTENT, Cause.PROVIDER])
def test_after_a_private_refusal_no_notice_shows_the_prompt(cause: Cause) -> None:
    """The notices before the last one go with the card, once that one is posted."""
    job = a_job(State.REFUSED, cause=cause)
    said = [post(job, PostKind.CARD), post(job, PostKind.LATE), post(job, PostKind.UNSURE)]
    assert outdated(job, *said) == []
    telling = [PostKind.LATE, PostKind.UNSURE] if cause is Cause.CONTENT else []
    assert outdated(job, *said, post(job, PostKind.FAILURE)) == [PostKind.CARD, *telling]


def test_what_is_gone_is_not_outdated() -> None:
    """Only an existing card is deleted."""
    job = a_job(State.CANCELLED)
    assert outdated(job, post(job, PostKind.CARD, PostState.GONE), post(job, PostKind.CARD, PostState.DUE)) == []
