"""The attempts of a job in its details, and the states of providers for the owner."""

import pytest

from bot.chat.attempts import AttemptView, attempt_lines
from bot.chat.provider_states import Condition, ProviderState, provider_list
from bot.jobs.answers import Answer
from bot.jobs.model import Charged
from tests.readers import ENGLISH


def an_attempt(answer: Answer | None, provider: str = "main", charged: Charged = Charged.NO) -> AttemptView:
    return AttemptView(provider, 1_700_000_000.0, answer, charged)


def test_one_attempt_is_no_list() -> None:
    """Its end says all."""
    assert attempt_lines([], ENGLISH) == attempt_lines([an_attempt(Answer.TAKEN)], ENGLISH) == ()


@pytest.mark.parametrize("answer", [*Answer, None])
def test_each_answer_has_its_words(answer: Answer | None) -> None:
    """With the provider's name, in the order of the attempts, and whether each was charged."""
    attempts = (an_attempt(answer), an_attempt(Answer.TAKEN, "back*up", Charged.YES))
    first, second = attempt_lines(attempts, ENGLISH)
    assert first.startswith("1. ")
    assert "main" in first
    assert second.startswith("2. ")
    assert "back*up" not in second.replace("`back*up`", "")
    assert first.split(" · ")[2] != second.split(" · ")[2]


@pytest.mark.parametrize("condition", Condition)
def test_each_state_has_its_words(condition: Condition) -> None:
    """A line for each provider; times where they are known."""
    plain = provider_list([ProviderState("main", condition)], ENGLISH)
    timed = provider_list([ProviderState("main", condition, 1_700_000_000.0, 1_700_000_600.0)] * 2, ENGLISH)
    assert "main" in plain
    assert "<t:" not in plain
    assert [line.count("<t:") for line in timed.splitlines()] == [2, 2]
