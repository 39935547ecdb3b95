"""Private lists and details, by the real process: what they show, and that their buttons outlive it."""

import asyncio
from pathlib import Path

import pytest

from bot.chat.custom_ids import Action, PageId, PageKind
from bot.chat.words import Key
from tests.e2e.messages import cards_settled, job_id_of, press
from tests.e2e.scene import Scene, a_stage, picture
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_details_of_a_video(scene: Scene) -> None:
    """What was requested, what was made, and the way to the remix; also for others who see the video."""
    video = await scene.make("A red fox", size="1080x1920", seconds="8")
    await scene.ada.reply(video, "The same fox at night")
    remix = await scene.video(after=video)
    await cards_settled(scene.chat, scene.channel)
    ben = scene.join("Ben")
    for person in (scene.ada, ben):
        call = await press(person, video, Action.DETAILS)
        answer = await call.wait_answer()
        assert answer.ephemeral
        for key in (Key.SETTINGS_SENT, Key.SETTINGS_REPORTED, Key.PROVIDER_PRIVATE, Key.RENDERED, Key.FAMILY_REMIX):
            assert says(answer.text, key), (key, answer.text)
        assert says(answer.text, Key.VIDEO_ID, video=job_id_of(video))
        assert f"/{remix.id})" in answer.text


async def test_another_is_made_with_one_setting_changed(scene: Scene) -> None:
    """The form in Details has the whole request; sent twice, and again after a restart, it makes and pays for one."""
    cat = picture("gold")
    video = await scene.make("A brass cat", size="1080x1920", seconds="8", reference=cat)
    ben = scene.join("Ben")
    details = await press(ben, video, Action.DETAILS)
    await details.wait_answer()
    form = await (await press(ben, details, Action.EDIT_AGAIN)).wait_form()
    assert form.fields["prompt"].value == "A brass cat"
    filled = {"prompt": "A brass cat", "seconds": "4"}
    await asyncio.gather(*(ben.submit(form, filled) for _ in range(2)))
    await scene.video(after=video)
    assert await scene.stage.bot.terminate() == 0
    await scene.stage.start_bot()
    late = await (await ben.forge_submit(form, filled)).wait_state("message")
    assert says(late.content, Key.ANSWER_MADE_BEFORE)
    first, second = [one for one in scene.studio.renders if one.prompt == "A brass cat"]
    assert (first.seconds, second.seconds) == ("8", "4")
    assert (second.size, [one.data for one in second.references]) == ("1080x1920", [cat.data])
    assert scene.stage.paid("A brass cat") == 2


async def test_status_and_history_turn_their_pages(scene: Scene) -> None:
    """The real process shows lists in blocks, refreshes them in place, and says what is left."""
    for number in range(6):
        await scene.make(f"Лиса номер {number}")
    listed = await scene.ada.slash(scene.channel, "status")
    shown = await listed.wait_answer()
    assert says(shown.text, Key.LEFT_ACTIVE)
    assert "номер 5" in shown.text
    assert "номер 0" not in shown.text
    await scene.ada.click(listed, str(PageId(PageKind.STATUS, 2)))
    await scene.chat.wait_for(lambda: "номер 0" in listed.answer.text)
    found = await scene.ada.slash(scene.channel, "history", search="ЛИСА")
    assert "номер 5" in (await found.wait_answer()).text
    older = PageId(PageKind.HISTORY, 2, search="ЛИСА")
    await scene.ada.click(found, str(older))
    await scene.chat.wait_for(lambda: "номер 0" in found.answer.text)
    nothing = await scene.ada.slash(scene.channel, "history", search="%")
    assert says((await nothing.wait_answer()).text, Key.HISTORY_NOT_FOUND)


async def test_help_and_the_first_message(tmp_path: Path) -> None:
    """A new server's system channel gets the greeting once: servers from before don't, and none gets it twice."""
    async with a_stage(tmp_path, start=False) as stage:
        old = stage.chat.add_guild("Old")
        old.system_channel_id = old.add_channel("general").id
        await stage.start_bot()
        # Until then discord.py takes every server for one from before.
        await stage.chat.wait_for(lambda: '"event": "ready"' in stage.bot.log(), what="the bot to be ready")
        new = stage.chat.add_guild("New")
        channel = new.add_channel("general")
        new.remove_bot()
        new.system_channel_id = channel.id
        new.add_bot()
        greeting = await stage.chat.wait_message(channel, lambda one: says(one.text, Key.WELCOME))
        assert greeting.pinged == set()
        await stage.bot.terminate()
        await stage.start_bot()
        await stage.chat.wait_for(lambda: stage.bot.log().count('"event": "ready"') == 2, what="the bot to be ready")
        new.remove_bot()
        new.add_bot()
        ada = stage.chat.add_person("Ada")
        new.join(ada)
        call = await ada.slash(channel, "help")
        assert says((await call.wait_answer()).text, Key.HELP_VIDEO)
        assert [one for one in stage.chat.posts if one.author.bot and one.interaction is None] == [greeting]
