"""Every line of the interface's "Who may do what": who is let, who is refused, and that a refusal changes nothing."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Call, Channel, Message, Permission, Person
from sandbox.chat.permissions import USUAL
from sandbox.stage import Stage
from sandbox.studio import Fault, Outcome
from tests.databases import Row
from tests.e2e import inspection
from tests.e2e.messages import actions, delete_video, press
from tests.e2e.scene import Scene, a_stage, picture
from tests.wording import permission_name, says

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODYS_ID = "ZZZZZZZZ"
MODERATOR = USUAL | Permission.MANAGE_MESSAGES


async def made(scene: Scene, prompt: str, **options: object) -> tuple[Message, Row]:
    """A finished video and its row."""
    video = await scene.make(prompt, **options)
    return video, await inspection.job(scene.stage, prompt, "delivered")


async def say_unknown(person: Person, channel: Channel, **typed: str) -> str:
    """The answer to that person about an unknown video; a typed prompt is returned below it."""
    return await inspection.refusal(await person.slash(channel, "remix", video=NOBODYS_ID, **typed))


# ── remixing ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_anyone_may_remix_a_video_that_they_see_by_every_way(scene: Scene) -> None:
    """A stranger in the channel may remix by reply, button with its form, and command, and press Again: all theirs."""
    video, row = await made(scene, "Ada's oak")
    ben = scene.join("Ben")
    await ben.reply(video, "The oak by reply, please")
    form = await (await press(ben, video, Action.REMIX)).wait_form()
    await inspection.accepted(await ben.submit(form, {"prompt": "The oak by form"}))
    await inspection.accepted(await ben.slash(scene.channel, "remix", prompt="The oak by command", video=row["id"]))
    for prompt in ("The oak by reply, please", "The oak by form", "The oak by command"):
        request = await inspection.sent(scene.stage, prompt)
        assert request.path == f"/v1/videos/{row['remote_id']}/remix"
    await inspection.accepted(await press(ben, video, Action.AGAIN))
    await scene.studio.wait_for(lambda: scene.studio.paid("Ada's oak") == 2)

    assert [job["prompt"] for job in inspection.jobs_of(scene.stage, scene.ada)] == ["Ada's oak"]
    assert sorted(job["prompt"] for job in inspection.jobs_of(scene.stage, ben)) == [
        "Ada's oak",
        "The oak by command",
        "The oak by form",
        "The oak by reply, please",
    ]


async def test_remixes_and_again_count_on_the_limits_of_who_asks_for_them(tmp_path: Path) -> None:
    """Remixes of another's video use up only the remixer's daily limit; then every way to remix is refused."""
    async with a_stage(tmp_path, settings={"MAX_JOBS_PER_USER_PER_DAY": "2"}) as stage:
        guild = stage.chat.add_guild("Limits")
        ada, ben = stage.chat.add_person("Ada"), stage.chat.add_person("Ben")
        guild.join(ada)
        guild.join(ben)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        video, row = await made(scene, "Ada's only one")
        opened = await (await press(ben, video, Action.REMIX)).wait_form()
        await ben.reply(video, "Changed by Ben's reply")
        await inspection.job(stage, "Changed by Ben's reply", "delivered")
        await inspection.accepted(await press(ben, video, Action.AGAIN))
        # While it is under way and for some seconds, one more press of Make another means this one.
        await inspection.until(
            stage,
            lambda: [job["state"] for job in inspection.jobs_of(stage, ben)] == ["delivered"] * 2,
            "Ben's two videos",
        )
        stage.jump(10)

        for call in (
            await press(ben, video, Action.AGAIN),
            await ben.submit(opened, {"prompt": "Changed once more"}),
            await ben.slash(scene.channel, "remix", prompt="Changed once more", video=row["id"]),
            await ben.slash(scene.channel, "video", prompt="Something new"),
        ):
            assert says(await inspection.refusal(call), Reason.DAILY_LIMIT, limit=2)
        reply = await ben.reply(video, "Changed once more by reply")
        no = await stage.chat.wait_message(scene.channel, lambda m: m.reply_to is reply)
        assert says(no.content, Reason.DAILY_LIMIT, limit=2)
        assert not no.pinged
        assert len(inspection.jobs_of(stage, ben)) == 2

        await inspection.accepted(await ada.slash(scene.channel, "video", prompt="Ada still may"))
        await inspection.sent(stage, "Ada still may")


# ── what one may not see is unknown ────────────────────────────────────────────────────────────────────────────────


async def assert_unknown(scene: Scene, asker: Person, channel: Channel, video: Message, row: Row) -> None:
    """By no name and on no way does the asker get, there, at that video, or learn that there is one."""
    unknown = await say_unknown(asker, channel)
    with_prompt = await say_unknown(asker, channel, prompt="Mine now")
    assert with_prompt == f"{unknown}\n`Mine now`"
    before = len(inspection.jobs(scene.stage))
    own = await asker.say(channel, "hm")
    form = await (await asker.slash(channel, "video")).wait_form()
    names = [row["id"], row["id"].lower(), video.jump_url, row["remote_id"]]
    typed = [await asker.slash(channel, "remix", prompt="Mine now", video=name) for name in names]
    typed.append(await asker.forge_submit(form, {"prompt": "Mine now"}, f"vf:remix:job:{row['id']}"))
    for call in typed:
        assert await inspection.refusal(call) == with_prompt
        assert actions(call.answer) == [Action.EDIT]
    calls = [await asker.slash(channel, "remix", video=row["id"])]
    calls.append(await asker.forge_click(own, f"vb:video:remix:{row['id']}:1"))
    calls.append(await asker.forge_click(own, f"vb:video:again:{row['id']}:1"))
    for call in calls:
        assert await inspection.refusal(call) == unknown
    assert len(inspection.jobs(scene.stage)) == before
    assert scene.studio.paid("Mine now") == 0


async def test_a_video_of_another_server_is_unknown(scene: Scene) -> None:
    """In another server a video is answered like an unknown one, even to the person who asked for it."""
    video, row = await made(scene, "Of this server only")
    other = scene.chat.add_guild("The other server")
    there = other.add_channel("videos")
    ben = scene.chat.add_person("Ben")
    for person in (ben, scene.ada):
        other.join(person, admin=True)
        await assert_unknown(scene, person, there, video, row)


async def test_a_video_of_someone_elses_dm_is_unknown(scene: Scene) -> None:
    """A video made in a DM is unknown to everybody else, in servers and in their own DMs."""
    dm = scene.chat.dm(scene.ada)
    await inspection.accepted(await scene.ada.slash(dm, "video", prompt="Only between us"))
    video = await scene.video(dm)
    row = await inspection.job(scene.stage, "Only between us", "delivered")
    ben = scene.join("Ben", admin=True)
    await assert_unknown(scene, ben, scene.channel, video, row)
    await assert_unknown(scene, ben, scene.chat.dm(ben), video, row)


async def test_a_server_video_is_unknown_in_a_dm(scene: Scene) -> None:
    """In a DM a server's video is unknown."""
    video, row = await made(scene, "Stays in the server")
    await assert_unknown(scene, scene.ada, scene.chat.dm(scene.ada), video, row)


async def test_a_video_in_a_channel_that_the_asker_cannot_see_is_unknown(scene: Scene) -> None:
    """Without access to the channel or its history its videos are unknown; with access, remixes work from elsewhere
    too.
    """
    video, row = await made(scene, "Behind a door")
    lobby = scene.guild.add_channel("lobby")
    ben, cleo = scene.join("Ben"), scene.join("Cleo")
    scene.channel.overwrite(ben, deny=Permission.VIEW_CHANNEL)
    await assert_unknown(scene, ben, lobby, video, row)
    scene.channel.overwrite(ben, deny=Permission.READ_MESSAGE_HISTORY)
    await assert_unknown(scene, ben, lobby, video, row)
    await inspection.accepted(await cleo.slash(lobby, "remix", prompt="From the lobby", video=video.jump_url))
    await inspection.sent(scene.stage, "From the lobby")


async def test_a_video_in_a_private_thread_is_known_to_its_members_alone(scene: Scene) -> None:
    """Outside a private thread its videos are unknown to all but its members and managers of threads."""
    eve, ben = scene.join("Eve"), scene.join("Ben")
    mo = scene.join("Mo", permissions=USUAL | Permission.MANAGE_THREADS)
    thread = scene.channel.add_thread("whispers", private=True, members=[scene.ada, eve])
    await inspection.accepted(await scene.ada.slash(thread, "video", prompt="Whispered"))
    video = await scene.video(thread)
    row = await inspection.job(scene.stage, "Whispered", "delivered")
    await assert_unknown(scene, ben, scene.channel, video, row)
    for person, prompt in ((eve, "Eve's turn"), (mo, "Mo's turn")):
        await inspection.accepted(await person.slash(scene.channel, "remix", prompt=prompt, video=row["id"]))
        await inspection.sent(scene.stage, prompt)


# ── Cancel, Don't post, Retry, Delete ──────────────────────────────────────────────────────────────────────────────


async def refused(scene: Scene, stranger: Person, message: Message, action: Action) -> None:
    """The press gets a private no, and neither row, card nor provider is touched."""
    rows = facts_of_jobs(scene)
    buttons = actions(message)
    renders = len(scene.studio.renders)
    text = await inspection.refusal(await press(stranger, message, action))
    assert says(text, Reason.NOT_ALLOWED)
    assert facts_of_jobs(scene) == rows
    assert (message.deleted, actions(message)) == (False, buttons)
    assert len(scene.studio.renders) == renders


def facts_of_jobs(scene: Scene) -> list[dict[str, object]]:
    """All that is stored of this server's jobs, but for the lease, which the bot renews now and then."""
    rows = [dict(row) for row in inspection.jobs(scene.stage, guild_id=scene.guild.id)]
    return [{name: value for name, value in row.items() if name != "lease_until"} for row in rows]


async def done(call: Call) -> str:
    """The private answer to a press that was carried out."""
    answer = await call.wait_state("message")
    assert answer.ephemeral
    assert not says(answer.content, Reason.NOT_ALLOWED, Reason.NOT_YOURS, Reason.NOT_YOUR_REPLY)
    return answer.content


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def narrow_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot that sends one job at a time, so that the next one waits in the queue."""
    async with a_stage(tmp_path_factory.mktemp("narrow"), settings={"MAX_RENDERING_JOBS": "1"}) as stage:
        yield stage


async def test_cancel_and_dont_post_are_for_the_requester_and_moderators(narrow_stage: Stage) -> None:
    """A stranger's Cancel and Don't post are refused; the requester's and a moderator's are carried out."""
    guild = narrow_stage.chat.add_guild("Queue")
    ada = narrow_stage.chat.add_person("Ada")
    guild.join(ada)
    scene = Scene(narrow_stage, guild, guild.add_channel("videos"), ada)
    ben, mo = scene.join("Ben"), scene.join("Mo", permissions=MODERATOR)

    async def card(prompt: str, action: Action) -> Message:
        return await scene.chat.wait_message(scene.channel, lambda m: prompt in m.text and actions(m) == [action])

    for presser in (ada, mo):
        rendering, waiting = f"Rendering for {presser.name}", f"Waiting for {presser.name}"
        narrow_stage.studio.dials.next_render.append(Outcome.ok(render_seconds=60))
        await inspection.accepted(await ada.slash(scene.channel, "video", prompt=rendering))
        await inspection.job(narrow_stage, rendering, "rendering")
        await inspection.accepted(await ada.slash(scene.channel, "video", prompt=waiting))
        queued, sent = await card(waiting, Action.CANCEL), await card(rendering, Action.WITHHOLD)
        await refused(scene, ben, queued, Action.CANCEL)
        await refused(scene, ben, sent, Action.WITHHOLD)
        assert says(await done(await press(presser, queued, Action.CANCEL)), Key.ANSWER_CANCELLED)
        assert says(await done(await press(presser, sent, Action.WITHHOLD)), Key.ANSWER_WITHHELD)
        await inspection.job(narrow_stage, waiting, "cancelled")
        narrow_stage.jump(60)
        assert (await inspection.job(narrow_stage, rendering, "cancelled"))["withheld"]
        assert narrow_stage.studio.paid(waiting) == 0
        assert not any(message.attachments for message in scene.channel.messages)


async def test_retry_is_for_the_requester_alone(scene: Scene) -> None:
    """A stranger's and a moderator's Retry are refused; the requester's makes one new job, pressed twice or not."""
    ben, mo = scene.join("Ben"), scene.join("Mo", permissions=MODERATOR)
    prompt = "A ship without luck"
    scene.studio.dials.next_render.append(Outcome.fail(code="server_error", message="Out of luck."))
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=prompt))
    notice = await scene.chat.wait_message(scene.channel, lambda m: prompt in m.text and m.pinged)
    await refused(scene, ben, notice, Action.RETRY)
    assert says(await inspection.refusal(await press(mo, notice, Action.RETRY)), Reason.NOT_YOURS)
    await done(await press(scene.ada, notice, Action.RETRY))
    await done(await press(scene.ada, notice, Action.RETRY))
    await scene.studio.wait_for(lambda: scene.studio.paid(prompt) == 2)
    first, second = inspection.jobs(scene.stage, prompt=prompt)
    assert (second["retry_of"], second["user_id"]) == (first["id"], scene.ada.id)


@pytest.mark.parametrize("who", ["Ada", "Mo"])
async def test_the_answers_to_an_uncertain_job_are_for_the_requester_and_moderators(scene: Scene, who: str) -> None:
    """Request again and Dismiss are refused to a stranger and open to the requester and moderators."""
    ben, mo = scene.join("Ben"), scene.join("Mo", permissions=MODERATOR)
    scene.studio.faults.add("create", Fault.drop(take=True))
    prompt = f"Maybe taken for {who}"
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=prompt))
    notice = await scene.chat.wait_message(scene.channel, lambda m: Action.DISMISS in actions(m))
    await inspection.job(scene.stage, prompt, "uncertain")
    await refused(scene, ben, notice, Action.REQUEST_AGAIN)
    await refused(scene, ben, notice, Action.DISMISS)
    await done(await press(scene.ada if who == "Ada" else mo, notice, Action.DISMISS))
    await inspection.until(
        scene.stage, lambda: inspection.jobs(scene.stage, prompt=prompt)[0]["answered_at"], "the answer"
    )
    assert scene.studio.paid(prompt) == 1


@pytest.mark.parametrize("who", ["Ada", "Mo"])
async def test_delete_removes_the_message_and_forbids_remixing(scene: Scene, who: str) -> None:
    """A stranger's Delete is refused; the requester's or a moderator's removes the video, and no way leads to it."""
    ben, mo = scene.join("Ben"), scene.join("Mo", permissions=MODERATOR)
    video, row = await made(scene, f"Deleted by {who}")
    form = await (await press(ben, video, Action.REMIX)).wait_form()
    link = video.jump_url
    await refused(scene, ben, video, Action.DELETE)
    await delete_video(scene.chat, scene.ada if who == "Ada" else mo, video)
    before = len(inspection.jobs(scene.stage))
    own = await scene.ada.say(scene.channel, "hm")
    for call in (
        await ben.submit(form, {"prompt": "Once more"}),
        await scene.ada.slash(scene.channel, "remix", prompt="Once more", video=row["id"]),
        await scene.ada.slash(scene.channel, "remix", prompt="Once more", video=row["remote_id"]),
        await scene.ada.slash(scene.channel, "remix", prompt="Once more", video=link),
        await scene.ada.slash(scene.channel, "remix", video=row["id"]),
        await scene.ada.forge_click(own, f"vb:video:remix:{row['id']}:1"),
        await scene.ada.forge_click(own, f"vb:video:again:{row['id']}:1"),
    ):
        assert says(await inspection.refusal(call), Reason.VIDEO_REMOVED)
    text = await inspection.refusal(await scene.ada.slash(scene.channel, "remix", prompt="Once more"))
    assert says(text, Reason.VIDEO_NONE_HERE)
    assert await scene.ada.autocomplete(scene.channel, "remix", "video") == []
    assert len(inspection.jobs(scene.stage)) == before
    assert scene.studio.paid("Once more") == 0


@pytest.mark.reliability
async def test_forged_buttons_are_checked_like_true_ones(scene: Scene) -> None:
    """A press that no message offers is judged by who presses and by the job's state; unknown ids change nothing."""
    video, row = await made(scene, "Worth forging for")
    ben = scene.join("Ben")
    aside = scene.guild.add_channel("aside")
    mo = scene.join("Mo")
    aside.overwrite(mo, allow=MODERATOR)
    before = [tuple(one) for one in inspection.jobs(scene.stage)]
    presses = ["card:cancel", "card:withhold", "video:delete", "fail:retry", "fail:send_again", "unsure:try_again"]
    presses += ["unsure:leave", "list:cancel", "list:withhold", "list:send_again", "list:retry"]
    own = await ben.say(scene.channel, "hm")
    there = await mo.say(aside, "here I may manage messages")
    for name in presses:
        real = f"vb:{name}:{row['id']}:1"
        assert says(await inspection.refusal(await ben.forge_click(own, real)), Reason.NOT_ALLOWED)
        # In another channel this job has no button: there it is like an unknown one.
        unseen = await inspection.refusal(await mo.forge_click(there, real))
        unknown = await inspection.refusal(await ben.forge_click(own, f"vb:{name}:{NOBODYS_ID}:1"))
        assert says(unknown, Reason.VIDEO_UNKNOWN)
        assert unseen == unknown
    for name in ("card:cancel", "card:withhold", "fail:retry", "unsure:try_again", "list:send_again"):
        await inspection.refusal(await scene.ada.forge_click(own, f"vb:{name}:{row['id']}:1"))
    for garbage in ("vb:video:delete:nonsense:1", "vb:video:explode:ZZZZZZZZ:1", "vb::::", "vb:offer:make_it:-1:1"):
        await ben.forge_click(own, garbage)
    text = await inspection.refusal(await ben.forge_click(own, f"vb:offer:make_it:{own.id}:1"))
    assert says(text, Reason.DRAFT_GONE)
    assert [tuple(one) for one in inspection.jobs(scene.stage)] == before
    assert not video.deleted


@pytest.mark.reliability
async def test_what_waits_for_one_person_is_not_given_to_another(scene: Scene) -> None:
    """Another person's open form and another person's question under a reply are refused, and stay theirs."""
    video, _row = await made(scene, "Asked about")
    ben = scene.join("Ben")
    adas = await (await scene.ada.slash(scene.channel, "video", seconds="8")).wait_form()
    bens = await (await ben.slash(scene.channel, "video")).wait_form()
    stolen = await ben.forge_submit(bens, {"prompt": "Stolen form"}, adas.custom_id)
    assert says(await inspection.refusal(stolen), Reason.DRAFT_GONE)

    reply = await scene.ada.reply(video, "at night")
    question = await scene.chat.wait_message(scene.channel, lambda m: m.reply_to is reply)
    for action in (Action.MAKE_IT, Action.NO_THANKS):
        assert says(await inspection.refusal(await press(ben, question, action)), Reason.NOT_YOUR_REPLY)
    assert inspection.jobs_of(scene.stage, ben) == []

    await inspection.accepted(await scene.ada.submit(adas, {"prompt": "Still hers"}))
    assert (await inspection.sent(scene.stage, "Still hers")).fields["seconds"] == "8"
    await inspection.accepted(await press(scene.ada, question, Action.MAKE_IT))
    await inspection.sent(scene.stage, "at night")


# ── /status ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_status_shows_a_person_only_their_own_jobs(scene: Scene) -> None:
    """To others a job is unknown by id, link and provider's id, is in no list of theirs and is not suggested."""
    video, row = await made(scene, "Ada's secret plan")
    ben = scene.join("Ben", permissions=MODERATOR)
    unknown = await inspection.refusal(await ben.slash(scene.channel, "status", video=NOBODYS_ID))
    for name in (row["id"], row["id"].lower(), video.jump_url, row["remote_id"]):
        assert await inspection.refusal(await ben.slash(scene.channel, "status", video=name)) == unknown
    listed = await (await ben.slash(scene.channel, "status")).wait_state("message")
    assert "secret plan" not in listed.text
    assert await ben.autocomplete(scene.channel, "status", "video", typed="secret") == []
    assert await ben.autocomplete(scene.channel, "status", "video", typed=row["id"]) == []
    own = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
    assert "secret plan" in own.text


async def test_who_manages_the_server_may_view_its_jobs_by_id(scene: Scene) -> None:
    """People who manage the server see any job of that server by id, from any of its channels and from nowhere else."""
    _video, row = await made(scene, "Under the manager's eyes")
    mia = scene.join("Mia", permissions=USUAL | Permission.MANAGE_GUILD)
    for channel in (scene.channel, scene.guild.add_channel("office")):
        answer = await (await mia.slash(channel, "status", video=row["id"])).wait_state("message")
        assert answer.ephemeral
        assert "Under the manager's eyes" in answer.text
    listed = await (await mia.slash(scene.channel, "status")).wait_state("message")
    assert "Under the manager's eyes" not in listed.text
    assert await mia.autocomplete(scene.channel, "status", "video") == []

    other = scene.chat.add_guild("Mia's other server")
    other.join(mia, admin=True)
    unknown = await inspection.refusal(await mia.slash(scene.channel, "status", video=NOBODYS_ID))
    for place in (other.add_channel("videos"), scene.chat.dm(mia)):
        assert await inspection.refusal(await mia.slash(place, "status", video=row["id"])) == unknown


# ── where the bot may not post ─────────────────────────────────────────────────────────────────────────────────────


async def test_the_bot_works_in_dms(scene: Scene) -> None:
    """In a DM with the bot a command makes a video, a reply its remix, and /status shows them."""
    dm = scene.chat.dm(scene.ada)
    await inspection.accepted(await scene.ada.slash(dm, "video", prompt="In our DM"))
    video = await scene.video(dm)
    await scene.ada.reply(video, "The same with more snow", ping=False)
    remix = await scene.video(dm, after=video)
    await inspection.job(scene.stage, "The same with more snow", "delivered")
    answer = await (await scene.ada.slash(dm, "status")).wait_state("message")
    assert video.jump_url in answer.text
    assert remix.jump_url in answer.text


NAMED = {
    "view_channel": Permission.VIEW_CHANNEL,
    "send_messages": Permission.SEND_MESSAGES,
    "attach_files": Permission.ATTACH_FILES,
    "embed_links": Permission.EMBED_LINKS,
    "read_message_history": Permission.READ_MESSAGE_HISTORY,
}


def named(text: str) -> list[str]:
    """The permissions that a refusal names, in its order."""
    names = {permission_name(one): one for one in (*NAMED, "send_messages_in_threads")}
    return [names[bold] for bold in re.findall(r"\*\*(.+?)\*\*", text) if bold in names]


@pytest.mark.reliability
@pytest.mark.parametrize("name", NAMED)
async def test_a_channel_the_bot_cannot_post_in_is_refused_at_once(scene: Scene, name: str) -> None:
    """Where one permission is missing, every way to ask is refused privately with its name; nothing is accepted."""
    video, row = await made(scene, f"Before {name} went")
    opened = await (await press(scene.ada, video, Action.REMIX)).wait_form()
    scene.channel.overwrite(scene.chat.bot_user, deny=NAMED[name])
    rows, renders = len(inspection.jobs(scene.stage)), len(scene.studio.renders)
    calls = [
        await scene.ada.slash(scene.channel, "video", prompt="Not here"),
        await scene.ada.slash(scene.channel, "video", reference=picture()),
        await scene.ada.slash(scene.channel, "remix", prompt="Not here", video=row["id"]),
        await scene.ada.slash(scene.channel, "remix", video=row["id"]),
        await scene.ada.submit(opened, {"prompt": "Not here"}),
        await press(scene.ada, video, Action.AGAIN),
    ]
    for call in calls:
        text = await inspection.refusal(call)
        assert name in named(text)
        if name not in ("view_channel", "send_messages"):
            # Without those two Discord takes others away as well.
            assert named(text) == [name]
    assert len(inspection.jobs(scene.stage)) == rows
    assert len(scene.studio.renders) == renders


async def test_in_a_thread_another_permission_lets_the_bot_send(scene: Scene) -> None:
    """In a thread Send Messages in Threads is what counts, and Send Messages does not."""
    thread = scene.channel.add_thread("storyboard")
    scene.channel.overwrite(scene.chat.bot_user, deny=Permission.SEND_MESSAGES_IN_THREADS)
    text = await inspection.refusal(await scene.ada.slash(thread, "video", prompt="Not in threads"))
    assert "send_messages_in_threads" in named(text)
    assert "send_messages" not in named(text)
    assert inspection.jobs_of(scene.stage, scene.ada) == []
    scene.channel.overwrite(scene.chat.bot_user, deny=Permission.SEND_MESSAGES)
    await inspection.accepted(await scene.ada.slash(thread, "video", prompt="In threads"))
    await scene.video(thread)


async def test_all_missing_permissions_are_named_together(scene: Scene) -> None:
    """What is missing is named in one sentence, all of it, and what is there is not."""
    scene.channel.overwrite(scene.chat.bot_user, deny=Permission.ATTACH_FILES | Permission.READ_MESSAGE_HISTORY)
    text = await inspection.refusal(await scene.ada.slash(scene.channel, "video", prompt="Not here"))
    assert named(text) == ["attach_files", "read_message_history"]
    assert inspection.public(scene.stage, scene.channel) == []


async def test_a_reply_where_the_bot_cannot_post_videos_gets_one_answer_without_ping(scene: Scene) -> None:
    """A reply in a channel without Attach Files is answered once, without ping, with its name, and makes no job."""
    video, _row = await made(scene, "Before the files went")
    scene.channel.overwrite(scene.chat.bot_user, deny=Permission.ATTACH_FILES)
    reply = await scene.ada.reply(video, "Make it snow all over")
    no = await scene.chat.wait_message(scene.channel, lambda m: m.reply_to is reply)
    assert named(no.content) == ["attach_files"]
    assert not no.pinged
    assert not inspection.jobs(scene.stage, prompt="Make it snow all over")
    assert scene.studio.paid("Make it snow all over") == 0


async def test_a_form_on_its_way_is_checked_again_when_it_is_sent_in(scene: Scene) -> None:
    """A form that was opened while the bot could post is refused when it no longer can."""
    form = await (await scene.ada.slash(scene.channel, "video", size="1920x1080")).wait_form()
    scene.channel.overwrite(scene.chat.bot_user, deny=Permission.EMBED_LINKS)
    text = await inspection.refusal(await scene.ada.submit(form, {"prompt": "Too late to post"}))
    assert named(text) == ["embed_links"]
    assert inspection.jobs_of(scene.stage, scene.ada) == []
