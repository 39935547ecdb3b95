"""Sentences that are said in several situations are true in each of them."""

import pytest

from bot.chat.words import Key, alert_sentence, refusal, say
from bot.jobs.alerts import AlertKind
from bot.jobs.reasons import Reason, Refusal
from tests.readers import ENGLISH


@pytest.mark.parametrize(
    ("said", "not_always_so"),
    [
        # A step that broke, or a row that can't be read, is tried again within the hour.
        (alert_sentence(AlertKind.STUCK, ENGLISH, {}), "until I am started again"),
        # That is unknown of an uncertain job.
        (say(Key.ANSWER_WITHHELD, ENGLISH, video="K3M9Q2XA", charge=""), "The provider already has it"),
        # A job of another provider than today's is not asked about.
        (say(Key.LATE, ENGLISH, user=42), "The provider is still at it"),
        # A picture that was not fetched, or somebody else's form.
        (refusal(Refusal(Reason.DRAFT_GONE), ENGLISH), "waited for too long"),
    ],
)
def test_nothing_is_said_that_is_so_only_sometimes(said: str, not_always_so: str) -> None:
    """What is true of some jobs only is not said of all."""
    assert not_always_so not in said
