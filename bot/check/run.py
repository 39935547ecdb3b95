"""Runs all checks side by side, each within its time. What hangs or breaks becomes a line."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime

import structlog
from sqlalchemy import make_url

from bot.chat.words import Language, Readers
from bot.check.backups import BackupFacts, judge_backups, look_at_backups
from bot.check.data_folder import check_data_folder
from bot.check.database_file import check_database_file, check_left_behind
from bot.check.database_server import check_database_server
from bot.check.discord_api import discord_api
from bot.check.discord_commands import offline_client
from bot.check.discord_part import DiscordCheck, Wanted
from bot.check.findings import Finding, Line, Report, in_order, ok, problem
from bot.check.http_port import judge_port, look_at_port
from bot.check.machine import TimeRead, check_machine, judge_clock
from bot.check.provider import ask_provider
from bot.check.provider_lines import judge_provider
from bot.check.settings_part import judge_proxy, judge_settings
from bot.data_folder import database_path
from bot.jobs.catalogue import Catalogue
from bot.media.ffmpeg import find_ffmpeg
from bot.media.ffmpeg_trial import try_ffmpeg
from bot.ops.clock import Clock
from bot.ops.logs import Redactor
from bot.settings import ReadSettings

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many seconds each part may take; all of them run at the same time."""

    folder: float = 20.0
    database: float = 45.0
    # Of these the check of the whole file.
    whole_file: float = 30.0
    provider: float = 30.0
    # Of these a single request.
    request: float = 10.0
    discord: float = 60.0
    # With `--all`: thousands of servers.
    discord_everything: float = 900.0
    machine: float = 30.0


@dataclass(slots=True)
class _Collected:
    """What the parts have found so far."""

    redactor: Redactor
    findings: list[Finding] = field(default_factory=list[Finding])
    times: list[TimeRead] = field(default_factory=list[TimeRead])
    invitation: str | None = None
    open_parts: list[str] = field(default_factory=list[str])
    broken_parts: list[str] = field(default_factory=list[str])

    def say(self, finding: Finding) -> None:
        """Add one, without secrets. From any thread."""
        clean = self.redactor.clean
        self.findings.append(
            replace(finding, what=clean(finding.what), remedy=clean(finding.remedy), about=clean(finding.about))
        )

    def say_all(self, findings: Iterable[Finding]) -> None:
        """Add each as soon as it is known."""
        for finding in findings:
            self.say(finding)


async def run_checks(
    found: ReadSettings,
    clock: Clock,
    languages: Mapping[str, Language],
    redactor: Redactor,
    *,
    everything: bool = False,
    bounds: Bounds | None = None,
) -> Report:
    """Check all that the settings allow. It takes no lock, and changes nothing."""
    bounds = bounds or Bounds()
    collected = _Collected(redactor)
    began_at = clock.monotonic()
    collected.say_all(judge_settings(found))
    collected.say(judge_proxy(os.environ, found.settings.proxy))
    check = _Check(found, clock, languages, collected, bounds, everything)
    await asyncio.gather(*(check.within(name, seconds, work) for name, seconds, work in check.parts()))
    collected.say(judge_clock(collected.times))
    collected.say_all(judge_finished(collected.open_parts, collected.broken_parts, clock.monotonic() - began_at))
    return Report(in_order(collected.findings), collected.invitation, broke=bool(collected.broken_parts))


def judge_finished(open_parts: list[str], broken_parts: list[str], seconds: float) -> Iterator[Finding]:
    """Whether every part was checked to its end."""
    if broken_parts:
        yield problem(
            Line.FINISHED,
            f"The check of {', '.join(broken_parts)} ended with an unexpected error.",
            "Report it, with the error on standard error.",
        )
    if open_parts:
        yield problem(
            Line.FINISHED,
            f"The check of {', '.join(open_parts)} hung, and was ended.",
            "Look at the disk, database or network that it is about, and check again.",
        )
    if not open_parts and not broken_parts:
        yield ok(Line.FINISHED, f"All that the settings allow was checked, in {seconds:.1f} s.")


def time_read(server: str, date: str, began_at: float, ended_at: float) -> TimeRead | None:
    """How far this machine's clock is from the time in a `Date` header; None without one that can be read."""
    try:
        # It has whole seconds.
        said = parsedate_to_datetime(date).timestamp() + 0.5
    except (TypeError, ValueError):
        return None
    return TimeRead(server, said - (began_at + ended_at) / 2, 1.0 + abs(ended_at - began_at))


class _Check:
    """The parts of one check."""

    def __init__(
        self,
        found: ReadSettings,
        clock: Clock,
        languages: Mapping[str, Language],
        collected: _Collected,
        bounds: Bounds,
        everything: bool,  # a command line option
    ) -> None:
        self._found = found
        self._settings = found.settings
        self._clock = clock
        self._languages = languages
        self._collected = collected
        self._bounds = bounds
        self._everything = everything

    def parts(self) -> Iterable[tuple[str, float, Callable[[], Awaitable[None]]]]:
        """Their names, bounds and work, as far as their settings can be used."""
        bounds, unusable = self._bounds, self._found.unusable
        if "DATA_DIR" not in unusable:
            yield "the data folder", bounds.folder, self._check_folder
        if not {"DATA_DIR", "DATABASE_URL"} & unusable:
            yield "the database", bounds.database, self._check_database
        if not {"PROVIDERS_FILE", "VIDEOS_API_KEY", "VIDEOS_API_BASE_URL"} & unusable:
            yield "the providers", bounds.provider, self._check_providers
        if "DISCORD_TOKEN" not in unusable:
            yield "Discord", bounds.discord_everything if self._everything else bounds.discord, self._check_discord
        yield "the machine", bounds.machine, self._check_machine

    async def within(self, name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Run a part; one that doesn't end in time, or breaks, is noted."""
        try:
            async with asyncio.timeout(seconds):
                await work()
        except TimeoutError:
            self._collected.open_parts.append(name)
        except Exception:  # noqa: BLE001  # the other parts go on, and the report says so
            _log.exception("check broke", part=name)
            self._collected.broken_parts.append(name)

    async def _check_folder(self) -> None:
        await asyncio.to_thread(self._collected.say_all, check_data_folder(self._settings.data_dir))

    async def _check_database(self) -> None:
        path = database_path(self._settings.data_dir)
        if self._settings.database_url is None:
            findings = check_database_file(path, self._bounds.whole_file)
            await asyncio.to_thread(self._collected.say_all, findings)
            if "BACKUP_DIR" not in self._found.unusable:
                self._collected.say(judge_backups(await asyncio.to_thread(self._look_at_backups)))
            return
        await asyncio.to_thread(self._collected.say_all, check_left_behind(path))
        url = make_url(self._settings.database_url.get_secret_value())
        self._collected.say_all(await check_database_server(url, path))

    def _look_at_backups(self) -> BackupFacts | None:
        folder, database = self._settings.backup_dir, database_path(self._settings.data_dir)
        return None if folder is None else look_at_backups(folder, database, self._clock.now())

    async def _check_providers(self) -> None:
        setup = self._settings.setup
        is_from_file = self._settings.providers_file is not None

        async def check(index: int) -> None:
            provider = setup.providers[index]
            routes = (route for model in setup.models for route in model.routes if route.provider == provider.name)
            offered = tuple(dict.fromkeys(route.model for route in routes))
            facts = await ask_provider(
                provider, offered, self._clock, is_from_file=is_from_file, within_seconds=self._bounds.request
            )
            self._collected.say_all(judge_provider(facts))
            for answer in facts.answers.values():
                self._note_time(
                    f"the provider {provider.name}", answer.headers.get("Date", ""), answer.began_at, answer.ended_at
                )

        await asyncio.gather(*map(check, range(len(setup.providers))))

    async def _check_discord(self) -> None:
        settings = self._settings
        readers = Readers(self._languages, has_daily_limit=settings.max_jobs_per_user_per_day > 0)
        catalogue = Catalogue(settings.setup.models)
        readers.note_models({model.name: model.label for model in catalogue.models})
        wanted = Wanted(
            settings.discord_guild_ids, settings.allowed_guild_ids, settings.owner_ids, settings.shard_count,
            self._everything, settings.data_dir, settings.owner_channel_id, self._knows_models(),
        )  # fmt: skip
        names = [provider.name for provider in settings.setup.providers]
        offline = offline_client(
            wanted.guild_ids, wanted.data_dir, self._clock, readers, catalogue, names,
            improves=settings.prompt_model is not None,
        )  # fmt: skip
        async with (
            discord_api(settings.discord_token.get_secret_value(), self._clock, settings.proxy) as api,
            offline as client,
        ):
            check = DiscordCheck(api, client, wanted, self._clock, readers, self._collected.say)
            try:
                await check.run()
            finally:
                self._collected.invitation = check.invitation
                if (answer := check.answered) is not None:
                    self._note_time("Discord", answer.date, answer.began_at, answer.ended_at)

    def _knows_models(self) -> bool:
        """Whether the settings say what is offered, which the commands show."""
        return not any(name.startswith(("VIDEOS_", "PROVIDERS_")) for name in self._found.unusable - {"VIDEOS_API_KEY"})

    async def _check_machine(self) -> None:
        program = await asyncio.to_thread(find_ffmpeg)
        trial = None if program is None else await try_ffmpeg(program, self._clock)
        self._collected.say_all(check_machine(program, trial))
        if not {"HTTP_HOST", "HTTP_PORT"} & self._found.unusable:
            host, port = self._settings.http_host, self._settings.http_port
            self._collected.say(judge_port(None if port is None else await look_at_port(host, port)))

    def _note_time(self, server: str, date: str, began_at: float, ended_at: float) -> None:
        if (read := time_read(server, date, began_at, ended_at)) is not None:
            self._collected.times.append(read)
