"""The due queue returns each key once, in the order in which keys are due."""

from bot.engine.due_queue import DueQueue


def test_keys_come_in_their_order_and_not_too_early() -> None:
    """A key is due at its moment, not before."""
    queue = DueQueue[str]()
    queue.put("b", 20.0)
    queue.put("a", 10.0)
    assert queue.first() == (10.0, "a")
    assert queue.pop(9.0) is None
    assert [queue.pop(20.0), queue.pop(20.0), queue.pop(20.0)] == ["a", "b", None]
    assert queue.first() is None


def test_a_key_that_is_put_again_has_its_new_moment_alone() -> None:
    """Earlier or later; None removes it."""
    queue = DueQueue[str]()
    queue.put("a", 10.0)
    queue.put("a", 30.0)
    queue.put("b", 20.0)
    queue.put("b", 20.0)
    assert (queue.due_at("a"), "a" in queue, queue.due_at("c"), "c" in queue) == (30.0, True, None, False)
    assert [queue.pop(25.0), queue.pop(25.0), queue.pop(30.0)] == ["b", None, "a"]
    queue.put("a", 1.0)
    queue.put("a", None)
    queue.drop("a")
    assert queue.pop(99.0) is None


def test_many_changes_keep_it_small_and_right() -> None:
    """Outdated entries are removed before there are more than of keys."""
    queue = DueQueue[int]()
    for turn in range(1_000):
        queue.put(turn % 3, float(1_000 - turn))
        assert len(queue._heap) <= 2 * 3 + 64  # pyright: ignore[reportPrivateUsage]  # its memory has no other sign
    assert [queue.pop(1_000.0) for _ in range(4)] == [0, 2, 1, None]


def test_the_pause_lasts_until_the_next_key() -> None:
    """At most a minute, and a minute as well without a key or with one that was left."""
    queue = DueQueue[str]()
    assert queue.pause_seconds(0.0) == 60.0
    queue.put("a", 100.0)
    assert [queue.pause_seconds(now) for now in (0.0, 70.0, 99.5, 100.0, 101.0)] == [60.0, 30.0, 0.5, 60.0, 60.0]
