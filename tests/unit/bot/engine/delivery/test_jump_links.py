"""Where /status leads people."""

from dataclasses import replace

import pytest

from bot.engine.requests.lookup import _MESSAGE_LINK, jump_link
from bot.jobs.model import ChannelId, JobId, MessageId, Post, PostKind, PostState
from tests.unit.bot.jobs.samples import DM, HERE, NEXT_DOOR, a_job

JOB, OTHER = JobId("K3M9Q2XA"), JobId("K3M9Q2XB")
IN_SERVER, IN_DM = a_job(place=HERE).origin, a_job(place=DM).origin


def said(
    kind: PostKind,
    message_id: int | None = 5,
    *,
    job_id: JobId = JOB,
    state: PostState = PostState.SENT,
    channel_id: ChannelId = HERE.channel_id,
) -> Post:
    return Post(job_id, kind, 1, state, channel_id, None if message_id is None else MessageId(message_id))


def test_the_video_comes_before_notices_and_the_card() -> None:
    """A link leads to the video, else to the notice, else to the card."""
    everything = [said(kind, number) for number, kind in enumerate(PostKind, start=100)]
    for kind in (PostKind.VIDEO, PostKind.FAILURE, PostKind.UNSURE, PostKind.CARD, PostKind.BATCH):
        (expected,) = [post for post in everything if post.kind is kind]
        assert jump_link(IN_SERVER, JOB, everything) == f"https://discord.com/channels/8/7/{expected.message_id}"
        everything.remove(expected)
    assert jump_link(IN_SERVER, JOB, everything) is None


@pytest.mark.parametrize("state", [state for state in PostState if state is not PostState.SENT])
def test_only_messages_that_stand_are_linked(state: PostState) -> None:
    """Not what is due, on its way, refused or taken back, nor what has no message."""
    assert jump_link(IN_SERVER, JOB, [said(PostKind.VIDEO, state=state)]) is None
    assert jump_link(IN_SERVER, JOB, [said(PostKind.VIDEO, None)]) is None


def test_another_jobs_messages_are_not_linked() -> None:
    """Each job has its own."""
    assert jump_link(IN_SERVER, JOB, [said(PostKind.VIDEO, job_id=OTHER)]) is None


def test_a_message_in_a_dm_is_linked_there() -> None:
    """Of a job of a DM, and of a notice that had to go to the requester's DM."""
    in_dm = said(PostKind.VIDEO, channel_id=DM.channel_id)
    assert jump_link(IN_DM, JOB, [in_dm]) == "https://discord.com/channels/@me/72/5"
    redirected = said(PostKind.FAILURE, channel_id=ChannelId(500))
    assert jump_link(IN_SERVER, JOB, [redirected]) == "https://discord.com/channels/@me/500/5"


def test_a_video_in_the_channel_above_its_thread_is_linked_there() -> None:
    """The thread is gone, and the channel above is in the same server."""
    origin = replace(IN_SERVER, thread_of=NEXT_DOOR.channel_id)
    assert jump_link(origin, JOB, [said(PostKind.VIDEO, channel_id=NEXT_DOOR.channel_id)]) == (
        "https://discord.com/channels/8/70/5"
    )


def test_our_links_are_understood_when_typed() -> None:
    """What /status shows can be given to /remix."""
    for origin in (IN_SERVER, IN_DM):
        link = jump_link(origin, JOB, [said(PostKind.VIDEO, channel_id=origin.place.channel_id)])
        assert link is not None
        found = _MESSAGE_LINK.fullmatch(link)
        assert found is not None
        assert found["message"] == "5"


@pytest.mark.parametrize(
    "link",
    [
        "https://discord.com/channels/8/7/5",
        "http://discord.com/channels/8/7/5",
        "<https://discord.com/channels/8/7/5>",
        "https://ptb.discord.com/channels/8/7/5/",
        "https://canary.discordapp.com/channels/@me/7/5",
    ],
)
def test_links_as_people_copy_them(link: str) -> None:
    """From every kind of client."""
    found = _MESSAGE_LINK.fullmatch(link)
    assert found is not None
    assert found["message"] == "5"


@pytest.mark.parametrize(
    "text",
    [
        "https://discord.com/channels/8/7",
        "https://evil.test/channels/8/7/5",
        "https://discord.com.evil.test/channels/8/7/5",
        "https://discord.com/channels/8/7/5/6",
        "https://discord.com/channels/8/7/x",
        "https://discord.com/channels/8/7/9999999999999999999",
        "https://discord.com/channels/8/7/٥",
        "see https://discord.com/channels/8/7/5",
    ],
)
def test_other_texts_are_no_message_links(text: str) -> None:
    """They are looked up as ids, and found unknown."""
    assert _MESSAGE_LINK.fullmatch(text) is None
