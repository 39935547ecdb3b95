"""The life of a job, over all its paths."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.states import AT_PROVIDER, ENDS, TABLE, Announcement, Event, IllegalMoveError, Move, State, move

WAYS_OUT = {
    (State.UNDELIVERABLE, Event.POST_IT): State.FETCHING,
    (State.CANCELLED, Event.POST_IT): State.FETCHING,
    (State.LOST, Event.LINK): State.RENDERING,
    (State.STOPPED, Event.LINK): State.RENDERING,
}
STEPS_BACK = {(State.SUBMITTING, Event.POSTPONE), (State.POSTING, Event.REFETCH), *WAYS_OUT}
EVERY_PAIR = tuple(itertools.product(State, Event))


def leading_on(state: State) -> list[Event]:
    """What brings a job nearer to an end."""
    return [event for event in Event if (state, event) in TABLE and (state, event) not in STEPS_BACK]


@given(st.lists(st.integers(min_value=0, max_value=30), max_size=40))
def test_every_path_ends(choices: list[int]) -> None:
    """From every history, a job ends within one step per state once it only goes forward."""
    state = State.ACCEPTED
    for choice in choices:
        possible = [event for event in Event if (state, event) in TABLE]
        if not possible:
            break
        state = move(state, possible[choice % len(possible)]).state
    for choice in itertools.islice(itertools.cycle([*choices, 0]), len(State)):
        if state in ENDS:
            break
        forward = leading_on(state)
        state = move(state, forward[choice % len(forward)]).state
    assert state in ENDS


@pytest.mark.parametrize("state", [state for state in State if state not in ENDS])
def test_no_state_but_an_end_is_a_dead_end(state: State) -> None:
    """From every state that is no end something leads on."""
    assert leading_on(state)


def test_forward_moves_never_go_in_circles() -> None:
    """Without the steps back the moves have no cycle, so that progress is progress."""
    left = set(State)
    while left:
        leaves = {state for state in left if not any(move(state, event).state in left for event in leading_on(state))}
        assert leaves, f"a circle among {sorted(left)}"
        left -= leaves


def test_ends_absorb_but_for_the_listed_ways_out() -> None:
    """An end is left only by **Post it** and by a lost or stopped job that turned up."""
    left_by = {pair: target.state for pair, target in TABLE.items() if pair[0] in ENDS}
    assert left_by == WAYS_OUT


@pytest.mark.parametrize(("state", "event"), [pair for pair in EVERY_PAIR if pair not in TABLE])
def test_other_pairs_are_mistakes(state: State, event: Event) -> None:
    """What is not a row of the table raises, in one sentence that names both."""
    with pytest.raises(IllegalMoveError, match=f"'{event}'.*{state}"):
        move(state, event)


@pytest.mark.parametrize(("state", "event"), TABLE)
def test_rows_lead_where_they_say(state: State, event: Event) -> None:
    """`move` is the table."""
    assert move(state, event) == TABLE[state, event]


def test_every_state_and_event_is_used() -> None:
    """The table has no unused words: every state is reached, every event has a row."""
    assert {event for _state, event in TABLE} == set(Event)
    assert {target.state for target in TABLE.values()} == set(State)


def test_every_end_is_seen_by_the_requester() -> None:
    """An end that the person did not choose is said: by the video, or by a failure notice."""
    for (_state, event), target in TABLE.items():
        if target.state in ENDS and target.state not in {State.CANCELLED, State.STOPPED, State.DELIVERED}:
            assert target.announcement is Announcement.FAILURE, event
    assert {pair: target for pair, target in TABLE.items() if target.announcement is Announcement.VIDEO} == {
        (State.FETCHING, Event.FETCHED): Move(State.POSTING, Announcement.VIDEO)
    }
    assert [pair for pair, target in TABLE.items() if target.state is State.DELIVERED] == [
        (State.POSTING, Event.POSTED)
    ]
    assert move(State.SUBMITTING, Event.DOUBT).announcement is Announcement.UNSURE


def test_a_paid_request_begins_only_from_accepted() -> None:
    """Nothing but a waiting job is ever submitted; what is uncertain or rendering can never be sent again."""
    assert [state for (state, _event), target in TABLE.items() if target.state is State.SUBMITTING] == [State.ACCEPTED]
    assert [pair for pair, target in TABLE.items() if target.state is State.ACCEPTED] == [
        (State.SUBMITTING, Event.POSTPONE)
    ]
    assert {State.SUBMITTING, State.RENDERING} == AT_PROVIDER
