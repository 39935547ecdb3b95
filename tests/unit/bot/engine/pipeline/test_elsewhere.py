"""The address of the provider was changed while jobs waited: who is paid is who is asked for the video afterwards."""

from pathlib import Path
from types import SimpleNamespace

from bot.chat import words
from bot.jobs.model import Cause, Charged, PostKind, VideoRequest
from bot.jobs.states import State
from bot.jobs.store import posts
from bot.videos.provider_setup import Abilities
from tests.readers import ENGLISH
from tests.unit.bot.engine.scheduler_harness import a_scheduler_harness
from tests.unit.bot.engine.senders import a_sender
from tests.unit.bot.jobs.samples import a_picture
from tests.wording import Ending, says

ELSEWHERE = "https://old.test/v1"


async def test_a_job_belongs_to_the_provider_that_it_is_sent_to(tmp_path: Path) -> None:
    """One accepted before the change is sent to today's provider, and looked up there."""
    async with a_scheduler_harness(tmp_path) as harness:
        job = await harness.accept(provider=ELSEWHERE)
        harness.start()
        sent = await harness.is_in(job, State.RENDERING)
        assert (sent.provider, sent.remote_id) == (harness.videos.provider, "video_1")
        await harness.until(lambda: "video_1" in harness.api.polled, step_seconds=5.0)


async def test_a_remix_of_a_video_elsewhere_is_not_sent(tmp_path: Path) -> None:
    """Today's provider may have another video of that id: the remix ends, says why, and nothing was charged."""
    async with a_scheduler_harness(tmp_path) as harness:
        parent = await harness.accept(State.DELIVERED, provider=ELSEWHERE, remote_id="video_7", ended_at=1.0)
        job = await harness.accept(request=VideoRequest("more", parent_id=parent.id))
        harness.start()
        ended = await harness.is_in(job, State.FAILED)
        assert (ended.cause, ended.submitted_at, harness.api.paid) == (Cause.UNSUPPORTED, None, [])
        assert PostKind.FAILURE in [
            post.kind for post in await harness.database.read(posts.find_posts_of_jobs, [job.id])
        ]
        assert says(words.cause(ended, ENGLISH).cause, Ending.UNSUPPORTED)


async def test_a_remix_that_waits_while_its_provider_loses_the_ability_is_not_sent(tmp_path: Path) -> None:
    """The providers file was changed: the remix ends uncharged, and its notice leads to a video of its own."""
    async with a_scheduler_harness(tmp_path) as harness:
        parent = await harness.accept(State.DELIVERED, remote_id="video_7", ended_at=1.0)
        job = await harness.accept(request=VideoRequest("more", parent_id=parent.id))
        (provider,) = harness.providers
        object.__setattr__(provider, "abilities", Abilities(list=True))
        harness.start()
        ended = await harness.is_in(job, State.FAILED)
        assert (ended.cause, ended.charged, harness.api.paid) == (Cause.UNSUPPORTED, Charged.NO, [])
        assert says(words.cause(ended, ENGLISH).cause, Ending.UNSUPPORTED)


async def test_a_refusal_of_our_own_says_nothing_about_the_account(tmp_path: Path) -> None:
    """A job that wasn't sent proves nothing: an account that was refused stays refused until it is tried."""
    async with a_scheduler_harness(tmp_path) as harness:
        gone = SimpleNamespace(holds=lambda _: True, path=lambda _: tmp_path / "gone.png")
        harness.context.shelf = gone
        job = await harness.accept(pictures=(a_picture(),))
        harness.throttle.account_refused(a_sender(1), Cause.CREDIT)
        harness.throttle.account_refused(a_sender(2), Cause.CREDIT)
        harness.start()
        ended = await harness.is_in(job, State.REFUSED, step_seconds=30.0)
        assert ended.cause is Cause.INPUT
        assert harness.throttle.account.trouble is Cause.CREDIT
        assert harness.api.paid == []
