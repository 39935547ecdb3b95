"""Builds the parts, starts and stops them in order. `run` is the whole bot; its clock is the only seam for time."""

import asyncio
import errno
import fcntl
import os
import signal
import socket
import stat
import uuid
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

import structlog
from discord.http import Route

from bot import VERSION
from bot.chat.courier import Courier
from bot.chat.words import ENGLISH, Key, Language, Readers
from bot.client import VideoBot, quiet_voice_warnings
from bot.connection import BACKOFF_SECONDS_MAX, disconnect, in_a_row, stay_connected
from bot.engine.acts import Acts
from bot.engine.adopting import Adopter
from bot.engine.alarm import Alarm
from bot.engine.board import Board
from bot.engine.desk import Desk
from bot.engine.drafts import Drafts
from bot.engine.housekeeping import keep_house
from bot.engine.intake import Intake
from bot.engine.lookup import Lookup
from bot.engine.lost_polls import LostPolls
from bot.engine.offering import Offering
from bot.engine.owning import Owning
from bot.engine.painting import Painter
from bot.engine.parts import Parts, Rules
from bot.engine.pausing import KillSwitch
from bot.engine.replies import Replies
from bot.engine.restores import recognise, searched_until
from bot.engine.scheduler import Scheduler
from bot.engine.telling import Teller
from bot.engine.timekeeping import Timekeeper
from bot.engine.traffic import Traffic
from bot.engine.watch import Watcher
from bot.jobs.allowlist import Allowlist
from bot.jobs.database import open_database
from bot.jobs.limits import Limits
from bot.jobs.migrating import migrate
from bot.jobs.pacing import Bounds
from bot.jobs.store import finding, moving
from bot.media.fetch import AddressGuard, VideoFetcher
from bot.media.references import ReferenceShelf
from bot.ops.clock import Clock, SteadyClock
from bot.ops.watchdog import Watchdog
from bot.settings import Settings
from bot.videos.catalogue import Catalogue
from bot.videos.client import VideosClient
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint

_DAY_SECONDS = 86_400.0
_PAID_REQUESTS_SECONDS = 15.0
_MESSAGES_SECONDS = 2.0
# All of the end, with the gateway and the database, within the 20 s that are promised.
_DRAIN_SECONDS = 19.0
_log = structlog.stdlib.get_logger(__name__)


class AlreadyRunningError(Exception):
    """Another process serves this data folder."""


class DataFolderError(Exception):
    """The data folder can't be used; the message is one line that names the setting."""


@dataclass(frozen=True, slots=True)
class _Engine:
    """The loops that run beside the client."""

    scheduler: Scheduler
    adopter: Adopter
    lost_polls: LostPolls
    teller: Teller
    painter: Painter
    offering: Offering
    intake: Intake
    timekeeper: Timekeeper
    parts: Parts


def migrate_only(settings: Settings) -> None:
    """Apply pending migrations and nothing else.

    Raises `AlreadyRunningError`, `DataFolderError`, `StoreUnavailableError`.
    """
    with _locked(settings.data_dir):
        migrate(_database_path(settings))


async def run(settings: Settings, machine_clock: Clock, languages: Mapping[str, Language]) -> None:
    """Run the bot until SIGTERM or SIGINT, then drain within 20 s. `languages` by their tags.

    Raises `AlreadyRunningError`, `DataFolderError`, `StoreUnavailableError`, `DiscordRefusedError`.
    """
    quiet_voice_warnings()
    clock = SteadyClock(machine_clock)
    with _locked(settings.data_dir), Watchdog() as watchdog:
        # A start that hangs is ended in time, too.
        stopping = _stop_signals(partial(watchdog.start, _DRAIN_SECONDS))
        await asyncio.to_thread(migrate, _database_path(settings))
        readers = Readers(languages)
        client = VideoBot(settings.discord_guild_ids, settings.data_dir, clock, readers)
        async with AsyncExitStack() as resources:
            await resources.enter_async_context(client)
            engine = await _build(settings, clock, client, readers, resources)
            if not stopping.is_set():
                await _serve(settings, client, engine, watchdog, stopping)


async def _build(
    settings: Settings, clock: SteadyClock, client: VideoBot, readers: Readers, resources: AsyncExitStack
) -> _Engine:
    """Open what has to be closed again, and put the engine together."""
    database = open_database(_database_path(settings))
    resources.push_async_callback(database.close)
    # The lock file proves that nobody else holds a job of this database.
    await database.write(moving.void_claims)
    board = Board()
    timekeeper = Timekeeper(clock, database, board)
    await timekeeper.begin()
    await database.write(moving.bring_to_now, clock.now())
    switch = KillSwitch(settings.data_dir)
    standing = await recognise(database, _database_path(settings), switch, clock.now())
    submitted = await database.read(finding.find_submit_times, clock.now() - 60.0)
    guard = SpendGuard(settings.max_submits_per_minute, clock, submitted, switch.is_on)
    endpoint = Endpoint(
        settings.videos_api_base_url,
        settings.videos_api_key.get_secret_value(),
        settings.videos_body,
        settings.videos_reference_field,
    )
    videos = VideosClient(endpoint, guard, clock)
    resources.push_async_callback(videos.close)
    address_guard = AddressGuard(settings.videos_api_base_url, settings.fetch_allow_hosts)
    catalogue = Catalogue.of(settings.videos_models, settings.videos_sizes, settings.videos_seconds)
    fetcher = VideoFetcher(settings.data_dir / "videos", settings.video_max_bytes, address_guard, videos.key_for)
    resources.push_async_callback(fetcher.close)
    await fetcher.clear_partials()
    shelf = ReferenceShelf(settings.data_dir / "references", settings.reference_max_bytes, Route.BASE)
    resources.push_async_callback(shelf.close)
    await shelf.clear_partials()
    board.searched_until = searched_until(standing)
    courier = Courier(client, clock, settings.owner_ids)
    alarm = Alarm(courier, clock, readers.of(ENGLISH))
    if standing.is_restored:
        alarm.ring(Key.ALARM_RESTORED)
    parts = Parts(
        clock, database, videos, catalogue, fetcher, shelf, courier, readers, _rules(settings), board, alarm, switch
    )
    traffic = Traffic(clock, switch.is_on, settings.max_submits_per_minute)
    adopter = Adopter(parts, traffic)
    scheduler = Scheduler(parts, traffic, Watcher(parts, traffic), _owner())
    intake = Intake(parts, traffic.refusal)
    lookup = Lookup(parts)
    client.desk = Desk(
        intake,
        Drafts(parts),
        Acts(parts, intake),
        lookup,
        Replies(parts, intake, lookup),
        Owning(parts, adopter),
        catalogue,
        readers,
    )
    lost_polls = LostPolls(parts, traffic, adopter)
    loops = (Teller(parts), Painter(parts), Offering(parts))
    return _Engine(scheduler, adopter, lost_polls, *loops, intake, timekeeper, parts)


async def _serve(
    settings: Settings, client: VideoBot, engine: _Engine, watchdog: Watchdog, stopping: asyncio.Event
) -> None:
    """Run engine and gateway side by side until told to stop; then stop them in order."""
    logged_in = asyncio.Event()
    token = settings.discord_token.get_secret_value()
    gateway = asyncio.create_task(stay_connected(client, token, logged_in), name="gateway")
    loops = [
        # Looking at running jobs needs no Discord.
        asyncio.create_task(_keep_running("scheduler", engine.scheduler.run)),
        asyncio.create_task(_keep_running("adopter", engine.adopter.run)),
        asyncio.create_task(_keep_running("lost polls", engine.lost_polls.run)),
        asyncio.create_task(_keep_running("teller", engine.teller.run, logged_in)),
        asyncio.create_task(_keep_running("painter", engine.painter.run, logged_in)),
        asyncio.create_task(_keep_running("offering", engine.offering.run, logged_in)),
        asyncio.create_task(_keep_running("alarm", engine.parts.alarm.run, logged_in)),
        asyncio.create_task(_keep_running("timekeeper", partial(engine.timekeeper.run, engine.parts.alarm))),
        asyncio.create_task(_keep_running("housekeeping", partial(keep_house, engine.parts))),
    ]
    stopped = asyncio.create_task(stopping.wait())
    loops.append(asyncio.create_task(_log_ready(settings, client, logged_in)))
    try:
        await asyncio.wait((stopped, gateway), return_when=asyncio.FIRST_COMPLETED)
    finally:
        _log.info("stopping")
        watchdog.start(_DRAIN_SECONDS)
        engine.intake.stop()
        engine.scheduler.stop()
        engine.parts.database.leave()
        for loop in (*loops, stopped):
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await asyncio.gather(
            engine.scheduler.finish(_PAID_REQUESTS_SECONDS),
            engine.teller.finish(_MESSAGES_SECONDS),
            engine.painter.finish(_MESSAGES_SECONDS),
            engine.offering.finish(_MESSAGES_SECONDS),
        )
        await disconnect(client, gateway)


async def _log_ready(settings: Settings, client: VideoBot, logged_in: asyncio.Event) -> None:
    """One line as soon as people can use the bot: what runs, where, and with which limits."""
    await logged_in.wait()
    await client.wait_until_ready()
    limits = {
        name: value for name, value in settings.model_dump().items() if name.startswith("max_") or "seconds" in name
    }
    _log.info(
        "ready", version=VERSION, servers=len(client.guilds), providers=[settings.videos_api_base_url],
        models=settings.videos_models, limits=limits, data_dir=str(settings.data_dir.resolve()),
    )  # fmt: skip


async def _keep_running(name: str, run: Callable[[], Awaitable[None]], may_start: asyncio.Event | None = None) -> None:
    """Run a loop for as long as the process lives; one that breaks is begun again, later each time."""
    if may_start is not None:
        await may_start.wait()
    breaks = 0
    while True:
        began_at = monotonic()
        try:
            await run()
        except Exception:  # noqa: BLE001  # the last guard: a broken loop would leave people waiting in silence
            breaks = in_a_row(breaks, monotonic() - began_at)
            _log.exception("loop broke", loop=name, times=breaks)
            await asyncio.sleep(min(BACKOFF_SECONDS_MAX, 2.0**breaks))


def _stop_signals(begin_to_end: Callable[[], None]) -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopping.set()
        begin_to_end()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    return stopping


@contextmanager
def _locked(data_dir: Path) -> Generator[None, None, None]:
    """Hold the data folder for this process alone, for as long as it lives; the kernel lets go of it at any death."""
    file = _open_lock(data_dir)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(f"Another process serves {data_dir} already.") from None
        yield
    finally:
        os.close(file)


def _open_lock(data_dir: Path) -> int:
    """The lock file in the data folder, which is made if only it is missing: a missing parent may be a missing disk."""
    try:
        data_dir.mkdir(mode=0o700, exist_ok=True)
        about = data_dir.stat()
        if about.st_uid == os.geteuid() and stat.S_IMODE(about.st_mode) & 0o077:
            data_dir.chmod(0o700)
        # Shutting others out of a folder that only they may write to is of no use.
        if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return os.open(data_dir / "bot.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        what = "a link that leads nowhere" if data_dir.is_symlink() else "not a folder"
        raise DataFolderError(f"DATA_DIR is wrong: {data_dir} is {what}.") from None
    except OSError as error:
        if error.errno == errno.ELOOP and (data_dir / "bot.lock").is_symlink():
            raise
        missing = isinstance(error, FileNotFoundError) and not data_dir.parent.exists()
        why = f"{data_dir.parent} does not exist" if missing else f"{data_dir} can't be used ({error.strerror})"
        raise DataFolderError(f"DATA_DIR is wrong: {why}.") from None


def _database_path(settings: Settings) -> Path:
    return settings.data_dir / "bot.db"


def _owner() -> str:
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def _rules(settings: Settings) -> Rules:
    return Rules(
        limits=Limits(
            settings.max_active_jobs_per_user,
            settings.max_jobs_per_user_per_day,
            settings.max_queued_jobs,
            guild_jobs_per_day=settings.max_jobs_per_guild_per_day,
            all_jobs_per_day=settings.max_jobs_per_day,
            allowlist=Allowlist(frozenset(settings.allowed_guild_ids), settings.takes_direct_messages),
        ),
        looks=Bounds(settings.poll_min_seconds, settings.poll_max_seconds),
        job_deadline_seconds=settings.job_deadline_seconds,
        job_give_up_seconds=settings.job_give_up_seconds,
        retention_seconds=settings.retention_days * _DAY_SECONDS,
        max_rendering_jobs=settings.max_rendering_jobs,
        retry_server_errors=settings.videos_retry_server_errors,
        reply_remix=settings.reply_remix,
        reply_grace_seconds=settings.reply_grace_seconds,
    )
