"""No silence for any behaviour of the provider: no credit, too busy, away, forgetful, or slow to deliver."""

from urllib.parse import urlsplit

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Message
from sandbox.studio import Fault, Request
from tests.e2e import inspection
from tests.e2e.messages import (
    actions,
    cards_settled,
    ever_posted,
    of_kind,
    press,
    time_passes_until,
    wait_card,
    wait_kind,
)
from tests.e2e.scene import Scene
from tests.wording import Ending, says

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_QUOTA = {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota", "type": "x"}}


def creates(scene: Scene, prompt: str) -> list[Request]:
    """The paid requests for that prompt, with any outcome."""
    return [one for one in scene.studio.requests if one.operation == "create" and one.fields.get("prompt") == prompt]


async def asked(scene: Scene, prompt: str) -> Message:
    """Ask for a video once the faults of earlier tests are past, and wait for the card."""
    scene.stage.jump(900)
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    return await wait_card(scene.chat, scene.channel, prompt)


@pytest.mark.parametrize("fault", [Fault.status(402), Fault.status(429, json=NO_QUOTA)])
async def test_without_credit_jobs_wait_and_new_ones_are_refused(scene: Scene, fault: Fault) -> None:
    """One person's job waits and says so; when another's is refused, too, new commands are; with credit both go on."""
    prompt = f"On credit {fault.status_code}"
    bob, cleo = scene.join("Bob"), scene.join("Cleo")
    scene.studio.faults.add("create", fault, times=2)
    card = await asked(scene, prompt)
    await time_passes_until(scene.stage, lambda: says(card.text, Key.WAITING_CREDIT))
    assert actions(card) == [Action.CANCEL]
    own = await (await scene.ada.slash(scene.channel, "video", prompt="One more of Ada's")).wait_state("message")
    assert says(own.content, Reason.ACCOUNT_PAUSED)
    # It may have been Ada's request alone.
    await (await bob.slash(scene.channel, "video", prompt=f"Bob's {prompt}")).wait_state("deleted")
    second_card = await wait_card(scene.chat, scene.channel, lambda m: f"Bob's {prompt}" in m.text)
    await time_passes_until(scene.stage, lambda: says(second_card.text, Key.WAITING_CREDIT))
    refused = await (await cleo.slash(scene.channel, "video", prompt="Somebody else's")).wait_state("message")
    assert refused.ephemeral
    assert says(refused.content, Reason.ACCOUNT_PAUSED)
    scene.stage.jump(500)
    assert len(creates(scene, prompt)) == 1
    await time_passes_until(scene.stage, lambda: len(of_kind(scene.channel, "video")) == 2, step_seconds=60)
    first, second = creates(scene, prompt)
    assert second.at - first.at >= 600
    assert [scene.studio.paid(one) for one in (prompt, f"Bob's {prompt}", "Somebody else's")] == [1, 1, 0]
    assert await scene.make("Welcome again", by=cleo)


async def test_a_job_that_the_key_is_refused_for_twice_ends(scene: Scene) -> None:
    """Nothing else is refused with the key, not even a free request: it ends uncharged; others are made meanwhile."""
    bob = scene.join("Bob")
    scene.studio.faults.add("create", Fault.status(401), times=2, word="locked")
    await asked(scene, "A locked door")
    assert await scene.make("An open door", by=bob)
    [notice] = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "fail"), step_seconds=60)
    assert says(notice.content, Ending.BLOCKED)
    assert len(creates(scene, "A locked door")) == 2
    assert await scene.make("Another door")


async def test_a_firewalls_page_concerns_its_job_alone(scene: Scene) -> None:
    """A 403 that isn't the provider's own: retried once after a minute, then it ends; other people are not affected."""
    bob = scene.join("Bob")
    scene.studio.faults.add("create", Fault.status(403, text="<h1>Forbidden</h1>"), times=9, word="<script>")
    prompt = "<script>alert(1)</script>"
    scene.stage.jump(900)
    await (await scene.ada.slash(scene.channel, "video", prompt=prompt)).wait_state("deleted")
    await scene.studio.wait_for(lambda: creates(scene, prompt))
    assert await scene.make("By somebody else", by=bob)
    assert await scene.make("By herself")
    [notice] = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "fail"), step_seconds=5)
    first, second = creates(scene, prompt)
    assert 55 <= second.at - first.at <= 120
    assert says(notice.content, Ending.BLOCKED)
    assert await scene.make("Afterwards", by=bob)
    scene.studio.faults.clear("create")


async def test_without_credit_until_the_deadline_a_job_ends_uncharged(scene: Scene) -> None:
    """When credit doesn't come back in time the job ends with the reason, and nothing was charged."""
    scene.studio.faults.add("create", Fault.status(402), times=20)
    await asked(scene, "Never any credit")
    notice = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "fail"), step_seconds=300)
    scene.studio.faults.clear("create")
    assert says(notice[0].content, Ending.CREDIT)
    assert notice[0].pinged == {scene.ada.id}
    assert scene.studio.paid("Never any credit") == 0
    # The account is tried again by the next person who asks.
    scene.stage.jump(900)
    assert await scene.make("Credit at last")


async def test_too_busy_a_provider_is_asked_again_when_it_said(scene: Scene) -> None:
    """A 429 is obeyed to the second, the card says that it waits, and the same key is used."""
    scene.studio.faults.add("create", Fault.status(429, headers={"Retry-After": "40"}))
    card = await asked(scene, "Busy, busy")
    await time_passes_until(scene.stage, lambda: says(card.text, Key.WAITING_PROVIDER))
    await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "video"), step_seconds=5)
    first, second = creates(scene, "Busy, busy")
    assert second.at - first.at >= 40
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert scene.studio.paid("Busy, busy") == 1
    assert ever_posted(scene.chat, scene.channel, "fail") == []


async def test_a_provider_that_is_away_is_waited_for(scene: Scene) -> None:
    """While nothing can be sent the job waits and says so; when the provider is back it is made, once."""
    port = urlsplit(scene.studio.base_url).port or 0
    scene.stage.jump(900)
    await scene.studio.stop()
    await scene.ada.slash(scene.channel, "video", prompt="Is anybody there")
    card = await wait_card(scene.chat, scene.channel, "Is anybody there")
    await time_passes_until(scene.stage, lambda: says(card.text, Key.WAITING_PROVIDER))
    await scene.studio.start(port)
    await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "video"), step_seconds=5)
    assert scene.studio.paid("Is anybody there") == 1
    assert ever_posted(scene.chat, scene.channel, "unsure") == []


async def test_faults_of_polls_never_fail_a_paid_job(scene: Scene) -> None:
    """However often polling goes wrong, a job that was paid for is polled again and delivered."""
    for fault in (
        Fault.status(500),
        Fault.drop(take=True),
        Fault.status(429),
        Fault.body(b"garbage"),
        Fault.status(401),
    ):
        scene.studio.faults.add("poll", fault, times=2)
    await asked(scene, "Hard to poll")
    await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "video"), step_seconds=30)
    assert scene.studio.paid("Hard to poll") == 1
    assert ever_posted(scene.chat, scene.channel, "fail") == []


async def test_a_video_that_the_provider_forgot_is_reported(scene: Scene) -> None:
    """A render that the provider doesn't know any more, for minutes on end, ends with a notice and Retry."""
    scene.studio.faults.add("poll", Fault.status(404), times=50)
    await asked(scene, "Forgotten")
    notice = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "fail"), step_seconds=20)
    polls = [one for one in scene.studio.requests if one.operation == "poll" and one.status == 404]
    scene.studio.faults.clear("poll")
    assert says(notice[0].content, Ending.LOST_UNKNOWN)
    assert actions(notice[0]) == [Action.RETRY]
    assert len(polls) >= 3
    assert polls[-1].at - polls[0].at >= 120


async def test_a_video_slow_to_be_downloaded_is_announced_once_after_five_tries(scene: Scene) -> None:
    """After the fifth failed fetch the requester is notified, once; the bot retries and posts it when it has it."""
    scene.studio.dials.content_endpoint = False
    scene.studio.faults.add("file", Fault.status(503), times=500)
    card = await asked(scene, "Slow to come")
    slow = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "slow"), step_seconds=10)
    assert slow[0].pinged == {scene.ada.id}
    assert says(slow[0].content, Key.SLOW)
    assert actions(slow[0]) == [Action.WITHHOLD]
    contents = [one for one in scene.studio.requests if one.operation == "content"]
    assert contents[4].at <= slow[0].created_at
    await time_passes_until(
        scene.stage,
        lambda: len([one for one in scene.studio.requests if one.operation == "content"]) >= 8,
        step_seconds=100,
    )
    assert not card.deleted
    scene.studio.faults.clear("file")
    scene.studio.dials.content_endpoint = True
    await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "video"), step_seconds=100)
    assert ever_posted(scene.chat, scene.channel, "slow") == slow
    assert ever_posted(scene.chat, scene.channel, "fail") == []
    assert scene.studio.paid("Slow to come") == 1


async def test_an_expired_link_is_requested_again(scene: Scene) -> None:
    """A link that has expired, or gives half a video, is no reason to bother anybody: there are other ways."""
    scene.studio.faults.add("file", Fault.status(403))
    scene.studio.faults.add("file", Fault.short(1000))
    await asked(scene, "By another way")
    video = await wait_kind(scene.chat, scene.channel, "video")
    assert video.attachments[0].size_bytes > 1000
    assert ever_posted(scene.chat, scene.channel, "slow") == []
    await cards_settled(scene.chat, scene.channel)


async def test_a_video_never_handed_over_is_not_lost(scene: Scene) -> None:
    """After a day of trying, the job ends as not handed over; Post it fetches it then, and never generates."""
    scene.studio.dials.content_endpoint = False
    scene.studio.faults.add("file", Fault.status(503), times=5000)
    await asked(scene, "Not to be had")
    await inspection.job(scene.stage, "Not to be had", "fetching")
    notice = await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "fail"), step_seconds=6000)
    scene.studio.faults.clear("file")
    scene.studio.dials.content_endpoint = True
    assert says(notice[0].content, Ending.UNFETCHED)
    assert actions(notice[0]) == [Action.POST_IT]
    await press(scene.ada, notice[0], Action.POST_IT)
    video = await scene.video()
    assert video.pinged == {scene.ada.id}
    assert scene.studio.paid("Not to be had") == 1
