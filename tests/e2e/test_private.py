"""`private`: card, video and notices go to the requester's DM, which the card tests; the job stays its server's."""

from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Channel, Fault, Message, Permission
from sandbox.studio import Outcome
from tests.e2e import inspection
from tests.e2e.messages import actions, ever_posted, job_id_of, of_kind, press, wait_kind
from tests.e2e.scene import Scene, a_stage
from tests.wording import Ending, says

pytestmark = pytest.mark.asyncio(loop_scope="module")


def dm_of(scene: Scene) -> Channel:
    return scene.chat.dm(scene.ada)


async def made(scene: Scene, prompt: str, **options: object) -> Message:
    """A private video of Ada's in her DM, requested in the channel."""
    newest = max(dm_of(scene).all_messages, default=0)
    call = await scene.ada.slash(scene.channel, "video", prompt=prompt, private=True, **options)
    answer = await call.wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, Key.ANSWER_PRIVATE)
    await inspection.job(scene.stage, prompt, "delivered")
    return next(m for m in of_kind(dm_of(scene), "video") if m.id > newest)


def ends_of(scene: Scene, prompt: str) -> list[tuple[str, bool, int | None]]:
    """The jobs of that prompt: state, whether private, and their server."""
    return [(row["state"], row["private"], row["guild_id"]) for row in inspection.jobs(scene.stage, prompt=prompt)]


async def test_a_private_video_is_in_the_dm_alone(scene: Scene) -> None:
    """Card and video come to the DM, in the requester's own words; the channel sees nothing, the server counts it."""
    video = await made(scene, "A secret fox")
    assert video.pinged == {scene.ada.id}
    assert says(video.text, Key.PRIVATE)
    [card] = ever_posted(scene.chat, dm_of(scene), "card")
    assert "A secret fox" in str(card.history[0].embeds)
    [row] = inspection.jobs(scene.stage, prompt="A secret fox")
    assert (row["guild_id"], row["channel_id"]) == (scene.guild.id, scene.channel.id)
    assert row["dm_channel_id"] == dm_of(scene).id
    assert inspection.public(scene.stage, scene.channel) == []


async def test_where_dms_are_closed_nothing_is_started(scene: Scene) -> None:
    """The refused card ends it before anything is sent; the form goes on from there, in the channel or in the DM."""
    scene.ada.user.dms_open = False
    answer = await (await scene.ada.slash(scene.channel, "video", prompt="A shy fox", private=True)).wait_state(
        "message"
    )
    assert says(answer.content, Reason.DM_CLOSED)
    assert "A shy fox" in answer.content
    assert actions(answer) == [Action.EDIT, Action.MAKE_PUBLIC]
    assert scene.studio.paid("A shy fox") == 0
    assert ends_of(scene, "A shy fox") == [("failed", True, scene.guild.id)]
    form = await (await press(scene.ada, answer, Action.MAKE_PUBLIC)).wait_form()
    assert not says(form.fields["prompt"].description, Key.FORM_PRIVATE)
    await (await scene.ada.submit(form, {"prompt": "A brave fox"})).wait_state("deleted")
    video = await scene.video()
    assert "A brave fox" in video.text
    await inspection.job(scene.stage, "A brave fox", "delivered")
    assert ends_of(scene, "A brave fox") == [("delivered", False, scene.guild.id)]
    assert inspection.public(scene.stage, dm_of(scene)) == []


async def test_after_the_dms_were_opened_the_same_form_makes_it_private(scene: Scene) -> None:
    """**Edit** keeps the request private and says so; a second refusal is as harmless as the first."""
    scene.ada.user.dms_open = False
    shown = await (await scene.ada.slash(scene.channel, "video", private=True)).wait_form()
    assert says(shown.fields["prompt"].description, Key.FORM_PRIVATE)
    refused = await (await scene.ada.submit(shown, {"prompt": "A patient fox"})).wait_state("message")
    scene.ada.user.dms_open = True
    scene.stage.jump(10)
    form = await (await press(scene.ada, refused, Action.EDIT)).wait_form()
    assert says(form.fields["prompt"].description, Key.FORM_PRIVATE)
    assert form.fields["prompt"].value == "A patient fox"
    answer = await (await scene.ada.submit(form, {"prompt": "A patient fox"})).wait_state("message")
    assert says(answer.content, Key.ANSWER_PRIVATE)
    video = await wait_kind(scene.chat, dm_of(scene), "video")
    assert "A patient fox" in video.text
    assert scene.studio.paid("A patient fox") == 1
    assert inspection.public(scene.stage, scene.channel) == []


async def test_dms_closed_after_the_card_keep_the_video(scene: Scene) -> None:
    """Nothing of it comes to the channel; *Post it* in `/status` posts it in the DM once that is open again."""
    scene.studio.dials.next_render.append(Outcome.ok(render_seconds=60))
    await scene.ada.slash(scene.channel, "video", prompt="A late fox", private=True)
    await inspection.job(scene.stage, "A late fox", "rendering")
    scene.ada.user.dms_open = False
    scene.stage.jump(60)
    row = await inspection.job(scene.stage, "A late fox", "undeliverable")
    status = await (await scene.ada.slash(scene.channel, "status", video=row["id"])).wait_state("message")
    assert says(status.text, Ending.UNPOSTED_DM)
    scene.ada.user.dms_open = True
    await press(scene.ada, status, Action.POST_IT)
    await inspection.job(scene.stage, "A late fox", "delivered")
    assert len(of_kind(dm_of(scene), "video")) == 1
    assert inspection.public(scene.stage, scene.channel) == []


@pytest.mark.both_databases
async def test_retry_and_make_another_in_the_dm_stay_private(scene: Scene) -> None:
    """Both are jobs of the server where the first one was requested; a failure is said in the DM alone."""
    scene.studio.dials.next_render.append(Outcome.fail(code="server_error", message="Out of luck."))
    await scene.ada.slash(scene.channel, "video", prompt="A failing fox", private=True)
    notice = await wait_kind(scene.chat, dm_of(scene), "fail")
    await press(scene.ada, notice, Action.RETRY)
    video = await wait_kind(scene.chat, dm_of(scene), "video")
    await (await press(scene.ada, video, Action.AGAIN)).wait_state("deleted")
    await wait_kind(scene.chat, dm_of(scene), "video", after=video)
    here = (True, scene.guild.id)
    await inspection.until(
        scene.stage,
        lambda: ends_of(scene, "A failing fox") == [("failed", *here), ("delivered", *here), ("delivered", *here)],
        "three private jobs of that server",
    )
    assert inspection.public(scene.stage, scene.channel) == []


async def test_a_remix_in_the_dm_stays_private_under_the_rules_of_the_server(scene: Scene) -> None:
    """By reply, by form and by command; not any more for a person who may not use commands there, or has left."""
    video = await made(scene, "A hidden fox")
    await scene.ada.reply(video, "Now at night")
    await inspection.job(scene.stage, "Now at night", "delivered")
    form = await (await press(scene.ada, video, Action.REMIX)).wait_form()
    assert says(form.fields["prompt"].description, Key.FORM_PRIVATE)
    await (await scene.ada.submit(form, {"prompt": "Now in snow"})).wait_state("deleted")
    await (await scene.ada.slash(dm_of(scene), "remix", prompt="Now in rain", video=job_id_of(video))).wait_state(
        "deleted"
    )
    for prompt in ("Now at night", "Now in snow", "Now in rain"):
        await inspection.job(scene.stage, prompt, "delivered")
        assert ends_of(scene, prompt) == [("delivered", True, scene.guild.id)]
    scene.chat.faults.add("member_get", Fault.error(403, 50001))
    assert says(await inspection.refusal(await press(scene.ada, video, Action.AGAIN)), Reason.SERVER_UNCHECKED)
    scene.channel.overwrite(scene.ada, deny=Permission.USE_APPLICATION_COMMANDS)
    assert says(await inspection.refusal(await press(scene.ada, video, Action.AGAIN)), Reason.COMMANDS_DENIED)
    scene.chat.add_guild("Elsewhere").join(scene.ada)
    scene.guild.leave(scene.ada)
    assert says(await inspection.refusal(await press(scene.ada, video, Action.AGAIN)), Reason.SERVER_LEFT)
    assert len(ends_of(scene, "A hidden fox")) == 1
    assert inspection.public(scene.stage, scene.channel) == []


async def test_an_archived_thread_keeps_the_rules_of_its_channel(scene: Scene) -> None:
    """The gateway's cache has no archived thread: who may use no commands there can't in the DM either."""
    thread = scene.channel.add_thread("A thread")
    call = await scene.ada.slash(thread, "video", prompt="A sleepy fox", private=True)
    await call.wait_state("message")
    video = await wait_kind(scene.chat, dm_of(scene), "video")
    await inspection.job(scene.stage, "A sleepy fox", "delivered")
    thread.archive()
    scene.channel.overwrite(scene.ada, deny=Permission.USE_APPLICATION_COMMANDS)
    assert says(await inspection.refusal(await press(scene.ada, video, Action.AGAIN)), Reason.COMMANDS_DENIED)
    scene.chat.faults.add("channel_get", Fault.error(403, 50001))
    assert says(await inspection.refusal(await press(scene.ada, video, Action.AGAIN)), Reason.SERVER_UNCHECKED)
    thread.delete()
    await (await press(scene.ada, video, Action.AGAIN)).wait_state("deleted")
    assert inspection.public(scene.stage, thread) == []


async def test_nobody_else_finds_a_private_video(scene: Scene) -> None:
    """By its id, its link, in lists or under its remix; people who manage the server see that it was made."""
    ben, mia = scene.join("Ben"), scene.join("Mia", admin=True)
    video = await made(scene, "A masked fox")
    job_id = job_id_of(video)
    [row] = inspection.jobs(scene.stage, id=job_id)
    for who in (ben, mia):
        for text in (job_id, video.jump_url, row["remote_id"]):
            call = await who.slash(scene.channel, "remix", prompt="Mine now", video=text)
            assert says(await inspection.refusal(call), Reason.VIDEO_UNKNOWN)
        assert await who.autocomplete(scene.channel, "remix", "video", typed="masked") == []
    assert says(await inspection.refusal(await ben.slash(scene.channel, "status", video=job_id)), Reason.VIDEO_UNKNOWN)
    shown = await (await mia.slash(scene.channel, "status", video=job_id)).wait_state("message")
    assert job_id in shown.text
    assert "masked" not in shown.text
    assert str(dm_of(scene).id) not in shown.text
    assert actions(shown) == []
    # Its requester may remix it in the channel.
    await scene.ada.slash(scene.channel, "remix", prompt="For all to see", video=job_id)
    remix = await scene.video()
    said = str([post.history[-1].embeds for post in inspection.public(scene.stage, scene.channel)])
    assert job_id in remix.text
    assert "masked" not in said
    assert str(dm_of(scene).id) not in said


async def test_private_works_where_the_operator_takes_no_direct_messages(tmp_path: Path) -> None:
    """DIRECT_MESSAGES=off is about requests in DMs: a private job and what leads on from it belong to a server."""
    async with a_stage(tmp_path, settings={"DIRECT_MESSAGES": "off"}) as stage:
        guild, ada = stage.chat.add_guild("Videos"), stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        video = await made(scene, "A quiet fox")
        await ada.reply(video, "Now at night")
        await inspection.job(stage, "Now at night", "delivered")
        call = await ada.slash(dm_of(scene), "video", prompt="A fox from nowhere", private=True)
        assert says(await inspection.refusal(call), Reason.DIRECT_MESSAGES_OFF)


async def test_while_discord_takes_no_message_a_private_job_is_not_sent(scene: Scene) -> None:
    """The card is the check: a public video would be sent all the same after some seconds."""
    gate = scene.chat.gate("message_create")
    call = await scene.ada.slash(scene.channel, "video", prompt="A waiting fox", private=True)
    await gate.wait_reached()
    scene.stage.jump(30)
    answer = await call.wait_state("message")
    assert says(answer.content, Key.ANSWER_PRIVATE)
    assert ends_of(scene, "A waiting fox") == [("accepted", True, scene.guild.id)]
    assert scene.studio.paid("A waiting fox") == 0
    gate.open()
    await inspection.job(scene.stage, "A waiting fox", "delivered")
