"""`improve`: both versions are shown privately, a press makes one video, and a chat model in trouble stops no one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import discord
import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.model import Job, UserId
from bot.jobs.reasons import Reason
from bot.jobs.store import blocking
from tests.simcord.pictures import png
from tests.simcord.world import SimWorld, actions, field_ids, press, private
from tests.unit.bot.videos.fake_provider import FakeProvider, hang_up, serve
from tests.wording import says

MINE = "a fox"
BETTER = "A red fox trots through fresh snow at dawn."
BOTH = [Action.USE_IMPROVED, Action.USE_MINE, Action.EDIT_IMPROVED]


def answering(text: object) -> dict[str, object]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    """The provider, whose chat model knows one prompt."""
    made = FakeProvider().reply(200, answering(BETTER))
    runner = await serve(made)
    yield made
    await runner.cleanup()


async def restart(world: SimWorld, provider: FakeProvider, **settings: object) -> SimWorld:
    """Start the bot again, with other settings, at that provider."""
    before = world.sim_bot.settings
    (setup,) = before.setup.providers
    there = replace(before.setup, providers=(replace(setup, base_url=provider.base_url),))
    world.sim_bot.settings = before.model_copy(update=settings).with_setup(there)
    await world.sim_bot.restart()
    return world


@pytest_asyncio.fixture
async def improving(world: SimWorld, provider: FakeProvider) -> SimWorld:
    """A bot with a chat model."""
    return await restart(world, provider, prompt_model="chat-1")


async def offered(world: SimWorld, **options: object) -> discord.Message:
    """What `/video` with `improve` shows Ada."""
    result = await world.ada.slash(world.channel, "video", prompt=MINE, improve=True, **options)
    assert private(result)
    assert result.response is not None
    return result.response.message


async def only_job(world: SimWorld) -> Job:
    await world.settle()
    [job] = await world.jobs()
    return job


async def test_both_versions_are_shown_and_nothing_is_made(improving: SimWorld, provider: FakeProvider) -> None:
    """One request, private, with a choice; everybody else sees nothing."""
    before = improving.count()
    shown = await offered(improving)
    assert actions(shown) == BOTH
    assert f"`{MINE}`" in str(shown.embeds[0].description)
    assert f"`{BETTER}`" in str(shown.embeds[0].description)
    assert (await improving.jobs(), improving.count(), len(provider.seen)) == ([], before, 1)


@pytest.mark.parametrize(("action", "prompt"), [(Action.USE_IMPROVED, BETTER), (Action.USE_MINE, MINE)])
async def test_a_press_makes_the_chosen_one(improving: SimWorld, action: Action, prompt: str) -> None:
    """With all that was given."""
    shown = await offered(improving, size="1080x1920", reference=("fox.png", png()))
    await press(improving.ada, shown, action)
    job = await only_job(improving)
    assert (job.request.prompt, job.request.size, len(job.request.references)) == (prompt, "1080x1920", 1)


async def test_both_presses_at_once_make_one_video(improving: SimWorld) -> None:
    """Which of them is first doesn't matter."""
    shown = await offered(improving)
    presses = (press(improving.ada, shown, action) for action in (Action.USE_IMPROVED, Action.USE_MINE))
    await asyncio.gather(*presses, return_exceptions=True)
    assert (await only_job(improving)).request.prompt in (MINE, BETTER)


async def test_after_a_restart_the_choice_is_still_there(improving: SimWorld, provider: FakeProvider) -> None:
    """The better version is stored with the draft."""
    shown = await offered(improving)
    await improving.sim_bot.restart()
    await press(improving.ada, shown, Action.USE_IMPROVED)
    assert (await only_job(improving)).request.prompt == BETTER
    assert len(provider.seen) == 1


async def test_after_an_hour_the_choice_is_over(improving: SimWorld) -> None:
    """As with every draft: nothing is made."""
    shown = await offered(improving)
    await improving.env.advance_time(3601)
    await press(improving.ada, shown, Action.USE_IMPROVED)
    await improving.settle()
    assert await improving.jobs() == []


async def test_edit_opens_the_form_with_the_better_one(improving: SimWorld, provider: FakeProvider) -> None:
    """What is sent then is made at once, and counts as the same request."""
    form = await press(improving.ada, await offered(improving), Action.EDIT_IMPROVED)
    assert field_ids(form)["prompt"]["value"] == BETTER
    await improving.ada.submit_modal(form, {"prompt": "A blue fox."})
    assert (await only_job(improving)).request.prompt == "A blue fox."
    assert len(provider.seen) == 1


async def test_a_form_is_improved_too(improving: SimWorld, provider: FakeProvider) -> None:
    """Without a prompt the form comes first."""
    form = await improving.ada.slash(improving.channel, "video", improve=True)
    sent = await improving.ada.submit_modal(form, {"prompt": MINE})
    assert sent.response is not None
    assert actions(sent.response.message) == BOTH
    assert (len(provider.seen), await improving.jobs()) == (1, [])


async def test_a_remix_is_improved_as_a_change(improving: SimWorld, provider: FakeProvider) -> None:
    """The chat model is asked for the change, and the press makes a remix."""
    video = await improving.delivered()
    result = await improving.ada.slash(improving.channel, "remix", prompt=MINE, improve=True)
    assert result.response is not None
    assert b"existing video" in provider.seen[0].body
    await press(improving.ada, result.response.message, Action.USE_IMPROVED)
    await improving.settle()
    remix = next(job for job in await improving.jobs() if job.id != video.id)
    assert (remix.request.parent_id, remix.request.prompt) == (video.id, BETTER)


@pytest.mark.parametrize("trouble", ["down", "nonsense", "alike", "hang up"])
async def test_a_chat_model_in_trouble_stops_no_one(world: SimWorld, trouble: str) -> None:
    """The own prompt goes on by a press; the provider is not held to be down."""
    provider = FakeProvider()
    match trouble:
        case "down":
            provider.reply(503)
        case "nonsense":
            provider.reply(200, answering("\u200b"))
        case "alike":
            provider.reply(200, answering(f"{MINE.upper()} "))
        case _:
            provider.then(hang_up)
    runner = await serve(provider)
    await restart(world, provider, prompt_model="chat-1")
    shown = await offered(world)
    assert says(shown.content, Reason.IMPROVED_ALIKE if trouble == "alike" else Reason.NOT_IMPROVED)
    assert actions(shown) == [Action.USE_MINE, Action.EDIT]
    await press(world.ada, shown, Action.USE_MINE)
    assert (await only_job(world)).request.prompt == MINE
    assert len(provider.seen) <= 1
    await runner.cleanup()


async def test_a_person_has_so_many_a_day(world: SimWorld, provider: FakeProvider) -> None:
    """Then their own prompt goes on; other people have theirs, and after a day there are new ones."""
    await restart(world, provider, prompt_model="chat-1", prompt_improvements_per_user_per_day=1)
    assert actions(await offered(world)) == BOTH
    shown = await offered(world)
    assert says(shown.content, Reason.IMPROVEMENTS_LIMIT, limit=1)
    assert actions(shown) == [Action.USE_MINE, Action.EDIT]
    other = await world.ben.slash(world.channel, "video", prompt=MINE, improve=True)
    assert other.response is not None
    assert actions(other.response.message) == BOTH
    await world.env.advance_time(24 * 3600 + 1)
    assert actions(await offered(world)) == BOTH
    assert len(provider.seen) == 3


async def test_what_would_be_refused_is_not_improved(improving: SimWorld, provider: FakeProvider) -> None:
    """An empty prompt, a blocked person: the refusal comes at once, and the chat model isn't asked."""
    wrong = await improving.ada.slash(improving.channel, "video", prompt="\u200b", improve=True)
    assert says(private(wrong).splitlines()[0], Reason.PROMPT_EMPTY)
    await improving.write(blocking.block, UserId(improving.ada.id), UserId(improving.mia.id), improving.clock.now())
    blocked = await improving.ada.slash(improving.channel, "video", prompt=MINE, improve=True)
    assert says(private(blocked).splitlines()[0], Reason.BLOCKED)
    assert provider.seen == []


async def test_without_a_chat_model_nothing_is_offered(world: SimWorld) -> None:
    """No option, and no word of it in the help."""
    options = {parameter.name for name in ("video", "remix") for parameter in command(world, name).parameters}
    assert "improve" not in options
    assert not says_improve(private(await world.ada.slash(world.channel, "help")))


async def test_the_help_names_it(improving: SimWorld) -> None:
    """With a chat model both commands have the option."""
    assert all("improve" in {one.name for one in command(improving, name).parameters} for name in ("video", "remix"))
    assert says_improve(private(await improving.ada.slash(improving.channel, "help")))


def command(world: SimWorld, name: str) -> discord.app_commands.Command:
    return world.sim_bot.env.bot.tree.get_command(name)


def says_improve(text: str) -> bool:
    return says(text.splitlines()[-1], Key.HELP_IMPROVE)
