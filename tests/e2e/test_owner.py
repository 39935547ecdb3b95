"""The owner's commands: stop all spending without losing anything, and link a lost video to its id."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from bot.jobs.store.marks import Mark
from sandbox.chat import Call, NotPossibleError, Permission
from sandbox.chat.permissions import USUAL
from sandbox.stage import Stage
from sandbox.studio import Fault
from tests.databases import Row, rows_of
from tests.e2e import inspection
from tests.e2e.messages import ever_posted, of_kind, press, reached, time_passes_until, wait_card
from tests.e2e.scene import Scene, a_stage
from tests.figures import figure
from tests.wording import says

SMALL = {"default_size": "160x90", "frames_per_second": 1}
HERONS, LIVES = figure((12, 2), (100, 20))


@asynccontextmanager
async def a_scene(folder: Path, *, lists: bool = False, **settings: str) -> AsyncIterator[Scene]:
    """A bot, and Ada in a channel; the application belongs to `stage.chat.owner`, who is in no server."""
    async with a_stage(folder, settings=settings, list_endpoint=lists, **SMALL) as stage:
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)
        assert "Traceback" not in stage.bot.log()


async def as_owner(stage: Stage, command: str, **options: object) -> str:
    """The private responses to the application's owner, in their DM with the bot."""
    owner = stage.chat.owner
    return await private(await owner.slash(stage.chat.dm(owner), f"owner {command}", **options))


async def private(call: Call) -> str:
    answer = await call.wait_state("message", "deleted")
    assert answer.state == "message"
    assert answer.ephemeral
    return answer.content


def switch(stage: Stage) -> Path:
    return stage.bot.data_dir / "PAUSED"


def is_paused(stage: Stage) -> bool:
    """Whether an owner has paused the bot: a file, or on PostgreSQL a row that holds for all processes."""
    if "DATABASE_URL" not in stage.settings:
        return switch(stage).exists()
    return bool(rows_of(stage, "SELECT value FROM marks WHERE name = ?", Mark.PAUSED))


def states(stage: Stage) -> list[str]:
    return [row["state"] for row in inspection.jobs(stage)]


# ── who may ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_others_than_the_owner_may_not(tmp_path: Path) -> None:
    """A member isn't offered `/owner`; a server's manager, and anyone else in a DM, is refused; nothing changes."""
    async with a_scene(tmp_path) as scene:
        stage = scene.stage
        boss = scene.join("Boss", permissions=USUAL | Permission.MANAGE_GUILD)
        root = scene.join("Root", admin=True)
        stage.studio.faults.add("create", Fault.drop(take=True))
        await scene.ada.slash(scene.channel, "video", prompt="Nobody's heron")
        job = await inspection.job(stage, "Nobody's heron", "uncertain")
        remote_id = stage.studio.renders[0].id
        with pytest.raises(NotPossibleError, match="not offered to Ada"):
            await scene.ada.slash(scene.channel, "owner pause")
        places = [(boss, scene.channel), (root, scene.channel), (scene.ada, stage.chat.dm(scene.ada))]
        for person, place in places:
            for command, options in (
                ("pause", {}),
                ("resume", {}),
                ("link", {"job": job["id"], "provider_id": remote_id}),
                ("link", {"job": "ZZZZZZZZ", "provider_id": "nothing"}),
            ):
                said = await inspection.refusal(await person.slash(place, f"owner {command}", **options))
                assert says(said, Reason.OWNER_ONLY)
        assert not is_paused(stage)
        assert (await inspection.job(stage, "Nobody's heron"))["state"] == "uncertain"
        assert sum(one.operation == "poll" for one in stage.studio.requests) == 0


async def test_only_those_named_are_the_owners(tmp_path: Path) -> None:
    """With OWNER_IDS set the people named may, in their server too; the application's owner then may not."""
    async with a_stage(tmp_path, start=False) as stage:
        guild = stage.chat.add_guild("Night Shift")
        eve = stage.chat.add_person("Eve")
        guild.join(eve, permissions=USUAL | Permission.MANAGE_GUILD)
        channel = guild.add_channel("videos")
        await stage.start_bot(OWNER_IDS=f"{eve.id}, 42")
        assert says(await as_owner(stage, "pause"), Reason.OWNER_ONLY)
        assert not is_paused(stage)
        assert says(await private(await eve.slash(channel, "owner pause")), Key.OWNER_PAUSED)
        assert is_paused(stage)
        assert channel.messages == []


# ── the kill switch ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.both_databases
async def test_pausing_stops_spending_and_loses_nothing(tmp_path: Path) -> None:
    """What the provider has is delivered, what waits waits, also over a restart; new commands are refused; then on."""
    async with a_scene(tmp_path, MAX_RENDERING_JOBS="1") as scene:
        stage, channel = scene.stage, scene.channel
        gate = stage.studio.gate("create", "after_take")
        await scene.ada.slash(channel, "video", prompt="Already sent")
        await reached(gate)
        await inspection.accepted(await scene.ada.slash(channel, "video", prompt="Still waiting"))
        waiting = await wait_card(stage.chat, channel, "Still waiting")
        assert says(await as_owner(stage, "pause"), Key.OWNER_PAUSED)
        gate.open()
        await scene.video()
        await stage.chat.wait_for(lambda: says(waiting.text, Key.PAUSED_REMARK), what="a card that says so")
        assert says(waiting.text, Key.PAUSED_REMARK)

        video = next(one for one in channel.messages if one.attachments)
        again = await inspection.refusal(await press(scene.ada, video, Action.AGAIN))
        new = await inspection.refusal(await scene.ada.slash(channel, "video", prompt="Not now"))
        form = await inspection.refusal(await scene.ada.slash(channel, "video"))
        assert says(form, Reason.PAUSED)
        # Each gives back what was asked for.
        assert again == f"{form}\n`Already sent`"
        assert new == f"{form}\n`Not now`"

        await stage.bot.kill()
        await stage.chat.bot_gone()
        await stage.start_bot()
        for _ in range(5):
            stage.jump(300)
            await private(await scene.ada.slash(channel, "status"))
        assert (await inspection.job(stage, "Still waiting"))["state"] == "accepted"
        assert inspection.paid_requests(stage, "Still waiting") == []

        assert says(await as_owner(stage, "resume"), Key.OWNER_RESUMED)
        await inspection.job(stage, "Still waiting", "delivered")
        await inspection.accepted(await scene.ada.slash(channel, "video", prompt="Now then"))
        await inspection.job(stage, "Now then", "delivered")
        assert [stage.studio.paid(prompt) for prompt in ("Already sent", "Still waiting", "Now then")] == [1, 1, 1]
        assert len(inspection.jobs(stage)) == 3


async def test_a_file_laid_by_hand_pauses_too(tmp_path: Path) -> None:
    """`touch PAUSED` stops new commands at once, `rm` lets them and what waited go on, without any restart."""
    async with a_scene(tmp_path, REPLY_GRACE_SECONDS="60") as scene:
        stage, channel = scene.stage, scene.channel
        video = await scene.make("A parent")
        await scene.ada.reply(video, "Make it snow in the evening")
        await inspection.job(stage, "Make it snow in the evening", "accepted")
        switch(stage).touch()
        assert says(await inspection.refusal(await scene.ada.slash(channel, "video", prompt="Refused")), Reason.PAUSED)
        stage.jump(120)
        await private(await scene.ada.slash(channel, "status"))
        assert states(stage) == ["delivered", "accepted"]
        switch(stage).unlink()
        await time_passes_until(stage, lambda: states(stage) == ["delivered", "delivered"])
        assert stage.studio.paid("Make it snow in the evening") == 1


async def test_a_pause_between_mark_and_request_stops_the_request(tmp_path: Path) -> None:
    """Paused in the very moment in which twenty jobs are being sent, none is sent from the answer to `/owner` on."""
    async with a_scene(tmp_path, MAX_ACTIVE_JOBS_PER_USER="20") as scene:
        stage = scene.stage
        gate = stage.studio.gate("create", "before_take")
        calls = [await scene.ada.slash(scene.channel, "video", prompt=f"Heron {number}") for number in range(20)]
        await reached(gate)
        await as_owner(stage, "pause")
        sent = len([one for one in stage.studio.requests if one.operation == "create"])
        gate.open()
        await asyncio.gather(*(call.wait_state("message", "deleted") for call in calls))
        for _ in range(5):
            stage.jump(60)
            await private(await scene.ada.slash(scene.channel, "status"))
        assert len([one for one in stage.studio.requests if one.operation == "create"]) == sent
        await as_owner(stage, "resume")
        await time_passes_until(stage, lambda: all(state == "delivered" for state in states(stage)), step_seconds=5)
        assert all(stage.studio.paid(row["prompt"]) == 1 for row in inspection.jobs(stage))


# ── by hand ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def cut_off(scene: Scene, prompt: str) -> Row:
    """A video that the provider took while its answer was lost."""
    scene.studio.faults.add("create", Fault.drop(take=True))
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    job = await inspection.job(scene.stage, prompt, "uncertain")
    # So far apart that the breaker does not open.
    scene.stage.jump(60)
    return job


def remote_ids(scene: Scene) -> dict[str, str]:
    return {render.prompt: render.id for render in scene.studio.renders}


@pytest.mark.reliability
async def test_everything_cut_off_can_be_adopted_by_hand(tmp_path: Path) -> None:
    """Of jobs killed in the paid request, at a provider without a list, all are delivered once, with no second POST."""
    prompts = [f"Heron number {number:02}" for number in range(HERONS)]
    async with a_scene(tmp_path) as scene:
        stage, bob = scene.stage, scene.join("Bob")
        for life in range(LIVES):
            gates = [stage.studio.gate("create", "after_take") for _ in range(HERONS // LIVES)]
            for number, (gate, prompt) in enumerate(zip(gates, prompts[life::LIVES], strict=True)):
                # One person has four paid requests under way at most.
                await (scene.ada, bob)[number % 2].slash(scene.channel, "video", prompt=prompt)
                await reached(gate)
            await stage.bot.kill()
            await stage.chat.bot_gone()
            for gate in gates:
                gate.cut()
            await stage.start_bot()
        jobs = [await inspection.job(stage, prompt, "uncertain") for prompt in prompts]
        found = remote_ids(scene)
        for job in jobs:
            said = await as_owner(stage, "link", job=job["id"].lower(), provider_id=f" {found[job['prompt']]} ")
            assert job["id"] in said
            assert says(said, Key.OWNER_LINKED)
        await time_passes_until(stage, lambda: states(stage) == ["delivered"] * HERONS)
        for prompt in prompts:
            assert stage.studio.paid(prompt) == len(inspection.paid_requests(stage, prompt)) == 1
        videos = of_kind(scene.channel, "video")
        assert len(videos) == HERONS
        assert all(sum(prompt in video.text for video in videos) == 1 for prompt in prompts)
        notices = ever_posted(stage.chat, scene.channel, "unsure")
        assert len(notices) == HERONS
        await stage.chat.wait_for(lambda: not any(one.buttons for one in notices), what="notices that ask no more")


async def test_an_id_must_exist_and_belong_to_no_job(tmp_path: Path) -> None:
    """Unknown and owned ids, unknown, delivered and adopted jobs, a provider that is away: said, and no change."""
    async with a_scene(tmp_path) as scene:
        stage = scene.stage
        await scene.make("A heron of its own")
        mine = await inspection.job(stage, "A heron of its own", "delivered")
        job = await cut_off(scene, "A lost heron")
        found = remote_ids(scene)["A lost heron"]
        tries = {
            ("ZZZZZZZZ", found): (Reason.VIDEO_UNKNOWN, {}),
            ("not an id", found): (Reason.VIDEO_UNKNOWN, {}),
            (mine["id"], found): (Reason.NOT_LINKABLE, {"video": mine["id"]}),
            (job["id"], "video_of_nobody"): (Reason.REMOTE_UNKNOWN, {"given": "video_of_nobody"}),
            (job["id"], "../files"): (Reason.REMOTE_UNKNOWN, {"given": "../files"}),
            (job["id"], "<@1>\n**x**"): (Reason.REMOTE_UNKNOWN, {}),
            (job["id"], mine["remote_id"]): (Reason.REMOTE_OWNED, {"video": mine["id"]}),
        }
        for (job_id, remote_id), (refused, named) in tries.items():
            said = await as_owner(stage, "link", job=job_id, provider_id=remote_id)
            assert says(said, refused, **named), said
            assert "<@1>" not in said.replace("`<@1>", "")
        stage.studio.faults.add("poll", Fault.status(503))
        assert says(await as_owner(stage, "link", job=job["id"], provider_id=found), Reason.REMOTE_UNASKED)
        now = await inspection.job(stage, "A lost heron")
        assert {**dict(now), "lease_until": None} == {**dict(job), "lease_until": None}
        assert job["id"] in await as_owner(stage, "link", job=job["id"], provider_id=found)
        assert says(await as_owner(stage, "link", job=job["id"], provider_id=found), Reason.NOT_LINKABLE)
        await inspection.job(stage, "A lost heron", "delivered")
        assert stage.studio.paid("A lost heron") == 1


async def test_one_id_for_two_jobs_at_once_is_one_jobs(tmp_path: Path) -> None:
    """However the race of two commands ends, the video is posted once; the other job stays as it was."""
    async with a_scene(tmp_path) as scene:
        stage = scene.stage
        jobs = [await cut_off(scene, prompt) for prompt in ("A heron", "Its twin")]
        found = remote_ids(scene)["A heron"]
        said = await asyncio.gather(*(as_owner(stage, "link", job=job["id"], provider_id=found) for job in jobs))
        assert sum(says(one, Key.OWNER_LINKED) for one in said) == 1
        assert sum(says(one, Reason.REMOTE_OWNED, Reason.NOT_LINKABLE) for one in said) == 1
        await inspection.until(stage, lambda: sorted(states(stage)) == ["delivered", "uncertain"], "one of them")
        assert len(ever_posted(stage.chat, scene.channel, "video")) == 1


async def test_a_lost_job_is_adopted_and_its_retry_says_so(tmp_path: Path) -> None:
    """A day later, lost and announced, it can still be linked: posted once; Retry under the notice makes nothing."""
    async with a_scene(tmp_path) as scene:
        stage = scene.stage
        job = await cut_off(scene, "A patient heron")
        notice = await time_passes_until(
            stage, lambda: next(iter(of_kind(scene.channel, "fail")), None), step_seconds=6 * 3600
        )
        await inspection.job(stage, "A patient heron", "lost")
        await as_owner(stage, "link", job=job["id"], provider_id=remote_ids(scene)["A patient heron"])
        await inspection.job(stage, "A patient heron", "delivered")
        assert says(await inspection.refusal(await press(scene.ada, notice, Action.RETRY)), Reason.TOO_LATE_TO_CANCEL)
        assert len(inspection.jobs(stage)) == 1
        assert stage.studio.paid("A patient heron") == 1


async def test_adopting_goes_on_while_paused(tmp_path: Path) -> None:
    """It costs nothing, so the switch does not hold it up."""
    async with a_scene(tmp_path) as scene:
        job = await cut_off(scene, "A heron at rest")
        await as_owner(scene.stage, "pause")
        await as_owner(scene.stage, "link", job=job["id"], provider_id=remote_ids(scene)["A heron at rest"])
        await inspection.job(scene.stage, "A heron at rest", "delivered")
        assert scene.studio.paid("A heron at rest") == 1
