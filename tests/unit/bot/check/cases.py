"""Every line that `check` can print, each from the facts that lead to it: calls of the pure judgements."""

import errno
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import discord

from bot.chat.permissions import NEEDED
from bot.check import application, machine, provider_lines, servers, settings_part
from bot.check.backups import BackupFacts, judge_backups
from bot.check.data_folder import (
    CommitFacts,
    FolderFacts,
    ForeignEntry,
    SpaceFacts,
    judge_commit,
    judge_files,
    judge_folder,
    judge_pause,
    judge_space,
)
from bot.check.database_file import FileFacts, judge_integrity, judge_left_behind, judge_migration, judge_origin
from bot.check.database_server import (
    ServerFacts,
    judge_durability,
    judge_rights,
    judge_server,
    judge_shared_migration,
    judge_shared_pause,
)
from bot.check.discord_api import DiscordAnswer
from bot.check.discord_commands import judge_commands
from bot.check.findings import Finding, Line, State
from bot.check.http_port import PortFacts, Use, judge_port
from bot.check.provider import NO_JSON, Answer, ProviderFacts
from bot.check.reaching import Failure
from bot.check.run import judge_finished
from bot.jobs.database import StoreUnavailableError
from bot.jobs.generation import Generation
from bot.jobs.migrating import newest_revision
from bot.jobs.migrating_shared import UnusableServerError
from bot.jobs.model import GuildId
from bot.media.ffmpeg_trial import Trial
from bot.settings import ReadSettings
from bot.videos.provider_setup import Abilities, ProviderSetup

MIB = 1024 * 1024
NEWEST = newest_revision()
LINEAGE = "0" * 32
MARKS = {"lineage": LINEAGE, "generation": "5"}
KEPT = Generation(LINEAGE, 5)
FILE = FileFacts(Path("/data/bot.db"), exists=True, size_bytes=MIB, is_checked=True, revision=NEWEST)
SERVER = ServerFacts("postgresql://host/bot", "16.4", NEWEST)
OLD = "0001"
ADDRESS = "https://provider.test/v1"
LISTED = {"data": [{"id": "clip-1"}]}
READ = Answer(200, {}, LISTED, open_status=401)
NONE = Answer(404, {}, {"error": {}})
SILENT = Answer(failure=Failure("gave no answer within 10 s"))
BACKUPS = BackupFacts(Path("/backups"), date(2026, 11, 30))
HOME = servers.Server(GuildId(1), "Home", NEEDED)
FREE, HIDDEN = servers.Place("videos", ()), servers.Place("staff", ("view_channel", "send_messages"))
SHUT = servers.Place("news", ("attach_files",))
LATE, NTP_LATE = 3600.0, 2 * 86_400.0


def read_settings(*mistakes: str, doubts: tuple[str, ...] = ()) -> ReadSettings:
    return ReadSettings(MagicMock(), mistakes, doubts, frozenset())


def setting(*mistakes: str, doubts: tuple[str, ...] = ()) -> Finding:
    return next(settings_part.judge_settings(read_settings(*mistakes, doubts=doubts)))


def a_provider(listed: Answer = NONE, models: Answer = READ, **facts: Any) -> ProviderFacts:
    """A provider of the OpenAI dialect: the answers to its list of videos and to its list of models."""
    abilities = Abilities(list=facts.pop("is_declared", True))
    setup = ProviderSetup("main", ADDRESS, "sk-canary", abilities=abilities)
    answers = {"videos?limit=1": listed, "models": models, "videos/models": NONE}
    usual: dict[str, Any] = {
        "offered": ("clip-1",),
        "probes": ("videos?limit=1", "models"),
        "list_path": "videos?limit=1",
    }
    return ProviderFacts(setup, answers=answers, **(usual | facts))


def an_application(**facts: Any) -> discord.AppInfo:
    usual: dict[str, Any] = {
        "interactions_endpoint_url": None,
        "flags": discord.ApplicationFlags(),
        "bot_require_code_grant": False,
        "bot_public": True,
    }
    return MagicMock(spec=discord.AppInfo, **(usual | facts))


def sessions(remaining: int = 900, shards: int | None = None, server_count: int = 1) -> Finding:
    body = {"shards": 2, "session_start_limit": {"remaining": remaining, "reset_after": 60_000}}
    return application.judge_sessions(body, shards, server_count)


def server(*places: servers.Place, granted: discord.Permissions = NEEDED, **facts: Any) -> Finding:
    found = servers.ServerFacts(replace(HOME, granted=granted), tuple(places), **facts)
    return servers.judge_permissions(found, lambda name: name.replace("_", " ").title())


def member_of(*found: servers.Server, commands_in: tuple[int, ...] = (), allowed: tuple[int, ...] = ()) -> Finding:
    return next(servers.judge_membership(found, commands_in, allowed))


def clock(*behind_seconds: float) -> Finding:
    return machine.judge_clock([machine.TimeRead("Discord", behind, 1.5) for behind in behind_seconds])


def wrong_disk(number: int) -> Finding:
    return judge_commit(CommitFacts(error=OSError(number, "why")))


CASES: list[tuple[Line, State, Callable[[], Finding | None]]] = [
    (Line.SETTINGS, State.OK, setting),
    (Line.SETTINGS, State.PROBLEM, lambda: setting("DISCORD_TOKEN is missing.")),
    (Line.SETTINGS, State.WARNING, lambda: setting(doubts=("The file .env may be read by its group.",))),
    (Line.PROXY, State.OK, lambda: settings_part.judge_proxy({"PATH": "/bin", "https_proxy": ""})),
    (Line.PROXY, State.NOTE, lambda: settings_part.judge_proxy({"https_proxy": "http://user:secret@proxy:3128"})),
    (Line.PROXY, State.OK, lambda: settings_part.judge_proxy({}, "http://user:secret@proxy:3128")),
    (Line.FOLDER, State.OK, lambda: judge_folder(FolderFacts(Path("/data")))),
    (Line.FOLDER, State.NOTE, lambda: judge_folder(FolderFacts(Path("/data"), exists=False))),
    (Line.FOLDER, State.NOTE, lambda: judge_folder(FolderFacts(Path("/data"), is_open_to_others=True))),
    (Line.FOLDER, State.PROBLEM, lambda: judge_folder(FolderFacts(Path("/data"), refusal="DATA_DIR is wrong."))),
    (Line.FILES, State.OK, lambda: judge_files([])),
    (Line.FILES, State.PROBLEM, lambda: judge_files([ForeignEntry("bot.db", "belongs to user root")])),
    (Line.SPACE, State.OK, lambda: judge_space(SpaceFacts(2048 * MIB, 1_000))),
    (Line.SPACE, State.WARNING, lambda: judge_space(SpaceFacts(1000 * MIB, None))),
    (Line.SPACE, State.WARNING, lambda: judge_space(SpaceFacts(256 * MIB, 1_000))),
    (Line.SPACE, State.PROBLEM, lambda: judge_space(SpaceFacts(64 * MIB, 1_000))),
    (Line.SPACE, State.PROBLEM, lambda: judge_space(SpaceFacts(2048 * MIB, 0))),
    (Line.COMMIT, State.OK, lambda: judge_commit(CommitFacts(0.004))),
    (Line.COMMIT, State.WARNING, lambda: judge_commit(CommitFacts(0.3))),
    (Line.COMMIT, State.PROBLEM, lambda: wrong_disk(errno.ENOSPC)),
    (Line.COMMIT, State.PROBLEM, lambda: wrong_disk(errno.EROFS)),
    (Line.PAUSE, State.OK, lambda: judge_pause(False)),
    (Line.PAUSE, State.WARNING, lambda: judge_pause(True)),
    (Line.BACKUPS, State.OK, lambda: judge_backups(replace(BACKUPS, newest=date(2026, 11, 28)))),
    (Line.BACKUPS, State.NOTE, lambda: judge_backups(None)),
    (Line.BACKUPS, State.NOTE, lambda: judge_backups(BACKUPS)),
    (Line.BACKUPS, State.NOTE, lambda: judge_backups(replace(BACKUPS, exists=False))),
    (Line.BACKUPS, State.WARNING, lambda: judge_backups(replace(BACKUPS, newest=date(2026, 11, 27)))),
    (Line.BACKUPS, State.PROBLEM, lambda: judge_backups(replace(BACKUPS, refusal="It can't be used."))),
    (Line.SERVER, State.OK, lambda: judge_server("host/bot", "16.4", None)),
    (Line.SERVER, State.PROBLEM, lambda: judge_server("host/bot", "", UnusableServerError("It is in LATIN1."))),
    (Line.SERVER, State.PROBLEM, lambda: judge_server("host/bot", "", StoreUnavailableError("It can't be reached."))),
    (Line.INTEGRITY, State.OK, lambda: judge_integrity(FILE)),
    (Line.INTEGRITY, State.NOTE, lambda: judge_integrity(FileFacts(Path("/data/bot.db")))),
    (Line.INTEGRITY, State.NOTE, lambda: judge_integrity(replace(FILE, is_checked=False))),
    (Line.INTEGRITY, State.NOTE, lambda: judge_integrity(replace(FILE, has_untaken_log=True))),
    (Line.INTEGRITY, State.PROBLEM, lambda: judge_integrity(replace(FILE, damage="The database is damaged."))),
    (Line.INTEGRITY, State.PROBLEM, lambda: judge_integrity(replace(FILE, refusal="The database is locked."))),
    (Line.MIGRATION, State.OK, lambda: judge_migration("0013", "0013")),
    (Line.MIGRATION, State.NOTE, lambda: judge_migration(None, "0013", exists=False)),
    (Line.MIGRATION, State.NOTE, lambda: judge_migration("0012", "0013")),
    (Line.MIGRATION, State.PROBLEM, lambda: judge_migration("0014", "0013")),
    (Line.MIGRATION, State.PROBLEM, lambda: judge_shared_migration(replace(SERVER, revision=OLD, is_served=True))),
    (Line.ORIGIN, State.OK, lambda: judge_origin("bot.db", MARKS, KEPT)),
    (Line.ORIGIN, State.NOTE, lambda: judge_origin("bot.db", None, None)),
    (Line.ORIGIN, State.WARNING, lambda: judge_origin("bot.db", MARKS, None)),
    (Line.ORIGIN, State.WARNING, lambda: judge_origin("bot.db", MARKS | {"restored": "1.0"}, KEPT)),
    (Line.ORIGIN, State.PROBLEM, lambda: judge_origin("bot.db", MARKS | {"moved to": "there"}, KEPT)),
    (Line.LEFT_BEHIND, State.OK, lambda: judge_left_behind(Path("bot.db"), has_jobs=False, error=None)),
    (Line.LEFT_BEHIND, State.PROBLEM, lambda: judge_left_behind(Path("bot.db"), has_jobs=True, error=None)),
    (Line.LEFT_BEHIND, State.PROBLEM, lambda: judge_left_behind(Path("bot.db"), has_jobs=False, error="Damaged.")),
    (Line.RIGHTS, State.OK, lambda: judge_rights([])),
    (Line.RIGHTS, State.PROBLEM, lambda: judge_rights(["INSERT on jobs"])),
    (Line.DURABILITY, State.OK, lambda: judge_durability("on")),
    (Line.DURABILITY, State.WARNING, lambda: judge_durability("off")),
    (Line.SHARED_PAUSE, State.OK, lambda: judge_shared_pause(MARKS)),
    (Line.SHARED_PAUSE, State.WARNING, lambda: judge_shared_pause(MARKS | {"paused": "yes"})),
    (Line.ADDRESS, State.OK, lambda: provider_lines.judge_address(a_provider())),
    (Line.ADDRESS, State.PROBLEM, lambda: provider_lines.judge_address(
        replace(a_provider(), answers={"models": SILENT})
    )),
    (Line.ADDRESS, State.PROBLEM, lambda: provider_lines.judge_address(a_provider(Answer(308), Answer(308)))),
    (Line.ADDRESS, State.PROBLEM, lambda: provider_lines.judge_address(
        replace(a_provider(), answers={"models": Answer(503)})
    )),
    (Line.ADDRESS, State.PROBLEM, lambda: provider_lines.judge_address(
        replace(a_provider(), answers={"models": Answer(200, {}, NO_JSON)})
    )),
    (Line.ADDRESS, State.WARNING, lambda: provider_lines.judge_address(a_provider(NONE, Answer(405)))),
    (Line.KEY, State.OK, lambda: provider_lines.judge_key(a_provider())),
    (Line.KEY, State.PROBLEM, lambda: provider_lines.judge_key(a_provider(NONE, Answer(401)))),
    (Line.KEY, State.PROBLEM, lambda: provider_lines.judge_key(a_provider(Answer(402), Answer(402)))),
    (Line.KEY, State.NOTE, lambda: provider_lines.judge_key(a_provider(NONE, replace(READ, open_status=200)))),
    (Line.KEY, State.NOTE, lambda: provider_lines.judge_key(a_provider(NONE, SILENT))),
    (Line.MODELS, State.OK, lambda: provider_lines.judge_models(a_provider())),
    (Line.MODELS, State.NOTE, lambda: provider_lines.judge_models(a_provider(offered=()))),
    (Line.MODELS, State.NOTE, lambda: provider_lines.judge_models(a_provider(NONE, NONE))),
    (Line.MODELS, State.WARNING, lambda: provider_lines.judge_models(a_provider(offered=("clip-1", "clip-9")))),
    (Line.LIST, State.OK, lambda: provider_lines.judge_list(a_provider(READ, can_list=True))),
    (Line.LIST, State.NOTE, lambda: provider_lines.judge_list(a_provider(READ, can_list=True, is_declared=False))),
    (Line.LIST, State.NOTE, lambda: provider_lines.judge_list(a_provider())),
    (Line.LIST, State.WARNING, lambda: provider_lines.judge_list(a_provider(is_from_file=True))),
    (Line.RETRIES, State.NOTE, lambda: provider_lines.judge_retries(a_provider())),
    (Line.RETRIES, State.WARNING, lambda: provider_lines.judge_retries(
        a_provider(Answer(400, {"X-LiteLLM-Call-Id": "1"}, {}))
    )),
    (Line.TOKEN, State.OK, lambda: application.judge_token(DiscordAnswer(200, {}), None, "Video Bot")),
    (Line.TOKEN, State.PROBLEM, lambda: application.judge_token(DiscordAnswer(401, {}), None, None)),
    (Line.TOKEN, State.PROBLEM, lambda: application.judge_token(DiscordAnswer(503, None), None, None)),
    (Line.TOKEN, State.PROBLEM, lambda: application.judge_token(DiscordAnswer(407, None), None, None)),
    (Line.TOKEN, State.PROBLEM, lambda: application.judge_token(None, Failure("refuses connections"), None)),
    (Line.INTERACTIONS, State.OK, lambda: application.judge_interactions(an_application())),
    (Line.INTERACTIONS, State.PROBLEM, lambda: application.judge_interactions(
        an_application(interactions_endpoint_url="https://elsewhere.test")
    )),
    (Line.INTENTS, State.OK, lambda: application.judge_intents(an_application())),
    (Line.INTENTS, State.NOTE, lambda: application.judge_intents(
        an_application(flags=discord.ApplicationFlags(gateway_message_content_limited=True))
    )),
    (Line.INVITATION, State.OK, lambda: application.judge_invitation(an_application())),
    (Line.INVITATION, State.NOTE, lambda: application.judge_invitation(an_application(bot_public=False))),
    (Line.INVITATION, State.PROBLEM, lambda: application.judge_invitation(an_application(bot_require_code_grant=True))),
    (Line.SESSIONS, State.OK, sessions),
    (Line.SESSIONS, State.NOTE, lambda: application.judge_sessions({}, None, 1)),
    (Line.SESSIONS, State.WARNING, lambda: sessions(remaining=1)),
    (Line.SESSIONS, State.PROBLEM, lambda: sessions(shards=1, server_count=2501)),
    (Line.COMMANDS, State.OK, lambda: judge_commands("global", [], 6, is_noted=True)),
    (Line.COMMANDS, State.NOTE, lambda: judge_commands("global", ["video"], 6, is_noted=False)),
    (Line.COMMANDS, State.WARNING, lambda: judge_commands("5", ["video"], 6, is_noted=True)),
    (Line.SERVERS, State.OK, lambda: member_of(HOME)),
    (Line.SERVERS, State.NOTE, lambda: member_of(HOME, replace(HOME, id=GuildId(2)), allowed=(1,))),
    (Line.SERVERS, State.WARNING, member_of),
    (Line.SERVERS, State.WARNING, lambda: member_of(HOME, commands_in=(1, 7))),
    (Line.SERVERS, State.WARNING, lambda: application.judge_unanswered(Line.SERVERS, Failure("refuses connections"))),
    (Line.PERMISSIONS, State.OK, lambda: server(FREE, HIDDEN)),
    (Line.PERMISSIONS, State.OK, lambda: server(FREE, granted=discord.Permissions(administrator=True))),
    (Line.PERMISSIONS, State.OK, lambda: servers.merge_good([server(FREE)] * 11)[0]),
    (Line.PERMISSIONS, State.NOTE, lambda: servers.judge_permissions(servers.ServerFacts(HOME, failure="403"), str)),
    (Line.PERMISSIONS, State.NOTE, lambda: servers.judge_unread(50, everything=False)),
    (Line.PERMISSIONS, State.NOTE, lambda: servers.judge_unread(50, everything=True)),
    (Line.PERMISSIONS, State.WARNING, lambda: server(FREE, SHUT)),
    (Line.PERMISSIONS, State.WARNING, lambda: server(SHUT, HIDDEN)),
    (Line.PERMISSIONS, State.WARNING, lambda: server(FREE, granted=discord.Permissions(view_channel=True))),
    (Line.PERMISSIONS, State.WARNING, lambda: server(FREE, timed_out_until="2026-12-01")),
    (Line.OWNERS, State.OK, lambda: application.judge_owners([application.Person(1, "Ada")], configured=True)),
    (Line.OWNERS, State.WARNING, lambda: application.judge_owners([], configured=False)),
    (Line.OWNERS, State.WARNING, lambda: application.judge_owners(
        [application.Person(1, None), application.Person(2, "Bot", is_bot=True)], configured=True
    )),
    (Line.ALERTS, State.OK, lambda: application.judge_alerts(None, str)),
    (Line.ALERTS, State.OK, lambda: application.judge_alerts(application.AlertChannel("alerts"), str)),
    (Line.ALERTS, State.WARNING, lambda: application.judge_alerts(application.AlertChannel(refusal="is gone"), str)),
    (Line.ALERTS, State.WARNING, lambda: application.judge_alerts(
        application.AlertChannel("alerts", ("send_messages",)), str
    )),
    (Line.CLOCK, State.OK, lambda: clock(3.0, LATE)),
    (Line.CLOCK, State.NOTE, clock),
    (Line.CLOCK, State.WARNING, lambda: clock(LATE)),
    (Line.CLOCK, State.PROBLEM, lambda: clock(-NTP_LATE)),
    (Line.FFMPEG, State.OK, lambda: machine.judge_ffmpeg(Path("/bin/ffmpeg"), Trial("7.1", None))),
    (Line.FFMPEG, State.WARNING, lambda: machine.judge_ffmpeg(None, None)),
    (Line.FFMPEG, State.WARNING, lambda: machine.judge_ffmpeg(Path("/bin/ffmpeg"), Trial("7.1", "Unknown encoder"))),
    (Line.MEMORY, State.OK, lambda: machine.judge_memory(1024 * MIB, has_ffmpeg=True)),
    (Line.MEMORY, State.NOTE, lambda: machine.judge_memory(None, has_ffmpeg=True)),
    (Line.MEMORY, State.WARNING, lambda: machine.judge_memory(500 * MIB, has_ffmpeg=True)),
    (Line.MEMORY, State.WARNING, lambda: machine.judge_memory(200 * MIB, has_ffmpeg=False)),
    (Line.MEMORY, State.PROBLEM, lambda: machine.judge_memory(100 * MIB, has_ffmpeg=False)),
    (Line.OPEN_FILES, State.OK, lambda: machine.judge_open_files(4096)),
    (Line.OPEN_FILES, State.WARNING, lambda: machine.judge_open_files(256)),
    (Line.HTTP, State.OK, lambda: judge_port(PortFacts("127.0.0.1", 8080, Use.FREE))),
    (Line.HTTP, State.OK, lambda: judge_port(PortFacts("::1", 8080, Use.OURS))),
    (Line.HTTP, State.NOTE, lambda: judge_port(None)),
    (Line.HTTP, State.PROBLEM, lambda: judge_port(PortFacts("127.0.0.1", 8080, Use.TAKEN))),
    (Line.HTTP, State.PROBLEM, lambda: judge_port(PortFacts("10.9.8.7", 80, Use.CLOSED, "Permission denied"))),
    (Line.FINISHED, State.OK, lambda: next(judge_finished([], [], 2.0))),
    (Line.FINISHED, State.PROBLEM, lambda: next(judge_finished(["Discord"], [], 60.0))),
    (Line.FINISHED, State.PROBLEM, lambda: next(judge_finished(["Discord"], ["the machine"], 60.0))),
]  # fmt: skip
