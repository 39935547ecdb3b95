"""What a drill finds: each broken disk, limit, refusal and outage is named, against a local Discord; nothing is left.

Missing permissions are tried end to end (`tests/e2e/test_drill.py`).
"""

import asyncio
import errno
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
import sqlalchemy as sa
from discord.http import Route

from bot.chat.courier import DEFAULT_UPLOAD_LIMIT_BYTES, Courier
from bot.chat.shards import Shards
from bot.engine.requests.drill import Drill
from bot.engine.requests.drill_removal import SHOWN_SECONDS, DrillRemoval
from bot.engine.requests.drill_video import DRILL_VIDEO
from bot.engine.signals import Signals
from bot.jobs.allowlist import Allowlist
from bot.jobs.database import Database
from bot.jobs.drill import DrillFinding, DrillProblem, DrillReport, DrillStep
from bot.jobs.limits import Limits
from bot.jobs.model import ChannelId, GuildId, Origin, Place, UserId, Via
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.store import drills
from bot.jobs.store.upload_limits import learn_limit
from bot.jobs.upload_limits import after_refusal
from bot.media.container import read_container
from bot.media.disk_space import PICTURE_FLOOR_BYTES, VIDEO_FLOOR_BYTES
from bot.media.ffmpeg import Ffmpeg, find_ffmpeg
from bot.media.references import ReferenceShelf
from bot.media.video_fetcher import VideoFetcher
from sandbox.chat import Channel, Chat, Fault, Permission, Person
from sandbox.clock import ScaledClock
from tests.databases import a_database
from tests.readers import READERS
from tests.unit.bot.media.fake_programs import FakeProgram

MOST_BYTES = 50_000_000
MESSAGE = (DrillStep.PLAN, DrillStep.UPLOAD, DrillStep.EDIT, DrillStep.HISTORY)


@dataclass
class DrillHarness:
    """The owner in a channel of a server, and the bot's parts that a drill uses; its gateway isn't connected."""

    chat: Chat
    channel: Channel
    owner: Person
    folder: Path
    database: Database
    context: Any
    drill: Drill
    removal: DrillRemoval

    def origin(self, *, private: bool = False) -> Origin:
        channel = self.chat.dm(self.owner) if private else self.channel
        guild = None if channel.guild is None else GuildId(channel.guild.id)
        message_id = self.chat.world.next_id()
        return Origin(str(message_id), Via.COMMAND, UserId(self.owner.id), Place(ChannelId(channel.id), guild), "en-US")

    async def run(self, no_place: Refusal | None = None, *, private: bool = False) -> dict[DrillStep, DrillFinding]:
        """The findings by their steps, which are all there and in order; afterwards no file is left."""
        report = await self.drill.run(self.origin(private=private), no_place)
        assert isinstance(report, DrillReport)
        assert [finding.step for finding in report.findings] == list(DrillStep)
        assert (report.removed_at is not None) == bool(self.posted())
        assert list((self.folder / "videos").glob("*")) == []
        return {finding.step: finding for finding in report.findings}

    def posted(self) -> list[Any]:
        return [message for message in self.channel.messages if message.attachments]

    async def stored(self) -> int:
        return len(await self.database.read(drills.find_drills))


@pytest.fixture
async def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DrillHarness]:
    async with a_database(tmp_path) as database, Chat(tmp_path / "chat", ScaledClock()) as chat:
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        guild = chat.add_guild("Drills", shard=(1, 2))
        owner = chat.add_person("Eve")
        guild.join(owner)
        clock = chat.world.clock
        fetcher = VideoFetcher(tmp_path / "videos", MOST_BYTES, {})
        shelf = ReferenceShelf(tmp_path / "references", MOST_BYTES, chat.api_base)
        async with discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=30.0) as client:
            await client.login(chat.bot_token)
            context: Any = SimpleNamespace(
                clock=clock, database=database, signals=Signals(), fetcher=fetcher, shelf=shelf, readers=READERS,
                ffmpeg=Ffmpeg(None, tmp_path / "ffmpeg", fetcher.space, clock, MOST_BYTES),
                courier=Courier(client, clock, (owner.id,), served=Shards(2, (0,)), send_seconds=2.0),
                rules=SimpleNamespace(limits=Limits(3, 0)),
            )  # fmt: skip
            removal = DrillRemoval(context)
            owner_actions: Any = SimpleNamespace(refuse=lambda user: None if user == owner.id else REFUSED)
            drill = Drill(context, owner_actions, removal)
            yield DrillHarness(chat, guild.add_channel("videos"), owner, tmp_path, database, context, drill, removal)
        await fetcher.close()
        await shelf.close()
        assert chat.unknown_routes == []


REFUSED = Refusal(Reason.OWNER_ONLY)


def bad(findings: dict[DrillStep, DrillFinding]) -> dict[DrillStep, DrillProblem | None]:
    """The steps that were tried and don't work."""
    return {step: one.problem for step, one in findings.items() if not one.is_good and not one.is_skipped}


async def test_the_shipped_video_is_one_that_plays_everywhere() -> None:
    """One second of H.264 in yuv420p, with its index in front, in less than 20 kB."""
    found = read_container(DRILL_VIDEO)
    assert found is not None
    assert found.plays_inline
    assert (found.kind, found.video_codec, found.pixel_format) == ("mp4", "h264", "yuv420p")
    assert found.index_first
    assert found.duration_seconds == 1.0
    assert 1_000 < DRILL_VIDEO.stat().st_size < 20_000


async def test_where_everything_works(harness: DrillHarness) -> None:
    """The video is posted with a video's buttons, edited, found, and removed after a minute; the DM goes at once."""
    program = find_ffmpeg()
    assert program is not None
    harness.context.ffmpeg = Ffmpeg(
        program, harness.folder / "ffmpeg", harness.context.fetcher.space, harness.context.clock, MOST_BYTES
    )
    findings = await harness.run()
    assert bad(findings) == {}
    assert not any(finding.is_skipped for finding in findings.values())
    assert findings[DrillStep.PLAN].named["limit_bytes"] == DEFAULT_UPLOAD_LIMIT_BYTES
    (message,) = harness.posted()
    assert message.attachments[0].path.read_bytes() == DRILL_VIDEO.read_bytes()
    assert [button.label for button in message.buttons] == ["Remix", "Make another", "Details", "Delete"]
    assert message.edited_at is not None
    assert harness.chat.dm(harness.owner).messages == []
    await let_remove(harness)
    assert harness.posted() == []
    assert await harness.stored() == 0


async def let_remove(harness: DrillHarness, seconds: float = SHOWN_SECONDS) -> None:
    """Let the minute pass while the loop of a process, perhaps the next one, runs."""
    removing = asyncio.create_task(DrillRemoval(harness.context).run())
    async with asyncio.timeout(20):
        while await harness.stored():
            harness.chat.world.clock.jump(seconds / 4)
            await asyncio.sleep(0.01)
    removing.cancel()
    await asyncio.gather(removing, return_exceptions=True)


async def test_others_than_the_owner_may_not(harness: DrillHarness) -> None:
    """Nothing is tried."""
    before = len(harness.chat.requests)
    stranger = replace(harness.origin(), user_id=UserId(7))
    assert await harness.drill.run(stranger, None) is REFUSED
    assert len(harness.chat.requests) == before


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault.error(400, 40005), DrillProblem.TOO_LARGE),
        (Fault.status(413), DrillProblem.TOO_LARGE),
        (Fault.error(400, 400001), DrillProblem.UPLOADS),
        (Fault.error(400, 200000), DrillProblem.AUTOMOD),
        (Fault.error(400, 20009), DrillProblem.EXPLICIT),
        (Fault.error(403, 50013), DrillProblem.ACCESS),
        (Fault.error(403, 160005), DrillProblem.CLOSED),
        (Fault.error(404, 10003), DrillProblem.GONE),
        (Fault.error(400, 50035), DrillProblem.REFUSED),
        (Fault.rate_limited(600.0), DrillProblem.AWAY),
        (Fault.status(403), DrillProblem.AWAY),
    ],
)
async def test_an_upload_that_discord_refuses(harness: DrillHarness, fault: Fault, problem: DrillProblem) -> None:
    """Each refusal is named; the edit isn't tried, and nothing has to be removed."""
    harness.chat.faults.add("message_create", fault, only_if=lambda request: bool(request.files))
    findings = await harness.run()
    assert bad(findings)[DrillStep.UPLOAD] is problem
    assert findings[DrillStep.EDIT].is_skipped
    assert findings[DrillStep.HISTORY].is_skipped
    assert await harness.stored() == 0


@pytest.mark.parametrize("is_there", [True, False])
async def test_an_upload_without_a_clear_answer(harness: DrillHarness, is_there: bool) -> None:
    """The message may be there: it is searched for and removed, by the next process if need be."""
    harness.chat.faults.add(
        "message_create", Fault.drop(after=is_there), times=9, only_if=lambda request: bool(request.files)
    )
    report = await harness.drill.run(harness.origin(), None)
    assert isinstance(report, DrillReport)
    assert report.findings[5].problem is DrillProblem.UNCLEAR
    assert len(harness.posted()) == is_there
    harness.chat.faults.clear()
    await let_remove(harness, 300.0)
    assert harness.posted() == []


async def test_an_edit_that_is_refused_and_a_history_that_is_hidden(harness: DrillHarness) -> None:
    """Both are named; the message is removed all the same."""
    harness.chat.faults.add("message_edit", Fault.error(403, 50001))
    harness.channel.overwrite(harness.chat.bot_user, deny=Permission.READ_MESSAGE_HISTORY)
    findings = await harness.run()
    assert findings[DrillStep.EDIT].problem is DrillProblem.ACCESS
    assert findings[DrillStep.HISTORY].problem is DrillProblem.HISTORY
    await let_remove(harness)
    assert harness.posted() == []


async def test_closed_direct_messages(harness: DrillHarness) -> None:
    """The owner learns that what can't be posted elsewhere would be kept; in a DM there is nothing to try."""
    harness.chat.faults.add("message_create", Fault.error(403, 50007), only_if=lambda request: not request.files)
    findings = await harness.run()
    assert bad(findings)[DrillStep.DIRECT] is DrillProblem.DIRECT_CLOSED
    here = await harness.drill.run(harness.origin(private=True), None)
    assert isinstance(here, DrillReport)
    assert here.findings[-1].is_skipped


async def test_a_place_where_nothing_could_be_requested(harness: DrillHarness) -> None:
    """The refusal that a request would get is the finding; disk, database and direct messages are tried as ever."""
    no_place = Refusal(Reason.PLACE_UNPOSTABLE, {"permissions": ("attach_files",)})
    findings = await harness.run(no_place)
    assert findings[DrillStep.PLACE].refusal is no_place
    assert all(findings[step].is_skipped for step in MESSAGE)
    assert findings[DrillStep.DIRECT].is_good
    harness.context.rules.limits = Limits(3, 0, allowlist=Allowlist(frozenset({1})))
    closed = (await harness.run())[DrillStep.PLACE].refusal
    assert closed is not None
    assert closed.reason is Reason.SERVER_CLOSED


async def test_a_limit_that_was_learned_by_a_refusal(harness: DrillHarness) -> None:
    """A server that refused less than Discord's own number: how much is expected to be taken."""
    guild_id, now = harness.origin().place.guild_id, harness.context.clock.now()

    def learn(known: Any) -> Any:
        return after_refusal(known, user_id=UserId(harness.owner.id), hint_bytes=50 << 20, size_bytes=30 << 20, now=now)

    await harness.database.write(learn_limit, guild_id, learn)
    harness.context.courier.upload_limit_bytes = hint_of(50 << 20)
    findings = await harness.run()
    assert findings[DrillStep.PLAN].problem is DrillProblem.SMALL_LIMIT
    assert findings[DrillStep.PLAN].named["limit_bytes"] == 25 << 20
    assert findings[DrillStep.UPLOAD].is_good


def hint_of(size_bytes: int) -> Any:
    async def upload_limit_bytes(_guild_id: object) -> int:
        return size_bytes

    return upload_limit_bytes


@pytest.mark.parametrize(
    ("free_bytes", "problem"),
    [
        (VIDEO_FLOOR_BYTES, DrillProblem.DISK_FULL),
        (PICTURE_FLOOR_BYTES, DrillProblem.DISK_NEARLY_FULL),
        (PICTURE_FLOOR_BYTES + 1, None),
    ],
)
async def test_a_disk_without_room(
    harness: DrillHarness, monkeypatch: pytest.MonkeyPatch, free_bytes: int, problem: DrillProblem | None
) -> None:
    """By the floors of videos and pictures; the rest is tried with the shipped file."""
    for space in (harness.context.fetcher.space, harness.context.shelf.space):
        monkeypatch.setattr(space.folder, "free_bytes", lambda: free_bytes)
    findings = await harness.run()
    assert bad(findings).get(DrillStep.DISK) is problem
    assert findings[DrillStep.UPLOAD].is_good


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (errno.ENOSPC, DrillProblem.DISK_FULL),
        (errno.EDQUOT, DrillProblem.DISK_FULL),
        (errno.EROFS, DrillProblem.DISK_BROKEN),
        (errno.EIO, DrillProblem.DISK_BROKEN),
    ],
)
async def test_a_disk_that_takes_no_file(
    harness: DrillHarness, monkeypatch: pytest.MonkeyPatch, number: int, problem: DrillProblem
) -> None:
    """Full, over its quota, read-only or broken, with the system's own words."""

    def create_partial() -> object:
        raise OSError(number, "no")

    monkeypatch.setattr(harness.context.fetcher.space.folder, "create_partial", create_partial)
    findings = await harness.run()
    assert bad(findings)[DrillStep.DISK] is problem
    assert bool(findings[DrillStep.DISK].named.get("fault")) == (problem is DrillProblem.DISK_BROKEN)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (None, DrillProblem.FFMPEG_MISSING),
        ("echo \"Unknown encoder 'libx264'\" >&2; exit 1", DrillProblem.FFMPEG_BROKEN),
        ("echo 'No space left on device' >&2; exit 1", DrillProblem.DISK_FULL),
        ("exit 0", DrillProblem.FFMPEG_BROKEN),
    ],
)
async def test_an_ffmpeg_that_makes_nothing(
    harness: DrillHarness, tmp_path: Path, script: str | None, problem: DrillProblem
) -> None:
    """It isn't there, lacks the encoder, has no room, or makes no file."""
    (tmp_path / "programs").mkdir()
    program = None if script is None else FakeProgram(tmp_path / "programs", script).path
    space, clock = harness.context.fetcher.space, harness.context.clock
    harness.context.ffmpeg = Ffmpeg(program, harness.folder / "ffmpeg", space, clock, MOST_BYTES)
    findings = await harness.run()
    assert bad(findings) == {DrillStep.FFMPEG: problem}


@pytest.mark.sqlite_only("a trigger in its words")
async def test_a_database_that_can_not_be_written(harness: DrillHarness) -> None:
    """Nothing is posted: the message could not be removed after a crash."""
    full = sa.text("CREATE TRIGGER full BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    await harness.database.write(lambda connection: connection.execute(full))
    findings = await harness.run()
    assert bad(findings)[DrillStep.DATABASE] is DrillProblem.DATABASE
    assert findings[DrillStep.UPLOAD].is_skipped


async def test_a_message_that_can_not_be_removed_is_forgotten(harness: DrillHarness) -> None:
    """Its channel is gone, or closed to the bot; while Discord is away it is tried again."""
    await harness.run()
    harness.chat.faults.add("message_delete", Fault.status(503), times=3)
    harness.chat.faults.add("message_delete", Fault.error(403, 50001))
    await let_remove(harness, 200.0)
    assert not harness.chat.faults.planned
