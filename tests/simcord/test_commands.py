"""The commands as Discord knows them, and what they do and answer."""

from typing import Any

import discord
import pytest

from bot.jobs.model import PostKind, Via
from bot.jobs.states import State
from tests.simcord.pictures import png
from tests.simcord.world import World, field_ids, labels, private, text_of

STRING, ATTACHMENT = discord.AppCommandOptionType.string.value, discord.AppCommandOptionType.attachment.value
REFERENCES = [(name, ATTACHMENT) for name in ("reference", "reference_2", "reference_3", "reference_4")]
SETTINGS = [("model", STRING), ("size", STRING), ("seconds", STRING), *REFERENCES]
TABLE = {
    "video": [("prompt", STRING), *SETTINGS],
    "remix": [("prompt", STRING), ("video", STRING), *SETTINGS],
    "status": [("video", STRING)],
}


def registered(world: World) -> dict[str, dict[str, Any]]:
    """Every command that Discord was told of, for all servers and for this one."""
    known = world.env.backend.commands
    return {name: command for scope in (None, world.guild.id) for (name, _), command in known.get(scope, {}).items()}


async def test_commands_are_those_that_were_promised(world: World) -> None:
    """Discord knows exactly the promised commands, with the promised options in their order, none of them required."""
    commands = registered(world)
    shapes = {name: [(o["name"], o["type"]) for o in command["options"]] for name, command in commands.items()}
    assert shapes == TABLE
    for command in commands.values():
        assert not any(option.get("required") for option in command["options"])
        assert sorted(command["contexts"]) == [0, 1]
        assert command["integration_types"] == [0]
        assert command["default_member_permissions"] is None


async def test_options_offer_what_can_be_made(world: World) -> None:
    """Model, size and length offer the catalogue, a prompt has 1 to 4,000 characters, and videos are completed."""
    commands = registered(world)
    for name in ("video", "remix"):
        options = {option["name"]: option for option in commands[name]["options"]}
        offered = {
            option: [choice["value"] for choice in options[option]["choices"]]
            for option in ("model", "size", "seconds")
        }
        assert offered == {
            "model": ["gpt-4o-video"],
            "size": ["1280x720", "1920x1080", "1080x1920"],
            "seconds": ["4", "8", "12"],
        }
        assert (options["prompt"]["min_length"], options["prompt"]["max_length"]) == (1, 4000)
        completed = {option for option, shape in options.items() if shape.get("autocomplete")}
        assert completed == ({"video"} if name == "remix" else set())
    assert commands["status"]["options"][0]["autocomplete"]


async def test_video_shows_a_card(world: World) -> None:
    """`/video` is acknowledged privately, the answer goes, and a plain card with all facts stands in the channel."""
    job = await world.asked("a red fox", model="gpt-4o-video", size="1920x1080", seconds="8")
    card = await world.shown(job, PostKind.CARD)
    assert card.id == world.last().id
    assert world.count() == 1
    assert card.type is discord.MessageType.default
    assert labels(card) == ["Cancel"]
    shown = text_of(card)
    assert all(part in shown for part in (job.id, "a red fox", "gpt-4o-video", "1920x1080", "8 s", world.ada.mention))
    assert not world.env.backend.get_message(world.channel.id, card.id).ping_user_ids
    request = job.request
    assert (request.prompt, request.model, request.size, request.seconds) == (
        "a red fox",
        "gpt-4o-video",
        "1920x1080",
        "8",
    )
    assert (job.origin.via, job.origin.locale) == (Via.COMMAND, "en-US")


async def test_video_keeps_all_its_pictures(world: World) -> None:
    """The pictures of `/video` are fetched from Discord at once and kept byte for byte, in the order of the options."""
    given = [png(shade) for shade in range(4)]
    names = ("reference", "reference_2", "reference_3", "reference_4")
    pictures = {name: (f"{name}.png", data) for name, data in zip(names, given, strict=True)}
    job = await world.asked("a red fox", **pictures)
    shelf = world.engine.parts.shelf
    assert [shelf.path(picture).read_bytes() for picture in job.request.references] == given
    assert "4 pictures" in text_of(await world.shown(job, PostKind.CARD))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [("notes.png", b"no picture at all", "not a picture"), ("empty.png", b"", "is empty")],
)
async def test_a_file_that_is_no_picture_is_named_privately(world: World, name: str, data: bytes, said: str) -> None:
    """A file that can't be used is named in a private answer; no job is stored and nobody else sees anything."""
    result = await world.ada.slash(world.channel, "video", prompt="a red fox", reference=(name, data))
    await world.settle()
    assert name in private(result)
    assert said in private(result)
    assert await world.jobs() == []
    assert world.count() == 0


async def test_video_without_a_prompt_opens_a_form(world: World) -> None:
    """Without a prompt a form opens; what is filled in joins the options that were given with the command."""
    shown = await world.ada.slash(world.channel, "video", size="1080x1920", reference=("a.png", png(1)))
    fields = field_ids(shown)
    assert list(fields) == ["prompt", "references"]
    assert (fields["prompt"]["min_length"], fields["prompt"]["max_length"]) == (1, 4000)
    assert fields["references"]["max_values"] == 3
    filled = {"prompt": "a red fox", "references": [("b.png", png(2)), ("c.png", png(3))]}
    sent = await world.ada.submit_modal(shown, filled)
    await world.settle()
    assert sent.response is None
    (job,) = await world.jobs()
    assert (job.request.prompt, job.request.size, job.origin.via) == ("a red fox", "1080x1920", Via.FORM)
    shelf = world.engine.parts.shelf
    assert [shelf.path(one).read_bytes() for one in job.request.references] == [png(1), png(2), png(3)]
    assert labels(await world.shown(job, PostKind.CARD)) == ["Cancel"]


async def test_form_with_four_pictures_given_asks_only_for_the_prompt(world: World) -> None:
    """A form after four pictures has no field for more of them."""
    names = ("reference", "reference_2", "reference_3", "reference_4")
    shown = await world.ada.slash(world.channel, "video", **{name: (f"{name}.png", png()) for name in names})
    assert list(field_ids(shown)) == ["prompt"]


async def test_form_is_not_needed_where_the_picture_is_bad(world: World) -> None:
    """If a picture given with the command is no good, that is said while the form is open, and the form comes to nothing."""
    shown = await world.ada.slash(world.channel, "video", reference=("notes.png", b"no picture"))
    (told,) = shown.followups
    assert told.ephemeral
    assert "notes.png" in told.content
    sent = await world.ada.submit_modal(shown, {"prompt": "a red fox"})
    assert "ask again" in private(sent)
    assert await world.jobs() == []


async def test_a_channel_where_the_bot_cannot_post_is_named_at_once(world: World) -> None:
    """Where the bot lacks a permission, command and form are answered with its name, and nothing is stored."""
    no_files = {world.guild.default_role: discord.PermissionOverwrite(attach_files=False)}
    quiet = world.guild.create_text_channel("quiet", overwrites=no_files)
    with_prompt = await world.ada.slash(quiet, "video", prompt="a red fox")
    without = await world.ada.slash(quiet, "video")
    for result in (with_prompt, without):
        assert "Attach Files" in private(result)
        assert result.modal is None
    assert await world.jobs() == []


async def test_limit_is_said_privately(world: World) -> None:
    """The fourth video at once is refused in a private answer."""
    for number in range(3):
        await world.asked(f"a fox, number {number}")
    result = await world.ada.slash(world.channel, "video", prompt="one more")
    assert "3 videos" in private(result)
    assert len(await world.jobs()) == 3


async def test_video_works_in_a_direct_message(world: World) -> None:
    """In a DM `/video` shows its card and later its video there, and Cancel works there too."""
    ada = world.ada.user
    assert (await ada.slash("video", prompt="a red fox")).response is None
    await world.settle()
    (job,) = await world.jobs()
    assert job.origin.place.guild_id is None
    assert labels(await world.shown(job, PostKind.CARD)) == ["Cancel"]
    job = await world.fetched(job)
    assert labels(await world.shown(job, PostKind.VIDEO)) == ["Remix", "Again", "Delete"]
    assert (await ada.slash("video", prompt="a second fox")).response is None
    await world.settle()
    second = (await world.jobs())[0]
    assert "cancelled" in private(await ada.click(await world.shown(second, PostKind.CARD), label="Cancel"))
    assert (await world.job(second)).state is State.CANCELLED


async def test_remix_takes_the_newest_video_here(world: World) -> None:
    """`/remix` with only a prompt changes the asker's newest finished video of this channel."""
    await world.delivered("an old fox")
    await world.env.advance_time(10)
    newest = await world.delivered("a new fox")
    other = world.guild.create_text_channel("other")
    await world.env.advance_time(10)
    await world.delivered("a fox elsewhere", where=other)
    result = await world.ada.slash(world.channel, "remix", prompt="at night", seconds="4", reference=("a.png", png()))
    assert result.response is None
    await world.settle()
    job = (await world.jobs())[0]
    assert (job.request.parent_id, job.request.prompt, job.request.seconds) == (newest.id, "at night", "4")
    assert (job.request.model, len(job.request.references)) == (None, 1)
    assert newest.id in text_of(await world.shown(job, PostKind.CARD))


async def test_remix_finds_a_video_by_whatever_names_it(world: World) -> None:
    """A short id in any case, a message link and the provider's id all name a video, also somebody else's."""
    video = await world.delivered()
    message = await world.shown(video, PostKind.VIDEO)
    for name in (video.id.lower(), message.jump_url, f"video_{video.id}"):
        result = await world.ben.slash(world.channel, "remix", prompt="at night", video=name)
        assert result.response is None, name
    made = await world.jobs(world.ben)
    assert [job.request.parent_id for job in made] == [video.id] * 3


async def test_remix_without_a_prompt_opens_a_form(world: World) -> None:
    """Without a prompt `/remix` opens a form, and what is sent in changes the named video with the options given."""
    video = await world.delivered()
    shown = await world.ben.slash(world.channel, "remix", video=video.id, size="1080x1920", reference=("a.png", png()))
    assert list(field_ids(shown)) == ["prompt", "references"]
    sent = await world.ben.submit_modal(shown, {"prompt": "at night", "references": [("b.png", png(9))]})
    assert sent.response is None
    await world.settle()
    (job,) = await world.jobs(world.ben)
    assert (job.request.parent_id, job.request.prompt, job.request.size) == (video.id, "at night", "1080x1920")
    assert len(job.request.references) == 2
    assert job.origin.user_id == world.ben.id


async def test_remix_of_nothing_is_answered_privately(world: World) -> None:
    """No video here, an unknown one, an unfinished one: each is said privately, with or without a prompt."""
    running = await world.asked()
    for options, said in (
        ({}, "no finished video"),
        ({"video": "ZZZZZZZZ"}, "don't know that video"),
        ({"video": running.id}, "isn't finished"),
    ):
        for prompt in ({"prompt": "at night"}, {}):
            result = await world.ada.slash(world.channel, "remix", **options, **prompt)
            assert said in private(result)
            assert result.modal is None
    assert len(await world.jobs()) == 1


async def test_video_that_the_asker_cannot_see_is_unknown(world: World) -> None:
    """A video of a channel that the asker can't see is answered like one that doesn't exist."""
    hidden = world.guild.create_text_channel(
        "hidden",
        overwrites={
            world.guild.default_role: discord.PermissionOverwrite(view_channel=False),
            world.ada: discord.PermissionOverwrite(view_channel=True),
            world.guild.me: discord.PermissionOverwrite(view_channel=True),
        },
    )
    video = await world.delivered(where=hidden)
    for options in ({"prompt": "at night"}, {}):
        result = await world.ben.slash(world.channel, "remix", video=video.id, **options)
        assert "don't know that video" in private(result)
    result = await world.ada.slash(world.channel, "remix", video=video.id, prompt="at night")
    assert result.response is None


async def test_video_of_another_server_is_unknown(world: World) -> None:
    """A video of another server can't be remixed here, not even by its own requester."""
    abroad = world.env.create_guild("Abroad")
    there = abroad.create_text_channel("videos")
    ada_there = abroad.add_member(world.ada.user)
    await ada_there.slash(there, "video", prompt="a fox abroad")
    await world.settle()
    video = await world.fetched((await world.jobs())[0])
    assert video.state is State.DELIVERED
    result = await world.ada.slash(world.channel, "remix", video=video.id, prompt="at night")
    assert "don't know that video" in private(result)
    assert await world.ada.autocomplete(world.channel, "remix", "video", "") == []
    assert len(await ada_there.autocomplete(there, "remix", "video", "")) == 1


async def test_remix_completes_ones_own_finished_videos(world: World) -> None:
    """`/remix` offers the asker's finished videos of this server, newest first, filtered by what was typed."""
    first = await world.delivered("a red fox")
    await world.env.advance_time(60)
    second = await world.delivered("a blue whale")
    await world.asked("a fox that still runs")
    await world.delivered("a fox of ben's", by=world.ben)
    offered = await world.ada.autocomplete(world.channel, "remix", "video", "")
    assert [choice["value"] for choice in offered] == [second.id, first.id]
    assert "a blue whale" in offered[0]["name"]
    typed = await world.ada.autocomplete(world.channel, "remix", "video", "FOX")
    assert [choice["value"] for choice in typed] == [first.id]
    assert await world.ada.autocomplete(world.channel, "remix", "video", "%") == []


async def test_status_completes_ones_own_jobs(world: World) -> None:
    """`/status` offers the asker's running jobs, then the ended ones, and nobody else's."""
    ended = await world.delivered("a red fox")
    await world.env.advance_time(60)
    running = await world.asked("a blue whale")
    await world.asked("a fox of ben's", by=world.ben)
    offered = await world.ada.autocomplete(world.channel, "status", "video", "")
    assert [choice["value"] for choice in offered] == [running.id, ended.id]
    typed = await world.ada.autocomplete(world.channel, "status", "video", ended.id[:5].lower())
    assert [choice["value"] for choice in typed] == [ended.id]


async def test_status_lists_ones_own_jobs(world: World) -> None:
    """`/status` shows, privately, the asker's jobs with state, progress and links; without any it says how to begin."""
    nothing = await world.ben.slash(world.channel, "status")
    assert "`/video`" in private(nothing)
    done = await world.delivered("a red fox")
    running = await world.rendering(await world.asked("a blue whale"))
    result = await world.ada.slash(world.channel, "status")
    shown = private(result)
    assert all(part in shown for part in ("a red fox", "a blue whale", done.id, running.id, "Posted", "Rendering"))
    assert (await world.shown(done, PostKind.VIDEO)).jump_url in shown
    assert (await world.shown(running, PostKind.CARD)).jump_url in shown
    assert "a red fox" not in private(await world.ben.slash(world.channel, "status"))


async def test_status_of_one_job_is_for_its_requester_and_managers(world: World) -> None:
    """One job by id: its requester and those who manage the server see it, for others it is unknown."""
    job = await world.asked("a secret fox")
    for person in (world.ada, world.mia):
        assert "a secret fox" in private(await person.slash(world.channel, "status", video=job.id))
    assert "don't know that video" in private(await world.ben.slash(world.channel, "status", video=job.id))
    assert "don't know that video" in private(await world.ada.slash(world.channel, "status", video="nonsense"))
