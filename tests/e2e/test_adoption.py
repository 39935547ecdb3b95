"""What had no clear answer is looked for in the provider's list: adopted if it is there, asked about if it is not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Channel, Message, Person
from sandbox.chat import Fault as ChatFault
from sandbox.stage import Stage
from sandbox.studio import Fault, Outcome
from tests.e2e import inspection
from tests.e2e.messages import actions, ever_posted, job_id_of, of_kind, press, reached, time_passes_until, wait_kind
from tests.e2e.scene import a_stage
from tests.wording import says

SMALL = {"default_size": "160x90", "frames_per_second": 1}


@asynccontextmanager
async def a_scene(folder: Path, *, lists: bool = True, **settings: str) -> AsyncIterator[tuple[Stage, Person, Channel]]:
    """A bot, and Ada in a channel, before a provider that has a list or none."""
    async with a_stage(folder, settings=settings, list_endpoint=lists, **SMALL) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield stage, ada, guild.add_channel("videos")
        assert "Traceback" not in stage.bot.log()


def asked(stage: Stage) -> int:
    """How often the list was asked for; the probe asks for one video only."""
    return sum(one.operation == "list" and one.query.get("limit") == "100" for one in stage.studio.requests)


def videos(channel: Channel) -> list[Message]:
    return [one for one in channel.messages if one.author.bot and one.attachments]


async def die_in_the_middle(stage: Stage, ada: Person, channel: Channel, prompt: str, *, times: int = 1) -> None:
    """Kill the bot after the provider has taken its requests and before it could answer."""
    gates = [stage.studio.gate("create", "after_take") for _ in range(times)]
    for gate in gates:
        await ada.slash(channel, "video", prompt=prompt)
        await reached(gate)
    await stage.bot.kill()
    await stage.chat.bot_gone()
    for gate in gates:
        gate.cut()


async def until_delivered(stage: Stage, channel: Channel, count: int = 1) -> list[Message]:
    """Let time pass until so many videos stand in the channel."""
    return await time_passes_until(stage, lambda: found if len(found := videos(channel)) == count else None)


async def test_a_cut_answer_costs_one_render_and_ends_in_its_video(tmp_path: Path) -> None:
    """The provider took the request and its answer was lost: the video is found, posted, and was paid for once."""
    async with a_scene(tmp_path) as (stage, ada, channel):
        stage.studio.faults.add("create", Fault.drop(take=True))
        await ada.slash(channel, "video", prompt="A heron at dawn")
        await until_delivered(stage, channel)
        job = await inspection.job(stage, "A heron at dawn", "delivered")
        assert (job["cause"], job["remote_id"]) == (None, stage.studio.renders[0].id)
        assert stage.studio.paid("A heron at dawn") == 1
        for notice in ever_posted(stage.chat, channel, "unsure"):
            await time_passes_until(stage, lambda n=notice: not n.buttons or None)
            assert says(notice.content, Key.UNSURE_SETTLED)


@pytest.mark.parametrize("remix", [False, True], ids=["create", "remix"])
async def test_a_kill_between_taking_and_recording_loses_nothing(tmp_path: Path, remix: bool) -> None:
    """Found in `submitting` after the restart, nothing is sent again: its video is adopted from the list."""
    async with a_scene(tmp_path) as (stage, ada, channel):
        prompt = "Make it night"
        if remix:
            await ada.slash(channel, "video", prompt="A heron at dawn")
            [parent] = await until_delivered(stage, channel)
            gate = stage.studio.gate("remix", "after_take")
            await ada.reply(parent, prompt)
            await reached(gate)
            await stage.bot.kill()
            await stage.chat.bot_gone()
            gate.cut()
        else:
            await die_in_the_middle(stage, ada, channel, prompt)
        assert (await inspection.job(stage, prompt))["state"] == "submitting"
        await stage.start_bot()
        await until_delivered(stage, channel, 1 + remix)
        await inspection.job(stage, prompt, "delivered")
        assert stage.studio.paid(prompt) == 1
        assert len(inspection.paid_requests(stage, prompt)) == 1
        assert asked(stage) <= 2


async def test_a_render_that_failed_meanwhile_is_a_failure(tmp_path: Path) -> None:
    """What the list shows as failed is adopted too: the person hears how it ended instead of never."""
    async with a_scene(tmp_path) as (stage, ada, channel):
        stage.studio.dials.next_render.append(Outcome.fail(render_seconds=0.0))
        await die_in_the_middle(stage, ada, channel, "A sad heron")
        await stage.start_bot()
        notice = await wait_kind(stage.chat, channel, "fail")
        assert actions(notice) == [Action.EDIT_RETRY, Action.WHY]
        assert (await inspection.job(stage, "A sad heron", "failed"))["cause"] == "content"


async def test_two_of_the_same_words_are_not_matched(tmp_path: Path) -> None:
    """Two requests of one prompt without an answer: whose video is whose can't be known, so both people are asked."""
    async with a_scene(tmp_path) as (stage, ada, channel):
        await die_in_the_middle(stage, ada, channel, "Twin herons", times=2)
        await stage.start_bot()
        await stage.chat.wait_for(lambda: len(of_kind(channel, "unsure")) == 2 or None, what="two questions")
        await time_passes_until(stage, lambda: asked(stage) >= 3, step_seconds=10)
        assert [row["state"] for row in inspection.jobs(stage)] == ["uncertain"] * 2
        assert videos(channel) == []
        assert all(actions(one) == [Action.REQUEST_AGAIN, Action.DISMISS] for one in of_kind(channel, "unsure"))
        assert stage.studio.paid("Twin herons") == 2


async def test_one_video_that_two_jobs_could_claim_is_linked_to_neither(tmp_path: Path) -> None:
    """Only one of two like requests was taken: it isn't given to either, since it may be the other's."""
    async with a_scene(tmp_path) as (stage, ada, channel):
        taken = stage.studio.gate("create", "after_take")
        await ada.slash(channel, "video", prompt="Twin herons")
        await reached(taken)
        lost = stage.studio.gate("create", "before_take")
        await ada.slash(channel, "video", prompt="Twin herons")
        await reached(lost)
        await stage.bot.kill()
        await stage.chat.bot_gone()
        taken.cut()
        lost.cut()
        await stage.start_bot()
        await time_passes_until(stage, lambda: asked(stage) >= 2, step_seconds=10)
        assert [row["state"] for row in inspection.jobs(stage)] == ["uncertain"] * 2
        assert (stage.studio.paid("Twin herons"), videos(channel)) == (1, [])


async def test_without_a_list_the_person_is_asked_and_the_provider_left_alone(tmp_path: Path) -> None:
    """A provider that answers 404 is asked for its list once an hour at most; the job stays with its question."""
    async with a_scene(tmp_path, lists=False) as (stage, ada, channel):
        stage.studio.faults.add("create", Fault.drop(take=True))
        await ada.slash(channel, "video", prompt="A heron nobody sees")
        notice = await wait_kind(stage.chat, channel, "unsure")
        assert actions(notice) == [Action.REQUEST_AGAIN, Action.DISMISS]
        await stage.studio.wait_for(lambda: asked(stage) == 1)
        stage.jump(3000)
        await ada.slash(channel, "video", prompt="A heron for all to see")
        await until_delivered(stage, channel)
        assert asked(stage) == 1
        stage.studio.dials.list_endpoint = True
        stage.jump(700)
        await until_delivered(stage, channel, 2)
        assert (asked(stage), stage.studio.paid("A heron nobody sees")) == (2, 1)


async def test_what_was_left_is_posted_when_it_turns_up(tmp_path: Path) -> None:
    """**Dismiss** only ends the asking; the notice says so first, and at last that the provider had it after all."""
    async with a_scene(tmp_path, lists=False) as (stage, ada, channel):
        stage.studio.faults.add("create", Fault.drop(take=True))
        await ada.slash(channel, "video", prompt="A heron left alone")
        notice = await wait_kind(stage.chat, channel, "unsure")
        job_id = job_id_of(notice)
        answer = await (await press(ada, notice, Action.DISMISS)).wait_state("message")
        assert says(answer.content, Key.ANSWER_DISMISSED)
        await stage.chat.wait_for(lambda: not notice.buttons or None, what="the asking to end")
        stage.studio.dials.list_endpoint = True
        stage.jump(3700)
        [video] = await until_delivered(stage, channel)
        assert job_id_of(video) == job_id
        await stage.chat.wait_for(lambda: says(notice.content, Key.UNSURE_SETTLED) or None, what="a settled notice")
        assert ever_posted(stage.chat, channel, "late") == []
        assert actions(notice) == []


async def test_after_request_again_both_are_posted(tmp_path: Path) -> None:
    """**Request again** makes a second paid video; when the first turns up after all, it is posted as well."""
    async with a_scene(tmp_path, lists=False) as (stage, ada, channel):
        stage.studio.faults.add("create", Fault.drop(take=True))
        await ada.slash(channel, "video", prompt="A heron and its twin")
        notice = await wait_kind(stage.chat, channel, "unsure")
        first = job_id_of(notice)
        await (await press(ada, notice, Action.REQUEST_AGAIN)).wait_state("message", "deleted")
        [second] = await until_delivered(stage, channel)
        assert job_id_of(second) != first
        stage.studio.dials.list_endpoint = True
        stage.jump(3700)
        both = await until_delivered(stage, channel, 2)
        assert job_id_of(both[1]) == first
        await inspection.until(
            stage, lambda: len(inspection.jobs(stage, state="delivered")) == 2, "both jobs to be delivered"
        )
        assert stage.studio.paid("A heron and its twin") == 2


async def test_old_buttons_of_an_adopted_job_say_that_it_is_settled(tmp_path: Path) -> None:
    """A notice whose buttons could not be taken away in time starts nothing and costs nothing any more."""
    async with a_scene(tmp_path, lists=False) as (stage, ada, channel):
        stage.studio.faults.add("create", Fault.drop(take=True))
        await ada.slash(channel, "video", prompt="A heron with old buttons")
        notice = await wait_kind(stage.chat, channel, "unsure")
        stage.chat.faults.add("message_edit", ChatFault.error(403, 50001), times=50)
        stage.studio.dials.list_endpoint = True
        await time_passes_until(stage, lambda: videos(channel) or None, step_seconds=100)
        for action in (Action.REQUEST_AGAIN, Action.DISMISS):
            answer = await (await press(ada, notice, action)).wait_state("message")
            assert says(answer.content, Reason.SETTLED)
            assert answer.ephemeral
        assert len(inspection.jobs(stage)) == 1
        assert stage.studio.paid("A heron with old buttons") == 1


async def test_a_job_given_up_is_delivered_when_it_turns_up(tmp_path: Path) -> None:
    """Down for longer than JOB_GIVE_UP_SECONDS, the bot still finds what was paid for: lost, then adopted."""
    async with a_scene(tmp_path) as (stage, ada, channel):
        await die_in_the_middle(stage, ada, channel, "A patient heron")
        stage.jump(90_000)
        await stage.start_bot()
        await until_delivered(stage, channel)
        assert stage.studio.paid("A patient heron") == 1
        await inspection.job(stage, "A patient heron", "delivered")
