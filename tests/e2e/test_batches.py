"""A batch in the real process: paid and posted once each, with one card, also when something is lost on the way."""

from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Channel, Message, Person
from sandbox.chat.faults import Fault, When
from tests.e2e import inspection
from tests.e2e.messages import actions, ever_posted, of_kind, press, targets, time_passes_until, wait_kind
from tests.e2e.restart_scene import a_scene, kill, sent
from tests.e2e.scene import Scene
from tests.wording import says

LINES = ("A heron at dawn", "An owl at dusk", "A bat at night")


async def ask(channel: Channel, person: Person, *lines: str):
    """Fill in the form of `/batch`; returns the private answer's call."""
    form = await (await person.slash(channel, "batch")).wait_form()
    return await person.submit(form, {"prompt": "\n".join(lines)})


def is_final(card: Message, scene: Scene) -> bool:
    """Whether the card links to each video, and has no button."""
    videos = of_kind(scene.channel, "video")
    return len(videos) == len(LINES) and all(str(video.id) in card.text for video in videos) and not actions(card)


async def all_delivered(scene: Scene) -> Message:
    """Wait for the three videos and the final card: paid and posted once each, and one card; returns it."""
    (card,) = await time_passes_until(
        scene.stage,
        lambda: [one for one in ever_posted(scene.chat, scene.channel, "batch") if is_final(one, scene)],
        step_seconds=4,
    )
    assert not card.deleted
    assert [scene.studio.paid(line) for line in LINES] == [1, 1, 1]
    assert {kind: sent(scene, kind) for kind in ("batch", "card", "video", "fail", "unsure")} == {
        "batch": 1, "card": 0, "video": 3, "fail": 0, "unsure": 0
    }  # fmt: skip
    return card


async def test_a_batch_becomes_videos_of_their_own(tmp_path: Path) -> None:
    """Each pings its requester; the private answer goes, and the card ends with links to all."""
    async with a_scene(tmp_path) as scene:
        call = await ask(scene.channel, scene.ada, *LINES)
        assert (await call.wait_state("deleted")).ephemeral
        card = await all_delivered(scene)
        assert says(card.text, Key.BATCH_TITLE, done=3, count=3)
        assert all(video.pinged == {scene.ada.id} for video in of_kind(scene.channel, "video"))


async def test_the_card_of_a_batch_whose_response_was_lost_is_posted_once(tmp_path: Path) -> None:
    """Discord recognises the retry by its nonce."""
    async with a_scene(tmp_path) as scene:
        scene.chat.faults.add("message_create", Fault.drop(after=True))
        await ask(scene.channel, scene.ada, *LINES)
        await all_delivered(scene)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_batch_killed_at_its_card_has_one_card(tmp_path: Path, when: When) -> None:
    """Nothing was paid yet; after the restart all three are made."""
    async with a_scene(tmp_path) as scene:
        gate = scene.chat.gate("message_create", when)
        await ask(scene.channel, scene.ada, *LINES)
        await gate.wait_reached()
        assert len(inspection.jobs(scene.stage)) == 3
        await kill(scene)
        gate.drop()
        assert [scene.studio.paid(line) for line in LINES] == [0, 0, 0]
        await scene.stage.start_bot()
        await all_delivered(scene)


async def test_a_batch_is_cancelled_by_line_and_as_a_whole(tmp_path: Path) -> None:
    """What waits costs nothing; what is being made is kept. Others may not press."""
    async with a_scene(tmp_path, {"MAX_RENDERING_JOBS": "1"}, render_seconds=600.0) as scene:
        await ask(scene.channel, scene.ada, *LINES)
        await inspection.job(scene.stage, LINES[0], "rendering")
        card = await wait_kind(scene.chat, scene.channel, "batch")
        await time_passes_until(scene.stage, lambda: Action.WITHHOLD in actions(card))
        second = (await inspection.job(scene.stage, LINES[1]))["id"]
        refused = await press(scene.join("Ben"), card, Action.CANCEL_ALL)
        assert says((await refused.wait_state("message")).text, Reason.NOT_ALLOWED)
        await press(scene.ada, card, Action.CANCEL, second)
        await inspection.job(scene.stage, LINES[1], "cancelled")
        await time_passes_until(scene.stage, lambda: (Action.CANCEL, second) not in targets(card))
        answer = await (await press(scene.ada, card, Action.CANCEL_ALL)).wait_state("message")
        assert says(answer.text, Key.ANSWER_ALL_STOPPED, free=1, withheld=1)
        await inspection.job(scene.stage, LINES[2], "cancelled")
        scene.stage.jump(600)
        row = await inspection.job(scene.stage, LINES[0], "cancelled")
        assert row["withheld"]
        assert [scene.studio.paid(line) for line in LINES] == [1, 0, 0]
        assert (sent(scene, "batch"), sent(scene, "video")) == (1, 0)


async def test_a_batch_in_a_deleted_channel_ends_for_free(tmp_path: Path) -> None:
    """None of its jobs is paid, and each says so in the requester's DM."""
    async with a_scene(tmp_path) as scene:
        gate = scene.chat.gate("message_create")
        await ask(scene.channel, scene.ada, *LINES)
        await gate.wait_reached()
        scene.channel.delete()
        gate.open()
        for line in LINES:
            assert (await inspection.job(scene.stage, line, "failed"))["cause"] == "place"
        assert [scene.studio.paid(line) for line in LINES] == [0, 0, 0]


async def test_a_bad_batch_stores_nothing(tmp_path: Path) -> None:
    """One private sentence and Edit; over the limit of the person it says how many would fit."""
    async with a_scene(tmp_path, {"MAX_JOBS_PER_USER_PER_DAY": "2"}) as scene:
        for lines, reason in (
            (LINES, Reason.BATCH_NO_ROOM),
            ((LINES[0], "", " "), Reason.BATCH_TOO_SHORT),
            ((LINES[0], LINES[0]), Reason.BATCH_SAME_LINES),
            (tuple(map(str, range(11))), Reason.BATCH_TOO_LONG),
        ):
            answer = await (await ask(scene.channel, scene.ada, *lines)).wait_state("message")
            assert answer.ephemeral
            assert says(answer.text, reason)
            form = await (await press(scene.ada, answer, Action.EDIT)).wait_form()
            assert form.fields["prompt"].value == "\n".join(lines)
        assert inspection.jobs(scene.stage) == []
        assert scene.channel.messages == []
        assert scene.studio.requests == []
