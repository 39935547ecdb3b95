"""Private videos: unknown to all but their requester, by every button, id, link and list."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.custom_ids import Action, ButtonId, MessageKind
from bot.jobs.model import Job, PostKind
from bot.jobs.reasons import Reason
from bot.jobs.tables import jobs, posts
from tests.simcord.test_rights_matrix import Caller, rows
from tests.simcord.world import SimWorld, private
from tests.wording import says

UNKNOWN_JOB = "ZZZZZZZZ"
PRESSES = [
    (MessageKind.VIDEO, Action.REMIX),
    (MessageKind.VIDEO, Action.AGAIN),
    (MessageKind.VIDEO, Action.DELETE),
    (MessageKind.FAILURE, Action.WHY),
    (MessageKind.LIST, Action.POST_IT),
    (MessageKind.CARD, Action.WITHHOLD),
]


async def in_dm(connection: AsyncConnection, job: Job, channel_id: int) -> None:
    """Store the finished video as one that was posted in that DM."""
    of_job = sa.update(jobs).where(jobs.c.id == job.id)
    await connection.execute(of_job.values(private=True, dm_channel_id=channel_id))
    await connection.execute(sa.update(posts).where(posts.c.job_id == job.id).values(channel_id=channel_id))


@pytest.fixture
async def video(world: SimWorld) -> Job:
    """Ada's private video of the server."""
    job = await world.delivered("a secret fox")
    await world.write(in_dm, job, world.ada.user.dm_channel.id)
    return await world.job(job)


@pytest.mark.slow
async def test_to_others_a_private_video_is_one_that_never_was(world: SimWorld, video: Job) -> None:
    """Every press and command of a stranger gets the same answer as for an unknown id, and changes nothing."""
    ben = Caller(world.ben, world.channel)
    (message,) = [post for post in await world.read(_posts_of, video) if post.kind == PostKind.VIDEO]
    link = f"https://discord.com/channels/@me/{message.channel_id}/{message.message_id}"
    before = rows(world)
    for kind, action in PRESSES:
        never, answer = [private(await ben.press(str(ButtonId(kind, action, one)))) for one in (UNKNOWN_JOB, video.id)]
        assert answer == never
        assert says(answer, Reason.VIDEO_UNKNOWN)
    for name, options in (("status", {}), ("remix", {"prompt": "at night"}), ("remix", {})):
        for named in (video.id, str(video.remote_id), link):
            assert says(private(await ben.slash(name, video=named, **options)), Reason.VIDEO_UNKNOWN)
    assert rows(world) == before


async def test_who_manages_the_server_sees_that_it_was_made(world: SimWorld, video: Job) -> None:
    """Who, when, with which model, and the end; neither prompt nor link, and they can do nothing with it."""
    mia = Caller(world.mia, world.channel)
    said = private(await mia.slash("status", video=video.id))
    assert world.ada.mention in said
    assert "secret" not in said
    assert str(video.origin.dm_channel_id) not in said
    before = rows(world)
    for kind, action in PRESSES:
        answer = private(await mia.press(str(ButtonId(kind, action, video.id))))
        assert says(answer, Reason.VIDEO_UNKNOWN, Reason.NOT_ALLOWED)
        assert "secret" not in answer
    assert rows(world) == before


async def _posts_of(connection: AsyncConnection, job: Job) -> list[sa.Row]:
    return list(await connection.execute(sa.select(posts).where(posts.c.job_id == job.id)))
