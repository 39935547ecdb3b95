"""Opens the resources, then runs the engine beside the client. `run` is the whole bot; its clock is the one seam."""

import asyncio
import os
import signal
import socket
import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial

import structlog
from sqlalchemy import URL, make_url

from bot import VERSION
from bot.chat.courier import Courier
from bot.chat.members import Members
from bot.chat.shards import Shards
from bot.chat.words import Language, Readers
from bot.client import VideoBot, quiet_voice_warnings
from bot.connection import disconnect, stay_connected
from bot.data_folder import database_path, locked
from bot.data_media import open_media
from bot.engine.alert_posting import OwnerMail
from bot.engine.cluster import Cluster, take_predecessor
from bot.engine.context import EngineContext, Rules
from bot.engine.engine import Engine
from bot.engine.kill_switch import KillSwitch
from bot.engine.nightly_backup import NightlyBackup
from bot.engine.owner_alerts import OwnerAlerts
from bot.engine.restore_detection import detect_restore, searched_until
from bot.engine.signals import Signals
from bot.engine.timekeeper import Timekeeper
from bot.gateway import IdentifyTurns, SessionStarts
from bot.jobs.alerts import AlertKind
from bot.jobs.allowlist import Allowlist
from bot.jobs.catalogue import Catalogue
from bot.jobs.clean_end import note_clean_end
from bot.jobs.database import Database, open_database, open_shared_database
from bot.jobs.generation import generation_path
from bot.jobs.limits import Limits
from bot.jobs.migrating import holds_jobs, migrate
from bot.jobs.migrating_shared import migrate_shared
from bot.jobs.pacing import Bounds
from bot.jobs.store import finding, marks, moving, processes
from bot.ops.clock import Clock, SteadyClock
from bot.ops.observer import SILENT, Observer
from bot.ops.watchdog import Watchdog
from bot.settings import Settings, Setup
from bot.transfer import Transfer
from bot.videos.client import VideosClient
from bot.videos.dialect_choice import dialect_of
from bot.videos.providers import Provider, Providers, stored_ids
from bot.videos.spending import WINDOW_SECONDS, SpendGuard
from bot.videos.values import Endpoint
from bot.web.opening import open_site

_DAY_SECONDS = 86_400.0
# The whole shutdown, with the gateway and the database, within the promised 20 s.
_DRAIN_SECONDS = 19.0
_log = structlog.stdlib.get_logger(__name__)


class LeftBehindError(Exception):
    """The data folder has jobs in a database that the settings don't name."""


def migrate_only(settings: Settings, source: URL | None = None, now: float = 0.0) -> None:
    """Apply pending migrations; then move the data of a stopped bot from the database at the address `source`.

    Raises `AlreadyRunningError`, `DataFolderError`, `TransferError`, `StoreUnavailableError`.
    """
    with locked(settings.data_dir):
        if source is None:
            _migrate(settings)
        else:
            moving_over = Transfer(source, settings.data_dir, _shared_address(settings), now)
            asyncio.run(moving_over.run(partial(_migrate, settings)))


async def run(settings: Settings, machine_clock: Clock, languages: Mapping[str, Language]) -> None:
    """Run the bot until SIGTERM or SIGINT, then drain within 20 s. `languages` by their tags.

    Raises `AlreadyRunningError`, `DataFolderError`, `ListenError`, `StoreUnavailableError`, `DiscordRefusedError`.
    """
    quiet_voice_warnings()
    clock = SteadyClock(machine_clock)
    with locked(settings.data_dir), Watchdog() as watchdog:
        # A start that hangs is cut off in time, too.
        stopping = _stop_signals(partial(watchdog.start, _DRAIN_SECONDS))
        async with AsyncExitStack() as resources:
            site = await open_site(settings.http_host, settings.http_port, clock, resources)
            await asyncio.to_thread(_migrate_to_serve, settings)
            readers = Readers(languages, has_daily_limit=settings.max_jobs_per_user_per_day > 0)
            served = Shards(settings.shard_count, settings.shard_ids)
            signals = Signals()
            guild_ids, folder, proxy = settings.discord_guild_ids, settings.data_dir, settings.proxy
            client = VideoBot(guild_ids, folder, clock, readers, served, signals.may_sync, proxy)
            await resources.enter_async_context(client)
            observer = SILENT if site is None else site.observer
            engine = await build_engine(settings, clock, client, readers, resources, signals, observer)
            if site is not None:
                site.watch(engine, client)
            starts = SessionStarts(client, clock, engine.turns or IdentifyTurns(clock))
            if not stopping.is_set():
                await _serve(settings, client, starts, engine, watchdog, stopping)


async def build_engine(
    settings: Settings,
    clock: SteadyClock,
    client: VideoBot,
    readers: Readers,
    resources: AsyncExitStack,
    signals: Signals,
    observer: Observer = SILENT,
) -> Engine:
    """Open the resources that have to be closed again, and build the engine on them; the client gets its services."""
    kill_switch, process = KillSwitch(settings.data_dir), _process_name()
    guard = SpendGuard(settings.max_submits_per_minute, clock, is_paused=kill_switch.is_on)
    database, cluster = await _open_database(settings, process, signals, kill_switch, resources, observer)

    async def take_over_spending() -> None:
        # Another process sent each of its requests some time after it was marked, by a clock of its own.
        later_seconds = processes.SEND_WITHIN_SECONDS if database.is_shared else 0.0
        since = clock.now() - WINDOW_SECONDS - later_seconds
        guard.remember(await database.read(finding.find_submit_times_since, since), later_seconds)

    timekeeper = Timekeeper(clock, database, signals, process)
    await timekeeper.begin()
    await database.write(moving.bring_to_now, clock.now())
    found = await detect_restore(database, database_path(settings.data_dir), kill_switch, clock.now())
    await take_over_spending()
    if cluster is not None:
        await cluster.begin(take_over_spending)
    setup = settings.setup
    providers = _providers(setup, guard, clock, observer)
    resources.push_async_callback(providers.close)
    catalogue = Catalogue(setup.models)
    readers.note_models({model.name: model.label for model in catalogue.models})
    media = await open_media(settings, providers, clock, resources, observer)
    signals.searched_until = searched_until(found)
    signals.paused_providers = await database.read(marks.read_paused_providers)
    courier = Courier(client, clock, settings.owner_ids, served=client.served, observer=observer)
    machine = socket.gethostname() if database.is_shared else ""
    mail = OwnerMail(courier, settings.owner_channel_id)
    owner_alerts = OwnerAlerts(mail, clock, readers, database, process, machine)
    if found.is_restored:
        owner_alerts.alert(AlertKind.RESTORED)
    context = EngineContext(
        clock, database, providers, catalogue, *media, courier, Members(client, client.served), readers,
        _rules(settings), signals, owner_alerts, kill_switch, process,
    )  # fmt: skip
    backups = None
    if settings.backup_dir is not None:
        backups = NightlyBackup(context, database_path(settings.data_dir).absolute(), settings.backup_dir.absolute())
    engine = Engine(context, timekeeper, settings.max_submits_per_minute, client, cluster, backups)
    client.services = engine.services
    return engine


def _providers(setup: Setup, guard: SpendGuard, clock: Clock, observer: Observer) -> Providers:
    """A client for each provider of the settings; all share the hard stop on paid requests."""
    ids = stored_ids(setup.providers)
    made = [
        Provider(
            ids[one.name],
            one.name,
            VideosClient(
                Endpoint(one.base_url, one.api_key),
                dialect_of(one),
                guard,
                clock,
                report=partial(observer.provider_answered, one.name),
            ),
            one.abilities,
            one.retry_server_errors,
            one.reference_fit,
        )
        for one in setup.providers
    ]
    return Providers(made, setup.models)


async def _open_database(
    settings: Settings,
    process: str,
    signals: Signals,
    kill_switch: KillSwitch,
    resources: AsyncExitStack,
    observer: Observer,
) -> tuple[Database, Cluster | None]:
    """Open the database, and take part in the cluster if other processes may use it, too."""
    path = database_path(settings.data_dir)
    url = _shared_address(settings)
    if url is None:
        database = open_database(path, observer)
        resources.callback(note_clean_end, path)
        resources.push_async_callback(database.close)
        # The lock file proves that no other process owns a job of this database.
        await database.write(processes.void_ownership)
        return database, None
    database = open_shared_database(url, process, generation_path(path), observer)
    resources.push_async_callback(database.close)
    cluster = Cluster(database, url, signals, kill_switch, process)
    predecessor = take_predecessor(settings.data_dir, process)
    await cluster.enter(predecessor)
    resources.push_async_callback(cluster.leave)
    return database, cluster


def _migrate_to_serve(settings: Settings) -> None:
    """Migrate, unless jobs would be left behind in the data folder."""
    path = database_path(settings.data_dir)
    if settings.database_url is not None and holds_jobs(path):
        raise LeftBehindError(
            f"DATABASE_URL is set, but {path} has jobs: move them with python -m bot migrate --from sqlite:///{path}, "
            "or move that file away."
        )
    _migrate(settings)


def _migrate(settings: Settings) -> None:
    url = _shared_address(settings)
    if url is None:
        migrate(database_path(settings.data_dir))
    else:
        migrate_shared(url)


def _shared_address(settings: Settings) -> URL | None:
    return None if settings.database_url is None else make_url(settings.database_url.get_secret_value())


async def _serve(
    settings: Settings,
    client: VideoBot,
    starts: SessionStarts,
    engine: Engine,
    watchdog: Watchdog,
    stopping: asyncio.Event,
) -> None:
    """Run engine and gateway side by side until a stop signal; then stop them in order."""
    logged_in = asyncio.Event()
    token = settings.discord_token.get_secret_value()
    gateway = asyncio.create_task(stay_connected(client, token, logged_in, starts), name="gateway")
    engine.start(logged_in)
    stopped = asyncio.create_task(stopping.wait())
    ready = asyncio.create_task(_log_ready(settings, client, logged_in, engine.context.ffmpeg.available))
    database = engine.context.database
    over = asyncio.create_task(database.is_over.wait())
    try:
        await asyncio.wait((stopped, gateway, over), return_when=asyncio.FIRST_COMPLETED)
        if database.over_because is not None:
            await engine.warn_others()
            raise database.over_because
    finally:
        _log.info("stopping")
        watchdog.start(_DRAIN_SECONDS)
        for task in (stopped, ready, over):
            task.cancel()
        await engine.stop()
        await disconnect(client, gateway)


async def _log_ready(settings: Settings, client: VideoBot, logged_in: asyncio.Event, has_ffmpeg: bool) -> None:
    """Log one line as soon as people can use the bot: version, servers, provider and limits."""
    await logged_in.wait()
    await client.wait_until_ready()
    limits = {
        name: value for name, value in settings.model_dump().items() if name.startswith("max_") or "seconds" in name
    }
    _log.info(
        "ready", version=VERSION, servers=len(client.guilds), shards=client.shard_ids, shard_count=client.shard_count,
        providers={provider.name: provider.base_url for provider in settings.setup.providers},
        models=[model.name for model in settings.setup.models], limits=limits, ffmpeg=has_ffmpeg,
        data_dir=str(settings.data_dir.resolve()),
    )  # fmt: skip


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


def _process_name() -> str:
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
        poll_bounds=Bounds(settings.poll_min_seconds, settings.poll_max_seconds),
        job_deadline_seconds=settings.job_deadline_seconds,
        job_give_up_seconds=settings.job_give_up_seconds,
        retention_seconds=settings.retention_days * _DAY_SECONDS,
        max_rendering_jobs=settings.max_rendering_jobs,
        reply_remix=settings.reply_remix,
        reply_grace_seconds=settings.reply_grace_seconds,
        prompt_model=settings.prompt_model,
        improvements_per_day=settings.prompt_improvements_per_user_per_day,
    )
