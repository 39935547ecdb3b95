"""How large a file may be in a server: a hint, and what Discord answered there."""

import random

import pytest

from bot.jobs.model import UserId
from bot.jobs.upload_limits import (
    DOUBTFUL_REFUSAL_SECONDS,
    MIB,
    REFUSAL_SECONDS,
    LearnedLimit,
    UploadLimit,
    after_acceptance,
    after_refusal,
    judge_limit,
)

NOW = 1_000_000_000.0
ANNA, BERT = UserId(1), UserId(2)


def test_what_lies_between_the_hint_and_twice_it_is_tried() -> None:
    """Nothing is known yet: up to the hint a file is expected to fit, up to twice it one is tried."""
    limit = judge_limit(LearnedLimit(), 10 * MIB, ANNA, NOW)
    assert limit == UploadLimit(10 * MIB, 20 * MIB)
    assert limit.takes(20 * MIB)
    assert not limit.takes(20 * MIB + 1)


def test_it_is_tried_once() -> None:
    """After a refusal above the hint no other file above the hint is tried, also no smaller one."""
    learned = after_refusal(LearnedLimit(), 10 * MIB, 19 * MIB, ANNA, NOW)
    assert judge_limit(learned, 10 * MIB, ANNA, NOW) == UploadLimit(10 * MIB, 10 * MIB)


def test_what_was_accepted_raises_the_hint() -> None:
    """An accepted file above the hint counts from then on, and what lies above it is tried in turn."""
    learned = after_acceptance(LearnedLimit(), 10 * MIB, 18 * MIB, NOW)
    assert judge_limit(learned, 10 * MIB, ANNA, NOW) == UploadLimit(18 * MIB, 36 * MIB)
    assert after_acceptance(learned, 10 * MIB, 17 * MIB, NOW + 1) is learned


def test_an_accepted_file_within_the_hint_says_nothing_new() -> None:
    """Most videos are small: their acceptance need not be stored."""
    assert after_acceptance(LearnedLimit(), 10 * MIB, 2 * MIB, NOW) == LearnedLimit()


def test_a_refusal_counts_for_some_weeks() -> None:
    """Boosts come: after four weeks the refused size is tried again."""
    learned = after_refusal(LearnedLimit(), 10 * MIB, 15 * MIB, ANNA, NOW)
    assert not judge_limit(learned, 10 * MIB, ANNA, NOW + REFUSAL_SECONDS).takes(15 * MIB)
    assert judge_limit(learned, 10 * MIB, ANNA, NOW + REFUSAL_SECONDS + 1).takes(15 * MIB)


def test_a_refusal_ends_when_the_server_is_boosted() -> None:
    """Discord's own number has risen since: what was refused then may fit now."""
    learned = after_refusal(LearnedLimit(), 10 * MIB, 15 * MIB, ANNA, NOW)
    assert judge_limit(learned, 50 * MIB, ANNA, NOW + 60) == UploadLimit(50 * MIB, 100 * MIB)
    # While the number isn't known, as before the gateway has sent the server, the refusal counts.
    assert not judge_limit(learned, None, ANNA, NOW + 60).takes(15 * MIB)


def test_boosts_that_went_are_learned_from_one_refusal() -> None:
    """What was accepted before and is refused now is accepted no more."""
    learned = after_acceptance(LearnedLimit(), 10 * MIB, 40 * MIB, NOW)
    learned = after_refusal(learned, 10 * MIB, 30 * MIB, ANNA, NOW + 60)
    assert judge_limit(learned, 10 * MIB, ANNA, NOW + 60) == UploadLimit(10 * MIB, 10 * MIB)


@pytest.mark.parametrize(
    ("refused_bytes", "safe_bytes"), [(60 * MIB, 50 * MIB), (30 * MIB, 25 * MIB), (10 * MIB, 5 * MIB), (1_000, 500)]
)
def test_less_than_the_hint_may_be_refused(refused_bytes: int, safe_bytes: int) -> None:
    """Discord takes less than it says: the next lower known limit counts, or half of what was refused."""
    learned = after_refusal(LearnedLimit(), 100 * MIB, refused_bytes, ANNA, NOW)
    assert judge_limit(learned, 100 * MIB, ANNA, NOW) == UploadLimit(safe_bytes, safe_bytes)


def test_a_refusal_of_less_than_the_hint_counts_for_a_day() -> None:
    """A proxy's 413 for a small file must not cost a server its quality for weeks."""
    learned = after_refusal(LearnedLimit(), 10 * MIB, 3 * MIB, ANNA, NOW)
    assert not judge_limit(learned, 10 * MIB, ANNA, NOW + DOUBTFUL_REFUSAL_SECONDS).takes(3 * MIB)
    assert judge_limit(learned, 10 * MIB, ANNA, NOW + DOUBTFUL_REFUSAL_SECONDS + 1).takes(3 * MIB)


def test_one_persons_small_file_says_nothing_about_others() -> None:
    """It is a fault on the way, or of that one file: the limit of all others stays, and so does what was accepted."""
    learned = after_acceptance(LearnedLimit(), 10 * MIB, 18 * MIB, NOW)
    for size_bytes in (3 * MIB, 2 * MIB):
        learned = after_refusal(learned, 10 * MIB, size_bytes, ANNA, NOW)
    assert judge_limit(learned, 10 * MIB, BERT, NOW) == UploadLimit(18 * MIB, 36 * MIB)
    assert judge_limit(learned, 10 * MIB, ANNA, NOW) == UploadLimit(1 * MIB, 1 * MIB)


@pytest.mark.parametrize("hint_bytes", [10 * MIB, None])
def test_a_boost_ends_a_doubt(hint_bytes: int | None) -> None:
    """Discord's number has risen: the file is tried again; the number of every server says nothing new."""
    learned = after_refusal(LearnedLimit(), hint_bytes, 3 * MIB, ANNA, NOW)
    assert not judge_limit(learned, 10 * MIB, ANNA, NOW).takes(3 * MIB)
    assert judge_limit(learned, 50 * MIB, ANNA, NOW) == UploadLimit(50 * MIB, 100 * MIB)


def test_another_persons_refusal_confirms_it_for_all() -> None:
    """The smaller of the two counts, for a day; a third person's still smaller one is doubted again."""
    cora = UserId(3)
    learned = after_refusal(LearnedLimit(), 50 * MIB, 30 * MIB, ANNA, NOW)
    learned = after_refusal(learned, 50 * MIB, 40 * MIB, BERT, NOW + 60)
    assert judge_limit(learned, 50 * MIB, cora, NOW + 60) == UploadLimit(25 * MIB, 25 * MIB)
    learned = after_refusal(learned, 50 * MIB, 8 * MIB, ANNA, NOW + 120)
    assert judge_limit(learned, 50 * MIB, cora, NOW + 120) == UploadLimit(25 * MIB, 25 * MIB)
    later = NOW + 120 + DOUBTFUL_REFUSAL_SECONDS + 1
    assert judge_limit(learned, 50 * MIB, ANNA, later) == UploadLimit(50 * MIB, 100 * MIB)


def test_a_doubted_refusal_of_yesterday_confirms_nothing() -> None:
    """Two faults on the way, with days between, are two doubts."""
    learned = after_refusal(LearnedLimit(), 10 * MIB, 3 * MIB, ANNA, NOW)
    learned = after_refusal(learned, 10 * MIB, 3 * MIB, BERT, NOW + DOUBTFUL_REFUSAL_SECONDS + 1)
    assert judge_limit(learned, 10 * MIB, ANNA, NOW + DOUBTFUL_REFUSAL_SECONDS + 1).takes(3 * MIB)


def test_a_refusal_while_discords_number_was_unknown_lasts_until_it_is_larger() -> None:
    """One file must not lower for weeks what the server takes by Discord's own number."""
    learned = after_refusal(LearnedLimit(), None, 30 * MIB, ANNA, NOW)
    assert not judge_limit(learned, None, BERT, NOW).takes(30 * MIB)
    assert judge_limit(learned, 10 * MIB, BERT, NOW) == UploadLimit(10 * MIB, 10 * MIB)
    assert judge_limit(learned, 50 * MIB, BERT, NOW) == UploadLimit(50 * MIB, 100 * MIB)


def test_an_acceptance_ends_a_doubt() -> None:
    """The same person's larger file is accepted."""
    learned = after_refusal(LearnedLimit(), 50 * MIB, 30 * MIB, ANNA, NOW)
    learned = after_acceptance(learned, 50 * MIB, 30 * MIB, NOW)
    assert judge_limit(learned, 50 * MIB, ANNA, NOW) == UploadLimit(50 * MIB, 100 * MIB)


def test_an_acceptance_ends_a_refusal_of_less() -> None:
    """The same size was refused before, and is accepted now."""
    learned = after_refusal(LearnedLimit(), 10 * MIB, 15 * MIB, ANNA, NOW)
    learned = after_acceptance(learned, 10 * MIB, 15 * MIB, NOW + 60)
    assert judge_limit(learned, 10 * MIB, ANNA, NOW + 60).safe_bytes == 15 * MIB


def test_an_expired_refusal_of_less_does_not_come_back() -> None:
    """A refusal under another boost level is replaced, not kept because it was of less."""
    learned = after_refusal(LearnedLimit(), 10 * MIB, 12 * MIB, ANNA, NOW)
    learned = after_refusal(learned, 50 * MIB, 60 * MIB, ANNA, NOW + 60)
    assert judge_limit(learned, 50 * MIB, ANNA, NOW + 60) == UploadLimit(50 * MIB, 50 * MIB)


@pytest.mark.parametrize("seed", range(20))
def test_no_size_is_refused_twice_while_nothing_changes(seed: int) -> None:
    """By any order of sizes: what is uploaded was never refused, and few are refused until the limit is known."""
    chance = random.Random(seed)
    true_limit = chance.choice([8, 10, 25, 50, 100]) * MIB
    hint_bytes = chance.choice([10, 50, 100]) * MIB
    learned, refused = LearnedLimit(), list[int]()
    for _ in range(200):
        size_bytes = chance.randrange(1, 120 * MIB)
        if not judge_limit(learned, hint_bytes, ANNA, NOW).takes(size_bytes):
            continue
        assert all(size_bytes < earlier for earlier in refused)
        if size_bytes <= true_limit:
            learned = after_acceptance(learned, hint_bytes, size_bytes, NOW)
        else:
            refused.append(size_bytes)
            learned = after_refusal(learned, hint_bytes, size_bytes, ANNA, NOW)
    assert len(refused) <= 6
