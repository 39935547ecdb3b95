"""What follows a message that was posted, or that its place doesn't take."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.courier import Parcel, Refused
from bot.chat.custom_ids import Action, ButtonId, MessageKind
from bot.jobs.model import ChannelId, JobId, MessageId, PostKind, PostState
from bot.jobs.rungs import Rung
from bot.jobs.states import State
from bot.jobs.store import finding, posts
from bot.jobs.tables import posts as rows
from tests.unit.bot.engine.delivery.test_outbox import OutboxHarness, a_video, an_outbox_harness
from tests.unit.bot.engine.delivery.test_outbox_ladder import DM, opens_dms, the_video
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


async def test_a_posted_card_is_handed_on_with_its_id(outbox: OutboxHarness) -> None:
    """The card's updates need to know which message they edit, and what it shows."""
    job = a_job()
    await outbox.database.write(put, job)
    await outbox.database.write(posts.make_due, job, PostKind.CARD)
    await outbox.turn()
    ((post, shown, message),) = outbox.outbox._context.signals.posted_cards
    (parcel,) = [parcel for parcel in outbox.courier.parcels if job.id in parcel.nonce]
    assert (post.job_id, post.kind, shown, message) == (job.id, PostKind.CARD, job, parcel.message)
    assert post.message_id == MessageId(outbox.courier.parcels.index(parcel) + 1)


async def test_a_refused_notice_goes_to_the_requesters_dm(outbox: OutboxHarness) -> None:
    """Its channel takes no message: it is posted in the DM instead, once."""
    opens_dms(outbox)
    outbox.courier.fault = Refused(50001)
    await outbox.turn()
    redirected = await outbox.notice()
    assert (redirected.channel_id, redirected.state) == (DM, PostState.DUE)
    outbox.courier.fault = None
    await outbox.turn()
    assert (await outbox.notice()).state is PostState.SENT
    assert [parcel.channel_id for parcel in outbox.courier.parcels] == [outbox.job.origin.place.channel_id, DM]


async def test_the_file_that_ffmpeg_made_is_posted(outbox: OutboxHarness) -> None:
    """It is the one that fits; the video itself is too large here."""
    made = {"fit_step": Rung.FIT, "fitted_sha256": "b" * 64, "fitted_bytes": 9_000}
    job = await a_video(outbox, **made)
    await outbox.turn()
    (parcel,) = [parcel for parcel in outbox.courier.parcels if job.id in parcel.nonce]
    assert (parcel.file, parcel.file_name) == (Path(job.fitted_name), job.video_name)
    assert (await the_video(outbox, job)).state is PostState.SENT


async def test_after_a_restore_the_jobs_last_message_is_looked_for(outbox: OutboxHarness) -> None:
    """The failure's own notice first, then its video: with that the job had ended differently."""
    outbox.outbox._context.signals.searched_until = outbox.job.accepted_at
    asked: list[Callable[[str], bool]] = []

    async def find(_channel: ChannelId, _after: MessageId, is_ours: Callable[[str], bool]) -> None:
        asked.append(is_ours)

    outbox.courier.find = find  # pyright: ignore[reportAttributeAccessIssue]
    await outbox.turn()
    buttons = {
        "its video": str(ButtonId(MessageKind.VIDEO, Action.REMIX, outbox.job.id)),
        "another's": str(ButtonId(MessageKind.VIDEO, Action.REMIX, JobId("0THER000"))),
    }
    assert len(asked) == 2
    assert {name: asked[1](custom_id) for name, custom_id in buttons.items()} == {"its video": True, "another's": False}


async def test_a_video_that_another_process_posts_is_left_to_it(outbox: OutboxHarness) -> None:
    """It took the message over while Discord's answer was on its way: it alone stores the end."""
    job = await a_video(outbox, video_bytes=1_000)

    async def take_over(connection: AsyncConnection) -> None:
        await connection.execute(sa.update(rows).where(rows.c.job_id == job.id).values(owner="another"))

    async def post(parcel: Parcel) -> MessageId:
        if job.id in parcel.nonce:
            await outbox.database.write(take_over)
        return MessageId(1)

    outbox.courier.post = post  # pyright: ignore[reportAttributeAccessIssue]
    await outbox.turn()
    left = await outbox.database.read(finding.get, job.id)
    assert left is not None
    assert left.state is State.POSTING
