"""R5 end to end: the provider talks nonsense with a 2xx, and nothing comes of it but, if it was paid, one question."""

import re

import pytest

from sandbox.studio import Fault, Outcome
from tests.e2e import inspection
from tests.e2e.messages import cards_settled, ever_posted, job_id_of, of_kind, time_passes_until, wait_card
from tests.e2e.scene import Scene
from tests.figures import figure
from tests.unit.bot.videos.nonsense import Nonsense, nonsense

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEEDS = range(figure(1, 15))
POLLS, RECEIPTS = 20, 14
# Faults that are so far apart say nothing about the next request.
APART_SECONDS = 60.0
RENDER_SECONDS = 3_000.0
NOTICES = ("fail", "unsure", "late", "slow", "video")
BROKEN = re.compile(r"Traceback|loop broke|step failed|never retrieved")


def fault(one: Nonsense, *, take: bool) -> Fault:
    """An answer with that body; with `take` the request was carried out, and charged, all the same."""
    return Fault.body(one.body, take=take, code=one.code, content_type=one.content_type)


def said(scene: Scene) -> dict[str, int]:
    """How much was ever said in the channel, besides cards."""
    counted = {kind: len(ever_posted(scene.chat, scene.channel, kind)) for kind in NOTICES}
    return {kind: count for kind, count in counted.items() if count}


@pytest.mark.reliability
@pytest.mark.parametrize("seed", SEEDS)
async def test_nonsense_at_twenty_polls_changes_nothing(scene: Scene, seed: int) -> None:
    """For any response the job renders on without a message; afterwards its video is there, once, paid once."""
    prompt = f"Hard to make out {seed}"
    scene.stage.jump(APART_SECONDS)
    scene.studio.dials.next_render.append(Outcome.ok(RENDER_SECONDS))
    for one in nonsense(seed, POLLS):
        scene.studio.faults.add("poll", fault(one, take=False))
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    await wait_card(scene.chat, scene.channel, prompt)
    taken = await inspection.job(scene.stage, prompt, "rendering")

    def all_told() -> bool:
        [row] = inspection.jobs(scene.stage, prompt=prompt)
        assert (row["state"], row["remote_id"]) == ("rendering", taken["remote_id"])
        return not scene.studio.faults.pending("poll")

    await time_passes_until(scene.stage, all_told, step_seconds=40)
    assert said(scene) == {}
    scene.stage.jump(taken["submitted_at"] + RENDER_SECONDS - scene.stage.clock.now())
    await time_passes_until(scene.stage, lambda: of_kind(scene.channel, "video"), step_seconds=20)
    await inspection.job(scene.stage, prompt, "delivered")
    await cards_settled(scene.chat, scene.channel)
    assert said(scene) == {"video": 1}
    assert scene.studio.paid(prompt) == 1
    assert not BROKEN.search(scene.stage.bot.log())


@pytest.mark.reliability
@pytest.mark.parametrize("seed", SEEDS)
async def test_nonsense_for_money_is_in_doubt_and_reported_once(scene: Scene, seed: int) -> None:
    """After a create as after a remix, taken or not: never asked for again, and the person is asked once for each."""
    scene.stage.jump(APART_SECONDS)
    video = await scene.make(f"To be remixed {seed}")
    doubtful: list[str] = []
    for number, one in enumerate(nonsense(100 + seed, RECEIPTS)):
        # A person has ten unended jobs at most.
        person = scene.ada if number % 2 else scene.join(f"Ben {number}")
        doubtful.append(f"For money {seed} {number}")
        scene.stage.jump(APART_SECONDS)
        scene.studio.faults.add("paid", fault(one, take=bool(number % 3)))
        if number % 2:
            await person.slash(scene.channel, "remix", video=job_id_of(video), prompt=doubtful[-1])
        else:
            await person.slash(scene.channel, "video", prompt=doubtful[-1])
        await inspection.job(scene.stage, doubtful[-1], "uncertain")
    await time_passes_until(scene.stage, lambda: len(of_kind(scene.channel, "unsure")) == RECEIPTS)
    scene.stage.jump(600)
    await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert said(scene) == {"unsure": RECEIPTS, "video": 1}
    for prompt in doubtful:
        [request] = inspection.paid_requests(scene.stage, prompt)
        assert request.operation == ("remix" if int(prompt.split()[-1]) % 2 else "create")
        [row] = inspection.jobs(scene.stage, prompt=prompt)
        assert (row["state"], row["remote_id"]) == ("uncertain", None)
    assert "evil.test" not in inspection.all_words(scene.stage)
    assert not BROKEN.search(scene.stage.bot.log())
