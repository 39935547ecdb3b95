"""Every row of the interface's slash commands, from Discord's client to the provider's door."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Channel, Fault, File, Message, NotPossibleError, Person
from sandbox.stage import Stage
from sandbox.studio import Outcome
from tests.databases import change_rows, rows_of
from tests.e2e import inspection
from tests.e2e.messages import delete_video, time_passes_until
from tests.e2e.scene import Scene, a_stage, picture
from tests.wording import says, sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT, FILE = 3, 11
MENUS = ["Animate this picture", "Remix this video", "Video details"]
NAMES = [*MENUS, "batch", "help", "history", "owner", "remix", "status", "video"]
REFERENCES = ["reference", "reference_2", "reference_3", "reference_4"]
CATALOGUE = {
    "model": ["gpt-4o-video"],
    "size": ["1280x720", "1920x1080", "1080x1920"],
    "seconds": ["4", "8", "12"],
}


def command(stage: Stage, name: str) -> dict:
    (found,) = [one for one in stage.chat.commands if one["name"] == name]
    return found


def options_of(stage: Stage, name: str) -> dict[str, dict]:
    return {option["name"]: option for option in command(stage, name)["options"]}


@contextmanager
def rendering(scene: Scene, **dials: object) -> Iterator[None]:
    """Let the provider be like this for a while."""
    before = {name: getattr(scene.studio.dials, name) for name in dials}
    for name, value in dials.items():
        setattr(scene.studio.dials, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(scene.studio.dials, name, value)


async def made(scene: Scene, prompt: str, **options: object) -> Message:
    """A requested video that is posted in the channel, and stored as posted."""
    video = await scene.make(prompt, **options)
    await inspection.job(scene.stage, prompt, "delivered")
    return video


def convert(file: File, kind: str) -> bytes:
    target = io.BytesIO()
    Image.open(io.BytesIO(file.data)).save(target, kind)
    return target.getvalue()


# ── what is offered ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_there_are_four_commands_and_they_are_for_servers_and_their_dms(scene: Scene) -> None:
    """The bot offers /video, /remix, /status and /owner, installed to servers, in servers and in DMs with it."""
    assert sorted(one["name"] for one in scene.chat.commands) == NAMES
    for one in scene.chat.commands:
        assert one["integration_types"] == [0]
        assert sorted(one["contexts"]) == [0, 1]
        assert not one.get("guild_id")


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("video", ["prompt", "model", "size", "seconds", *REFERENCES, "private"]),
        ("remix", ["prompt", "video", "model", "size", "seconds", *REFERENCES, "private"]),
        ("status", ["video"]),
    ],
)
async def test_a_command_has_exactly_its_options_in_their_order(scene: Scene, name: str, names: list[str]) -> None:
    """Each command has the options of the interface in that order, none of them required."""
    options = options_of(scene.stage, name)
    assert list(options) == names
    assert not any(option.get("required") for option in options.values())
    texts = [option for name, option in options.items() if not name.startswith(("reference", "private"))]
    assert {option["type"] for option in texts} == {TEXT}
    assert {option["type"] for option in options.values() if option["name"].startswith("reference")} <= {FILE}
    assert [one for one in names if options[one].get("autocomplete")] == [one for one in names if one == "video"]


@pytest.mark.parametrize("name", ["video", "remix"])
async def test_choices_are_those_of_the_catalogue(scene: Scene, name: str) -> None:
    """Model, size and length offer what the catalogue names, and a prompt takes 1 to 4,000 characters."""
    options = options_of(scene.stage, name)
    for option, values in CATALOGUE.items():
        assert [choice["value"] for choice in options[option]["choices"]] == values
        names = [choice["name"] for choice in options[option]["choices"]]
        assert [shown.split(" ")[0] for shown in names] == values
    assert options["size"]["choices"][0]["name"] == sentence(Key.CHOICE_LANDSCAPE, size="1280x720")
    assert options["seconds"]["choices"][0]["name"] == sentence(Key.LENGTH_SECONDS, seconds=4)
    assert (options["prompt"]["min_length"], options["prompt"]["max_length"]) == (1, 4000)


# ── /video ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_video_without_options_sends_only_prompt_and_default_model(scene: Scene) -> None:
    """/video with a prompt alone is one JSON request with the prompt and the first model, and no unset field."""
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Only a prompt"))
    request = await inspection.sent(scene.stage, "Only a prompt")
    assert request.body_kind == "json"
    assert request.fields == {"prompt": "Only a prompt", "model": "gpt-4o-video"}
    assert request.headers["authorization"] == f"Bearer {scene.studio.api_key}"
    assert request.headers["idempotency-key"]


async def test_video_sends_every_option_as_a_text(scene: Scene) -> None:
    """Model, size and length reach the provider as the texts that were chosen, seconds too, in a JSON body."""
    call = await scene.ada.slash(
        scene.channel, "video", prompt="All options", model="gpt-4o-video", size="1080x1920", seconds="8"
    )
    await inspection.accepted(call)
    request = await inspection.sent(scene.stage, "All options")
    assert request.body_kind == "json"
    assert request.fields == {
        "prompt": "All options",
        "model": "gpt-4o-video",
        "size": "1080x1920",
        "seconds": "8",
    }


async def test_four_pictures_arrive_byte_for_byte_in_order_under_our_own_names(scene: Scene) -> None:
    """Up to four references are sent unchanged and in order, under plain names of ours, typed by what they are."""
    pictures = [
        picture("red", name="Кошка (1).png"),
        File("really-a-jpeg.png", convert(picture("green"), "JPEG"), content_type="image/png"),
        File("../x.webp", convert(picture("blue"), "WEBP"), content_type="text/html"),
        picture("white", name="a" * 80 + ".png"),
    ]
    call = await scene.ada.slash(
        scene.channel, "video", prompt="Four pictures", seconds="12", **dict(zip(REFERENCES, pictures, strict=True))
    )
    await inspection.accepted(call)
    request = await inspection.sent(scene.stage, "Four pictures")
    assert request.body_kind == "multipart"
    assert request.fields == {"prompt": "Four pictures", "model": "gpt-4o-video", "seconds": "12"}
    assert [file.data for file in request.files] == [one.data for one in pictures]
    assert [file.field for file in request.files] == ["input_reference"] * 4
    assert [file.content_type for file in request.files] == ["image/png", "image/jpeg", "image/webp", "image/png"]
    assert [file.file_name for file in request.files] == [
        "reference-1.png",
        "reference-2.jpg",
        "reference-3.webp",
        "reference-4.png",
    ]
    assert request.status == 200


async def test_pictures_may_leave_out_an_option(scene: Scene) -> None:
    """Pictures given in the third and first option alone are sent in the order of the options."""
    first, third = picture("navy"), picture("gold")
    call = await scene.ada.slash(scene.channel, "video", prompt="Two pictures", reference_3=third, reference=first)
    await inspection.accepted(call)
    request = await inspection.sent(scene.stage, "Two pictures")
    assert [file.data for file in request.files] == [first.data, third.data]


async def test_video_without_a_prompt_opens_a_form_and_keeps_the_options(scene: Scene) -> None:
    """Without a prompt a form with a long text and a file field opens; what was given before is sent with it."""
    first = picture("teal")
    call = await scene.ada.slash(scene.channel, "video", size="1920x1080", seconds="4", reference=first)
    form = await call.wait_form()
    prompt, files = form.fields["prompt"], form.fields["references"]
    assert (prompt.kind, prompt.multiline, prompt.required, prompt.max_length) == ("text", True, True, 4000)
    assert (files.kind, files.required, files.max_values) == ("files", False, 4)

    text = "Said in the form,\nin two lines with an ü"
    await inspection.accepted(await scene.ada.submit(form, {"prompt": text}))
    request = await inspection.sent(scene.stage, text)
    assert request.fields == {"prompt": text, "model": "gpt-4o-video", "size": "1920x1080", "seconds": "4"}
    assert [file.data for file in request.files] == [first.data]


# ── /remix ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def id_of(video: Message) -> str:
    """The short id on a finished video."""
    found = re.search(r"vb:video:remix:(\w{8}):", " ".join(one.custom_id or "" for one in video.buttons))
    assert found is not None
    assert found[1] in video.text
    return found[1]


async def remixed(scene: Scene, prompt: str, parent: str, by: Person | None = None, **options: object) -> None:
    """Ask for a remix and see that it goes to the video whose prompt is `parent`, with only the fields given."""
    await inspection.accepted(await (by or scene.ada).slash(scene.channel, "remix", prompt=prompt, **options))
    request = await inspection.sent(scene.stage, prompt)
    (render,) = [one for one in scene.studio.renders if one.prompt == parent]
    assert request.path == f"/v1/videos/{render.id}/remix"
    assert request.body_kind == "json"
    given = {name: value for name, value in options.items() if name != "video"}
    assert request.fields == {"prompt": prompt, **given}


async def test_remix_knows_a_video_by_every_name_it_has(scene: Scene) -> None:
    """The option video takes a suggestion, the short id in any case, a message link and the provider's id."""
    video = await made(scene, "A lighthouse")
    short = id_of(video)
    (render,) = [one for one in scene.studio.renders if one.prompt == "A lighthouse"]
    (choice,) = await scene.ada.autocomplete(scene.channel, "remix", "video", typed="lightho")
    assert choice.name.endswith(short)
    assert "A lighthouse" in choice.name
    assert choice.value == short
    ways = [choice.value, short.lower(), f"  {short} ", video.jump_url, f"<{video.jump_url}>", render.id]
    ways.append(video.jump_url.replace("discord.com", "ptb.discord.com"))
    for number, way in enumerate(ways):
        await remixed(scene, f"By name {number}", "A lighthouse", video=way)


async def test_remix_sends_only_the_fields_that_were_set(scene: Scene) -> None:
    """A remix sends its prompt and what was chosen; model, size and length are otherwise left to the provider."""
    mill = id_of(await made(scene, "A mill", size="1080x1920", seconds="8"))
    await remixed(scene, "Nothing but words", "A mill")
    # The remix may be finished, and so the newest video.
    await remixed(scene, "Longer", "A mill", video=mill, seconds="12")
    await remixed(scene, "Everything", "A mill", video=mill, model="gpt-4o-video", size="1280x720", seconds="4")

    cat = picture("black")
    await inspection.accepted(await scene.ada.slash(scene.channel, "remix", prompt="With a cat", reference_2=cat))
    request = await inspection.sent(scene.stage, "With a cat")
    assert request.operation == "remix"
    assert request.body_kind == "multipart"
    assert request.fields == {"prompt": "With a cat"}
    assert [(file.field, file.data) for file in request.files] == [("input_reference", cat.data)]


async def test_remix_without_a_video_takes_the_askers_newest_one_here(scene: Scene) -> None:
    """With video left out, the requester's own newest finished video in this channel is remixed."""
    ben = scene.join("Ben")
    await made(scene, "Ada's first")
    await made(scene, "Ada's second")
    elsewhere = scene.guild.add_channel("elsewhere")
    await scene.ada.slash(elsewhere, "video", prompt="Ada's elsewhere")
    await inspection.job(scene.stage, "Ada's elsewhere", "delivered")
    await made(scene, "Ben's own", by=ben)
    await remixed(scene, "Of the newest", "Ada's second")
    await remixed(scene, "Of Ben's", "Ben's own", by=ben)
    render_of = {one.prompt: one for one in scene.studio.renders}
    assert render_of["Of the newest"].parent_id == render_of["Ada's second"].id
    assert render_of["Of Ben's"].parent_id == render_of["Ben's own"].id
    assert scene.studio.paid("Of the newest") == scene.studio.paid("Of Ben's") == 1


async def test_remix_without_a_video_says_so_where_the_asker_has_none(scene: Scene) -> None:
    """A person without a finished video in the channel learns how to get or name one, and nothing is stored."""
    ben = scene.join("Ben")
    await made(scene, "Not Ben's")
    text = await inspection.refusal(await ben.slash(scene.channel, "remix", prompt="Of nothing"))
    assert says(text, Reason.VIDEO_NONE_HERE)
    assert inspection.jobs_of(scene.stage, ben) == []


async def test_remix_without_a_prompt_opens_a_form_and_keeps_the_options(scene: Scene) -> None:
    """Without a prompt /remix opens a form; video, options and pictures given before are sent with it."""
    video = await made(scene, "A kite")
    first = picture("olive")
    call = await scene.ada.slash(scene.channel, "remix", video=id_of(video).lower(), size="1920x1080", reference=first)
    form = await call.wait_form()
    assert form.fields["prompt"].multiline
    assert says(form.fields["references"].description, Key.FORM_PICTURES_KEPT, count=1)
    await inspection.accepted(await scene.ada.submit(form, {"prompt": "Two kites"}))
    request = await inspection.sent(scene.stage, "Two kites")
    (render,) = [one for one in scene.studio.renders if one.prompt == "A kite"]
    assert request.path == f"/v1/videos/{render.id}/remix"
    assert request.fields == {"prompt": "Two kites", "size": "1920x1080"}
    assert [file.data for file in request.files] == [first.data]


async def names(person: Person, channel: Channel, typed: str = "", *, of: str = "remix") -> list[str]:
    return [choice.name for choice in await person.autocomplete(channel, of, "video", typed=typed)]


async def test_remix_suggests_the_askers_finished_videos_of_this_server(scene: Scene) -> None:
    """Suggested are the asker's own finished, undeleted videos of this server, newest first, by what is typed."""
    ben = scene.join("Ben")
    other = scene.chat.add_guild("Elsewhere")
    other.join(scene.ada)
    there = other.add_channel("videos")
    await scene.ada.slash(there, "video", prompt="Red elsewhere")
    await inspection.job(scene.stage, "Red elsewhere", "delivered")
    await made(scene, "Red by Ben", by=ben)
    red = await made(scene, "Red 100% sure")
    await made(scene, "Blue sky")
    deleted = await made(scene, "Red and deleted")
    await delete_video(scene.chat, scene.ada, deleted)
    with rendering(scene, next_render=[Outcome.hang()]):
        await scene.ada.slash(scene.channel, "video", prompt="Red not finished")
        await inspection.job(scene.stage, "Red not finished", "rendering")

    suggested = await names(scene.ada, scene.channel)
    assert [next(one for one in ("Blue sky", "Red 100% sure") if one in name) for name in suggested] == [
        "Blue sky",
        "Red 100% sure",
    ]
    assert len(await names(scene.ada, scene.channel, "red")) == 1
    assert len(await names(scene.ada, scene.channel, "0%")) == 1
    assert await names(scene.ada, scene.channel, "%red%") == []
    assert await names(scene.ada, scene.channel, "_lue") == []
    assert len(await names(scene.ada, scene.channel, id_of(red)[:5].lower())) == 1
    assert ["Red by Ben" in name for name in await names(ben, scene.channel)] == [True]
    assert ["Red elsewhere" in name for name in await names(scene.ada, there)] == [True]


def copy_job(stage: Stage, job_id: str, times: int) -> None:
    """Let that finished job have been asked for so often, as if on earlier days."""
    [found] = rows_of(stage, "SELECT * FROM jobs WHERE id = ?", job_id)
    for number in range(times):
        copy = dict(found) | {
            "id": f"ZZZZZZ{number:02}",
            "origin_id": f"old-{job_id}-{number}",
            "remote_id": f"old-{job_id}-{number}",
            "idempotency_key": f"old-{job_id}-{number}",
            "accepted_at": found["accepted_at"] - 3600 * (number + 1),
        }
        columns = ", ".join(f'"{name}"' for name in copy)
        places = ", ".join("?" * len(copy))
        change_rows(stage, f"INSERT INTO jobs ({columns}) VALUES ({places})", *copy.values())  # noqa: S608  # our own names


async def test_at_most_25_videos_are_suggested(scene: Scene) -> None:
    """Of thirty and more videos the 25 newest are suggested, since Discord takes no more."""
    newest = id_of(await made(scene, "The newest of many"))
    copy_job(scene.stage, newest, 30)
    for of in ("remix", "status"):
        found = await scene.ada.autocomplete(scene.channel, of, "video")
        assert len(found) == 25
        assert [choice.value for choice in found[:3]] == [newest, "ZZZZZZ00", "ZZZZZZ01"]
        assert all(len(choice.name) <= 100 for choice in found)


# ── /status ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_status_of_who_has_nothing_says_how_to_begin(scene: Scene) -> None:
    """/status of somebody without videos privately says how to make one."""
    answer = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert answer.ephemeral
    assert "/video" in answer.text


async def test_status_lists_running_and_latest_jobs_with_progress_age_and_links(scene: Scene) -> None:
    """/status privately lists the asker's running job with its progress and card, then the latest with its video."""
    done = await made(scene, "Made long ago")
    with rendering(scene, progress="percent", render_seconds=100.0):
        # Of a length of its own: the others' videos say nothing about how long it takes.
        asked = await scene.ada.slash(scene.channel, "video", prompt="Still at it", seconds="12")
        await inspection.accepted(asked)
        await inspection.job(scene.stage, "Still at it", "rendering")
        card = await scene.chat.wait_message(scene.channel, lambda m: "Still at it" in m.text)
        scene.stage.jump(50)
        await inspection.until(
            scene.stage,
            lambda: (inspection.jobs(scene.stage, prompt="Still at it")[0]["progress"] or 0) >= 50,
            "progress",
        )
        answer = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
        assert answer.ephemeral
        running, ended = answer.text.split(sentence(Key.DELIVERED))
        (row,) = inspection.jobs(scene.stage, prompt="Still at it")
        assert says(running, Key.RENDERING)
        assert row["id"] in running
        assert "Still at it" in running
        assert re.search(r"▰{5,}▱+ 5\d %", running)
        assert f"<t:{int(row['accepted_at'])}:R>" in running
        assert card.jump_url in running
        (row,) = inspection.jobs(scene.stage, prompt="Made long ago")
        assert row["id"] in ended
        assert "Made long ago" in ended
        assert done.jump_url in ended
        assert f"<t:{int(row['accepted_at'])}:R>" in ended
        assert "%" not in ended
    scene.stage.jump(60)
    await scene.video(after=card)


async def test_status_of_one_job_follows_it_from_card_to_video(scene: Scene) -> None:
    """/status with a video shows all about that one: state, settings, progress, times, and its link."""
    with rendering(scene, progress="percent", render_seconds=100.0):
        await inspection.accepted(
            await scene.ada.slash(scene.channel, "video", prompt="One of them", size="1920x1080", seconds="8")
        )
        job = await inspection.job(scene.stage, "One of them", "rendering")
        card = await scene.chat.wait_message(scene.channel, lambda m: "One of them" in m.text)
        scene.stage.jump(25)
        await inspection.until(
            scene.stage, lambda: (inspection.jobs(scene.stage, id=job["id"])[0]["progress"] or 0) >= 25, "progress"
        )
        answer = await (await scene.ada.slash(scene.channel, "status", video=job["id"].lower())).wait_state("message")
    assert answer.ephemeral
    for part in (
        sentence(Key.RENDERING),
        "One of them",
        "1920x1080",
        card.jump_url,
        f"<t:{int(job['accepted_at'])}:R>",
    ):
        assert part in answer.text
    assert re.search(r"▰▰▱+ 2\d %", answer.text)
    scene.stage.jump(100)
    video = await scene.video(after=card)
    await inspection.job(scene.stage, "One of them", "delivered")
    for name in (job["id"], video.jump_url, job["remote_id"]):
        answer = await (await scene.ada.slash(scene.channel, "status", video=name)).wait_state("message")
        assert says(answer.text, Key.DELIVERED)
        assert video.jump_url in answer.text
        assert "%" not in answer.text


async def test_status_suggests_the_askers_jobs_running_ones_first(scene: Scene) -> None:
    """/status suggests one's own jobs in every state, running ones first, filtered by the typed text."""
    ben = scene.join("Ben")
    with rendering(scene, next_render=[Outcome.hang()]):
        await scene.ada.slash(scene.channel, "video", prompt="Owl running")
        await inspection.job(scene.stage, "Owl running", "rendering")
    await made(scene, "Owl finished")
    await scene.ada.slash(scene.channel, "video", prompt="Owl doomed")
    await inspection.job(scene.stage, "Owl doomed", "failed")
    found = await names(scene.ada, scene.channel, "owl", of="status")
    assert [next(one for one in ("running", "finished", "doomed") if f"Owl {one}" in name) for name in found] == [
        "running",
        "doomed",
        "finished",
    ]
    assert len(await names(scene.ada, scene.channel, "finished", of="status")) == 1
    assert await names(ben, scene.channel, of="status") == []


# ── synchronisation ────────────────────────────────────────────────────────────────────────────────────────────────


def syncs(stage: Stage) -> int:
    return sum(request.kind == "command_sync" for request in stage.chat.requests)


async def restart(stage: Stage, **settings: str) -> None:
    assert await stage.bot.terminate() == 0
    await stage.chat.bot_gone()
    await stage.start_bot(**settings)


async def test_commands_are_synced_when_they_change_and_only_then(tmp_path: Path) -> None:
    """The first start syncs once, an unchanged restart not at all, a changed catalogue once more."""
    async with a_stage(tmp_path, settings={"VIDEOS_SIZES": "640x360"}) as stage:
        assert syncs(stage) == 1
        ids = {one["name"]: one["id"] for one in stage.chat.commands}
        await restart(stage)
        assert syncs(stage) == 1
        assert {one["name"]: one["id"] for one in stage.chat.commands} == ids
        await restart(stage, VIDEOS_SIZES="640x360,360x640", VIDEOS_MODELS="mira-2,mira-1", VIDEOS_SECONDS="5,10")
        assert syncs(stage) == 2
        for name in ("video", "remix"):
            options = options_of(stage, name)
            assert [one["value"] for one in options["size"]["choices"]] == ["640x360", "360x640"]
            assert [one["value"] for one in options["model"]["choices"]] == ["mira-2", "mira-1"]
            assert [one["value"] for one in options["seconds"]["choices"]] == ["5", "10"]


async def test_commands_that_discord_did_not_take_are_synced_again(tmp_path: Path) -> None:
    """D12: Discord is in trouble at the first start: the commands are there some time later, without a restart."""
    async with a_stage(tmp_path, start=False) as stage:
        stage.chat.faults.add("command_sync", Fault.status(503), times=3)
        await stage.start_bot(ready=False)
        await time_passes_until(stage, (stage.bot.data_dir / "commands.json").exists, step_seconds=1.0)
        assert sorted(one["name"] for one in stage.chat.commands) == NAMES
        assert syncs(stage) == 4


async def test_commands_of_named_servers_come_and_go_with_the_setting(tmp_path: Path) -> None:
    """DISCORD_GUILD_IDS offers the commands in those servers alone; emptied again, they are removed there."""
    async with a_stage(tmp_path, start=False) as stage:
        guild, other = stage.chat.add_guild("Named"), stage.chat.add_guild("Other")
        ada = stage.chat.add_person("Ada")
        here, there = guild.add_channel("videos"), other.add_channel("videos")
        guild.join(ada)
        other.join(ada)
        await stage.start_bot(DISCORD_GUILD_IDS=str(guild.id))
        assert {(one["name"], one["guild_id"]) for one in stage.chat.commands} == {
            (name, str(guild.id)) for name in NAMES
        }
        await (await ada.slash(here, "status")).wait_state("message")
        with pytest.raises(NotPossibleError):
            await ada.slash(there, "status")

        before = syncs(stage)
        await restart(stage)
        assert syncs(stage) == before
        await restart(stage, DISCORD_GUILD_IDS="")
        assert sorted(one["name"] for one in stage.chat.commands) == NAMES
        assert not any(one.get("guild_id") for one in stage.chat.commands)
        await (await ada.slash(there, "status")).wait_state("message")
        before = syncs(stage)
        await restart(stage)
        assert syncs(stage) == before
