"""Who may do what with a job: each line of the promise that is decided from facts alone."""

from dataclasses import replace

import pytest

from bot.jobs.model import Cause, ChannelId, Job, Place, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import (
    Asker,
    leaves_usable,
    may_control,
    may_inspect,
    may_post,
    may_request_again,
    may_retry,
    may_see,
    may_view,
)
from bot.jobs.states import ENDS, State
from tests.unit.bot.jobs.samples import (
    ANNA,
    BEN,
    DM,
    HERE,
    NEXT_DOOR,
    OTHER_DM,
    OTHER_SERVER,
    a_job,
    a_private_job,
)

NOT_ALLOWED = Refusal(Reason.NOT_ALLOWED)
UNKNOWN = Refusal(Reason.VIDEO_UNKNOWN)


@pytest.fixture
def job() -> Job:
    """Anna's finished video."""
    return a_job(State.DELIVERED)


@pytest.mark.parametrize("place", [HERE, NEXT_DOOR, OTHER_SERVER, DM])
def test_the_requester_controls_their_job_anywhere(job: Job, place: Place) -> None:
    """Cancel, Don't post, Retry and Delete are the requester's, wherever they press."""
    assert may_control(job, Asker(ANNA, place)) is None


def test_who_manages_messages_there_controls_the_job(job: Job) -> None:
    """So may people with Manage Messages in that channel."""
    assert may_control(job, Asker(BEN, HERE, manages_messages=True)) is None


@pytest.mark.parametrize(
    "asker",
    [
        Asker(BEN, HERE),
        Asker(BEN, HERE, manages_server=True),
        Asker(BEN, NEXT_DOOR, manages_messages=True, manages_server=True),
    ],
)
def test_others_do_not_control_a_job(job: Job, asker: Asker) -> None:
    """Other people who can see it are refused, also managers of messages somewhere else."""
    assert may_control(job, asker) == NOT_ALLOWED


@pytest.mark.parametrize(
    "asker",
    [
        Asker(BEN, NEXT_DOOR),
        Asker(BEN, NEXT_DOOR, manages_messages=True),
        Asker(BEN, OTHER_SERVER, manages_messages=True, manages_server=True),
        Asker(BEN, DM, manages_messages=True, manages_server=True),
    ],
)
def test_to_others_the_job_of_a_forged_button_is_unknown(job: Job, asker: Asker) -> None:
    """Where no button of the job can stand, a press says nothing of whether there is such a job."""
    assert may_control(job, asker) == UNKNOWN


@pytest.mark.parametrize(
    ("asker", "sees", "refused"),
    [
        (Asker(ANNA, DM), False, None),
        (Asker(BEN, HERE), True, None),
        (Asker(BEN, NEXT_DOOR), True, None),
        (Asker(BEN, NEXT_DOOR, manages_server=True), False, None),
        (Asker(BEN, NEXT_DOOR), False, Reason.VIDEO_UNKNOWN),
        (Asker(BEN, OTHER_SERVER, manages_server=True), True, Reason.VIDEO_UNKNOWN),
        (Asker(BEN, DM), True, Reason.VIDEO_UNKNOWN),
    ],
)
def test_details_are_for_all_who_can_see_the_video(job: Job, asker: Asker, sees: bool, refused: Reason | None) -> None:
    """In its own server; for its requester everywhere, and for managers of the server, who may see less of it."""
    found = may_inspect(job, asker, HERE, sees_channel=sees)
    assert (found and found.reason) == refused


def test_details_of_a_video_that_is_not_there_are_its_requesters() -> None:
    """One that was deleted or isn't finished is shown to those alone who may look at the job."""
    running, removed = a_job(State.RENDERING), a_job(State.DELIVERED, removed_at=1.0)
    assert may_inspect(running, Asker(ANNA, HERE), HERE, sees_channel=True) is None
    assert may_inspect(running, Asker(BEN, HERE), HERE, sees_channel=True) == Refusal(
        Reason.VIDEO_UNFINISHED, {"video": running.id}
    )
    assert may_inspect(removed, Asker(BEN, HERE), HERE, sees_channel=True) == Refusal(
        Reason.VIDEO_REMOVED, {"video": removed.id}
    )


def test_no_person_manages_messages_in_a_dm() -> None:
    """In a DM Discord reports every permission; only the requester counts."""
    job = a_job(State.DELIVERED, place=DM)
    assert may_control(job, Asker(BEN, DM, manages_messages=True)) == UNKNOWN


@pytest.mark.parametrize("place", [HERE, OTHER_SERVER, DM])
def test_the_requester_views_their_job_anywhere(job: Job, place: Place) -> None:
    """/status shows a person their own jobs, of all places."""
    assert may_view(job, Asker(ANNA, place)) is None


@pytest.mark.parametrize("place", [HERE, NEXT_DOOR])
def test_who_manages_the_server_views_any_job_of_it(job: Job, place: Place) -> None:
    """People who manage the server may look at any job of that server by id."""
    assert may_view(job, Asker(BEN, place, manages_server=True)) is None


@pytest.mark.parametrize(
    "asker",
    [
        Asker(BEN, HERE),
        Asker(BEN, HERE, manages_messages=True),
        Asker(BEN, OTHER_SERVER, manages_server=True),
        Asker(BEN, DM, manages_server=True),
    ],
)
def test_to_others_a_job_is_unknown(job: Job, asker: Asker) -> None:
    """Everybody else gets the answer of an unknown one."""
    assert may_view(job, asker) == UNKNOWN


def test_no_person_manages_a_dm() -> None:
    """A job of a DM is unknown to everybody but its requester, with any rights that Discord reports there."""
    job = a_job(State.DELIVERED, place=DM)
    assert may_view(job, Asker(BEN, DM, manages_server=True)) == UNKNOWN
    assert may_view(job, Asker(BEN, OTHER_DM, manages_server=True)) == UNKNOWN


def remix(
    job: Job, user_id: UserId = BEN, place: Place = HERE, *, sees: bool = True, shown_in: Place | None = None
) -> Refusal | None:
    shown_in = shown_in or job.origin.place
    return may_see(job, Asker(user_id, place), shown_in, sees_channel=sees)


@pytest.mark.parametrize("user_id", [ANNA, BEN])
@pytest.mark.parametrize("place", [HERE, NEXT_DOOR])
def test_anyone_remixes_what_they_can_see(job: Job, user_id: UserId, place: Place) -> None:
    """A finished video of this server whose channel the asker can see may be remixed by anyone, in any channel."""
    assert remix(job, user_id, place) is None


@pytest.mark.parametrize("user_id", [ANNA, BEN])
def test_what_cannot_be_seen_is_unknown(job: Job, user_id: UserId) -> None:
    """Of another server, of a channel the asker can't see, or of somebody's DM: like an unknown one."""
    assert remix(job, user_id, OTHER_SERVER) == UNKNOWN
    assert remix(job, user_id, DM) == UNKNOWN
    assert remix(job, user_id, NEXT_DOOR, sees=False) == UNKNOWN
    in_dm = a_job(State.DELIVERED, place=DM)
    assert remix(in_dm, user_id, HERE) == UNKNOWN
    assert remix(in_dm, user_id, OTHER_DM) == UNKNOWN


def test_a_video_of_a_dm_is_remixed_in_that_dm() -> None:
    """In their own DM a person remixes what was made there."""
    assert remix(a_job(State.DELIVERED, place=DM), ANNA, DM) is None


def test_a_video_that_came_by_dm_is_its_requesters_alone(job: Job) -> None:
    """Its channel took no message: its requester remixes it in the DM and in its server, others can't see it."""
    for place in (DM, HERE, NEXT_DOOR):
        assert remix(job, ANNA, place, sees=place == DM, shown_in=DM) is None
    assert remix(job, ANNA, OTHER_SERVER, sees=False, shown_in=DM) == UNKNOWN
    for place in (HERE, OTHER_DM, OTHER_SERVER):
        assert remix(job, BEN, place, sees=False, shown_in=DM) == UNKNOWN


def test_moderators_of_the_channel_above_control_a_video_of_its_thread() -> None:
    """The thread is gone and the video is in the channel above; in another channel they have no say."""
    moved = a_job(State.DELIVERED)
    moved = replace(moved, origin=replace(moved.origin, thread_of=NEXT_DOOR.channel_id))
    assert may_control(moved, Asker(BEN, NEXT_DOOR, manages_messages=True)) is None
    assert may_control(moved, Asker(BEN, NEXT_DOOR)) == Refusal(Reason.NOT_ALLOWED)
    elsewhere = Place(ChannelId(71), HERE.guild_id)
    assert may_control(moved, Asker(BEN, elsewhere, manages_messages=True)) == UNKNOWN


def test_a_deleted_video_is_not_remixed() -> None:
    """Delete forbids remixing."""
    removed = a_job(State.DELIVERED, removed_at=5.0)
    assert remix(removed, ANNA) == Refusal(Reason.VIDEO_REMOVED, {"video": removed.id})


@pytest.mark.parametrize("state", [state for state in State if state is not State.DELIVERED])
def test_an_unfinished_video_is_not_remixed(state: State) -> None:
    """Only a delivered video is finished."""
    unfinished = a_job(state)
    assert remix(unfinished) == Refusal(Reason.VIDEO_UNFINISHED, {"video": unfinished.id})


@pytest.mark.parametrize("state", [State.RENDERING, State.FAILED, State.DELIVERED])
def test_what_is_hidden_gives_nothing_away(state: State) -> None:
    """The answer doesn't reveal if a hidden video is finished, removed or foreign."""
    hidden = a_job(state, removed_at=5.0, provider="https://elsewhere.test/v1")
    assert remix(hidden, sees=False) == UNKNOWN


def test_what_may_be_done_with_a_job_by_its_state() -> None:
    """Retry after an end without a video, the question after an unknown outcome, posting what is kept."""
    jobs = [a_job(state) for state in State]
    assert {job.state for job in jobs if may_retry(job)} == {State.FAILED, State.REFUSED, State.LOST}
    assert {job.state for job in jobs if may_request_again(job)} == {State.UNCERTAIN, State.LOST}
    assert {job.state for job in jobs if may_post(job)} == {State.UNDELIVERABLE}
    withheld = {state for state in State if may_post(a_job(state, withheld=True))}
    assert withheld == {state for state in State if state not in ENDS} | {State.CANCELLED, State.UNDELIVERABLE}
    assert not may_post(a_job(State.UNDELIVERABLE, removed_at=1.0))


@pytest.mark.parametrize(("place", "refused"), [(HERE, None), (DM, None), (OTHER_SERVER, UNKNOWN), (OTHER_DM, UNKNOWN)])
def test_a_private_video_is_remixed_by_its_requester_in_its_server_and_its_dm(
    place: Place, refused: Refusal | None
) -> None:
    """Whether they see a channel doesn't matter: it is in none."""
    video = a_private_job(State.DELIVERED)
    assert may_see(video, Asker(ANNA, place), DM, sees_channel=place == DM) == refused


@pytest.mark.parametrize("place", [HERE, NEXT_DOOR, DM])
def test_a_private_video_is_unknown_to_all_others(place: Place) -> None:
    """Also to people who manage everything there, also if a caller believes that they see it."""
    manager = Asker(BEN, place, manages_messages=True, manages_server=True)
    for shown_in in (DM, place):
        video = a_private_job(State.DELIVERED)
        assert may_see(video, manager, shown_in, sees_channel=True) == UNKNOWN


@pytest.mark.parametrize("place", [HERE, DM, OTHER_SERVER])
def test_details_of_a_private_video_are_its_requesters(place: Place) -> None:
    """Everywhere; managers of its server learn that there is one, to all others it is unknown, seen or not."""
    video = a_private_job(State.DELIVERED)
    assert may_inspect(video, Asker(ANNA, place), DM, sees_channel=False) is None
    for shown_in in (DM, place):
        assert may_inspect(video, Asker(BEN, place), shown_in, sees_channel=True) == UNKNOWN
        manager = may_inspect(video, Asker(BEN, place, manages_server=True), shown_in, sees_channel=True)
        assert manager == (None if place == HERE else UNKNOWN)


def test_a_private_job_is_controlled_by_its_requester_alone() -> None:
    """Managing messages where it was requested is no right in a DM; managers of the server know that it exists."""
    job = a_private_job(State.RENDERING)
    assert may_control(job, Asker(ANNA, DM)) is None
    assert may_control(job, Asker(BEN, HERE, manages_messages=True)) == UNKNOWN
    assert may_control(job, Asker(BEN, HERE, manages_messages=True, manages_server=True)) == NOT_ALLOWED
    assert may_view(job, Asker(BEN, HERE, manages_server=True)) is None


def test_a_button_is_used_up_unless_its_job_came_to_nothing_for_free() -> None:
    """Cancelled before it was sent, or refused by the DM that it should have gone to."""
    assert leaves_usable(a_job(State.CANCELLED))
    assert not leaves_usable(a_job(State.CANCELLED, withheld=True))
    assert not leaves_usable(a_job(State.STOPPED, withheld=True))
    assert leaves_usable(a_private_job(State.FAILED, cause=Cause.PLACE))
    assert not leaves_usable(a_private_job(State.FAILED, cause=Cause.PROVIDER))
    assert not leaves_usable(a_job(State.FAILED, cause=Cause.PLACE))
