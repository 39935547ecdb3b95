"""What the card of a job says while nothing is paid for."""

from dataclasses import replace

import pytest

from bot.chat import cards
from bot.chat.custom_ids import Action
from bot.chat.views import JobView
from bot.jobs.model import Cause, Job
from bot.jobs.states import State
from tests.readers import ENGLISH


def paused(job: Job) -> JobView:
    return JobView(job, 1_001.0, queue_position=3, paused=True)


@pytest.mark.parametrize("waiting_for", [None, Cause.CREDIT, Cause.RATE, Cause.CONTENT])
def test_a_waiting_job_says_that_the_bot_is_paused(job: Job, waiting_for: Cause | None) -> None:
    """Paused in place of any other wait: nothing is charged, no place in a queue that doesn't move; Cancel stays."""
    message = cards.card(paused(replace(job, waiting_for=waiting_for)), ENGLISH)
    assert message.embed is not None
    assert message.embed.title == "Paused"
    assert "You aren't charged until then" in (message.embed.description or "")
    assert "Number" not in (message.embed.description or "")
    assert [button.id.action for button in message.buttons] == [Action.CANCEL]


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RENDERING, State.FETCHING, State.POSTING, State.UNCERTAIN])
def test_what_the_provider_has_goes_on_as_if_nothing_were(job: Job, state: State) -> None:
    """The card of a job that was sent is the same, paused or not."""
    sent = replace(job, state=state, submitted_at=1_000.5)
    assert cards.card(paused(sent), ENGLISH) == cards.card(replace(paused(sent), paused=False), ENGLISH)


def test_a_job_whose_person_rests_says_so(job: Job) -> None:
    """Held up because of what their videos came to, it reads neither like the queue nor like a busy provider."""
    card = cards.card(JobView(replace(job, waiting_for=Cause.CONTENT, not_before=1_600.0), 1_001.0), ENGLISH)
    assert card.embed is not None
    assert card.embed.title == "On hold for a few minutes"
    assert "Several of your videos failed or were blocked" in (card.embed.description or "")
