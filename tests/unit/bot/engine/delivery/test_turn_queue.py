"""Encodings in turns: one person's many delay another's by one at most, and nothing is left behind."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.delivery.turn_queue import TurnQueue
from bot.jobs.model import UserId

NOW = 100.0


def queue_of(*keys: tuple[str, int]) -> TurnQueue[tuple[str, int]]:
    """A queue with those keys, due one after the other; the first letter is the person."""
    queue = TurnQueue[tuple[str, int]](lambda key: UserId(ord(key[0])))
    for at, key in enumerate(keys):
        queue.put(key, float(at))
    return queue


def test_one_persons_many_let_anothers_first_pass() -> None:
    """Ten of one person's wait, then another's becomes due: it is the next one."""
    queue = queue_of(*(("a", number) for number in range(10)))
    assert queue.pop(NOW) == ("a", 0)
    queue.put(("b", 0), 50.0)
    assert [queue.pop(NOW) for _ in range(3)] == [("b", 0), ("a", 1), ("a", 2)]


def test_a_person_who_comes_back_waits_for_a_turn() -> None:
    """A second file of the same video is a turn of its own: with both waiting, they alternate."""
    queue = queue_of(("a", 0), ("a", 1), ("b", 0))
    taken = [queue.pop(NOW), queue.pop(NOW)]
    queue.put(("b", 0), NOW)
    assert [*taken, queue.pop(NOW), queue.pop(NOW)] == [("a", 0), ("b", 0), ("a", 1), ("b", 0)]


def test_what_is_not_due_waits() -> None:
    """Also if that person has had no turn yet."""
    queue = queue_of(("a", 0), ("a", 1))
    queue.put(("b", 0), NOW + 10.0)
    assert [queue.pop(NOW) for _ in range(3)] == [("a", 0), ("a", 1), None]
    assert queue.pause_seconds(NOW) == 10.0
    assert queue.pop(NOW + 10.0) == ("b", 0)


@given(st.lists(st.sampled_from("abcd"), max_size=30))
def test_between_two_turns_of_a_person_each_waiting_one_has_one(people: str) -> None:
    """In any mixture each key comes once, and no person has two turns while another one waits."""
    numbers = count()
    queue = queue_of(*((person, next(numbers)) for person in people))
    taken = [key for _ in people if (key := queue.pop(NOW)) is not None]
    assert sorted(taken) == sorted((person, number) for number, person in enumerate(people))
    for place, (person, _) in enumerate(taken):
        later = {other for other, _ in taken[place:]} - {person}
        until_next = [other for other, _ in taken[place + 1 :]]
        if person in until_next:
            assert later <= set(until_next[: until_next.index(person)])
    assert queue.pop(NOW) is None
