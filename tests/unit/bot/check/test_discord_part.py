"""The bot at Discord: the local one, asked as the check does, by GETs alone."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import discord
import pytest
from discord.http import Route

from bot.check import discord_api as requests
from bot.check.discord_api import discord_api
from bot.check.discord_commands import differing, offline_client
from bot.check.discord_part import DiscordCheck, Wanted
from bot.check.findings import Finding, Line, State
from bot.client import VideoBot
from bot.jobs.catalogue import Catalogue
from bot.ops.clock import SystemClock
from sandbox.chat import Chat, Fault
from sandbox.chat.permissions import Permission
from sandbox.clock import ScaledClock
from tests.forward_proxy import ForwardProxy
from tests.readers import READERS

CATALOGUE = Catalogue.of(("clip-1",), ("1280x720",), ("4",))
NEEDED = int(
    Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS | Permission.READ_MESSAGE_HISTORY | Permission.CREATE_PUBLIC_THREADS
)  # fmt: skip


@pytest.fixture
async def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Chat]:
    async with Chat(tmp_path / "chat", ScaledClock()) as chat:
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        monkeypatch.setattr(requests, "_APART_SECONDS", 0.0)
        yield chat


class Check:
    """One check of that chat's bot with these settings."""

    def __init__(self, chat: Chat, folder: Path, **wanted: object) -> None:
        usual: dict[str, object] = {
            "guild_ids": (), "allowed_guild_ids": (), "owner_ids": (), "shard_count": None, "everything": False,
        }  # fmt: skip
        self.chat = chat
        self.wanted = Wanted(**(usual | wanted), data_dir=folder)
        self.found: list[Finding] = []
        self.invitation: str | None = None

    def client(self) -> "object":
        return offline_client(self.wanted.guild_ids, self.wanted.data_dir, SystemClock(), READERS, CATALOGUE, ("main",))

    async def run(self, token: str | None = None, proxy: str | None = None) -> "Check":
        async with discord_api(token or self.chat.bot_token, SystemClock(), proxy) as api, self.client() as client:
            check = DiscordCheck(api, client, self.wanted, SystemClock(), READERS, self.found.append)
            await check.run()
            self.invitation = check.invitation
        assert {request.method for request in self.chat.requests} <= {"GET"}
        assert self.chat.unknown_routes == []
        return self

    def of(self, line: Line) -> list[Finding]:
        return [finding for finding in self.found if finding.line is line]

    def states(self, line: Line) -> list[State]:
        return [finding.state for finding in self.of(line)]


async def sync(check: Check) -> None:
    """As a bot that is started with these settings."""
    async with check.client() as client:
        assert isinstance(client, VideoBot)
        await client.login(check.chat.bot_token)
        client._commands.stop()
    check.chat.requests.clear()


async def test_a_bot_in_a_server(chat: Chat, tmp_path: Path) -> None:
    """Everything is good but the commands, which the first start syncs."""
    chat.add_guild("Home").add_channel("videos")
    check = await Check(chat, tmp_path).run()
    assert [finding for finding in check.found if finding.is_bad] == []
    assert check.states(Line.COMMANDS) == [State.NOTE]
    assert check.invitation == discord.utils.oauth_url(
        chat.world.application_id, permissions=discord.Permissions(NEEDED), scopes=("bot", "applications.commands")
    )
    assert list(tmp_path.glob("*.json")) == []


async def test_a_wrong_token(chat: Chat, tmp_path: Path) -> None:
    """One request is enough, and there is no link."""
    check = await Check(chat, tmp_path).run("another.token.canary")
    assert [(finding.line, finding.state) for finding in check.found] == [(Line.TOKEN, State.PROBLEM)]
    assert len(chat.requests) == 1
    assert check.invitation is None


@pytest.mark.parametrize("fault", [Fault.drop(after=False), Fault.status(503), Fault.error(403, 0)])
async def test_discord_is_down(chat: Chat, tmp_path: Path, fault: Fault) -> None:
    """No answer, or one that isn't Discord's own."""
    # aiohttp repeats a GET whose connection was cut.
    chat.faults.add("application", fault, times=2)
    check = await Check(chat, tmp_path).run()
    assert [(finding.line, finding.state) for finding in check.found] == [(Line.TOKEN, State.PROBLEM)]


async def test_discord_behind_a_proxy(chat: Chat, tmp_path: Path) -> None:
    """Every request goes through it; one that wants another password is what the token's line says."""
    chat.add_guild("Home").add_channel("videos")
    async with ForwardProxy("bot:secret") as proxy:
        check = await Check(chat, tmp_path).run(proxy=proxy.address.replace("//", "//bot:secret@"))
        assert check.states(Line.PERMISSIONS) == [State.OK]
        assert len(proxy.passed) == len(chat.requests)
        refused = await Check(chat, tmp_path).run(proxy=proxy.address)
    assert refused.states(Line.TOKEN) == [State.PROBLEM]
    assert "proxy" in refused.of(Line.TOKEN)[0].what


async def test_a_hanging_request(chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a line of its own; the others are checked."""
    monkeypatch.setattr(requests, "REQUEST_SECONDS", 0.3)
    chat.add_guild("Home").add_channel("videos")
    chat.faults.add("command_list", Fault.hang())
    check = await Check(chat, tmp_path).run()
    assert check.states(Line.COMMANDS) == [State.WARNING]
    assert check.states(Line.PERMISSIONS) == [State.OK]


async def test_a_rate_limit_is_waited_for(chat: Chat, tmp_path: Path) -> None:
    """As long as Discord asks; a long one becomes a line."""
    chat.add_guild("Home").add_channel("videos")
    chat.faults.add("guild_list", Fault.rate_limited(0.01), times=2)
    chat.faults.add("user_get", Fault.rate_limited(600))
    check = await Check(chat, tmp_path).run()
    assert check.states(Line.SERVERS) == [State.OK]
    assert check.states(Line.OWNERS) == [State.WARNING]


async def test_synced_commands_are_in_step(chat: Chat, tmp_path: Path) -> None:
    """Those that a bot of these settings has synced; another's are not."""
    check = Check(chat, tmp_path)
    await sync(check)
    assert (await check.run()).states(Line.COMMANDS) == [State.OK]
    chat.commands[0]["description"] = "Of another bot"
    again = await Check(chat, tmp_path).run()
    assert again.states(Line.COMMANDS) == [State.WARNING]
    assert chat.commands[0]["name"] in again.of(Line.COMMANDS)[0].what


async def test_commands_of_named_servers(chat: Chat, tmp_path: Path) -> None:
    """They are compared there, and none may be left everywhere."""
    guild = chat.add_guild("Named")
    check = Check(chat, tmp_path, guild_ids=(guild.id,))
    await sync(check)
    assert (await check.run()).states(Line.COMMANDS) == [State.OK, State.OK]
    elsewhere = await Check(chat, tmp_path).run()
    assert elsewhere.states(Line.COMMANDS) == [State.NOTE, State.NOTE]


async def test_what_discord_adds_to_a_command_is_no_difference(chat: Chat, tmp_path: Path) -> None:
    """It fills in what was left out, leaves out what is false, and writes numbers as texts."""
    async with Check(chat, tmp_path).client() as client:
        assert isinstance(client, VideoBot)
        planned = (await client.plan_commands(1))["global"].payloads
    there = [returned(command) for command in planned]
    assert differing(planned, there) == []
    there[0]["options"] = there[0]["options"][1:]
    assert differing(planned, there) == [there[0]["name"]]
    assert differing(planned, there[1:]) == [there[0]["name"]]


async def test_a_commands_translations_and_places_are_compared(chat: Chat, tmp_path: Path) -> None:
    """Those of a server have no places, which Discord keeps for commands everywhere."""
    async with Check(chat, tmp_path).client() as client:
        assert isinstance(client, VideoBot)
        planned = (await client.plan_commands(1))["global"].payloads
    (name, *_) = (command["name"] for command in planned)
    translated = [{**command, "description_localizations": {"de": "Ein Video"}} for command in planned[:1]]
    assert differing(planned, [*translated, *planned[1:]]) == [name]
    placed = [{**command, "contexts": None} for command in planned[:1]]
    assert differing(planned, [*placed, *planned[1:]]) == [name]
    assert differing(planned, [*placed, *planned[1:]], of_server=True) == []


def returned(command: dict[str, object]) -> dict[str, object]:
    """As Discord returns it."""
    kept = {name: value for name, value in command.items() if value not in (None, False, [], {})}
    for inner in ("options", "choices"):
        if inner in kept:
            kept[inner] = [returned(each) for each in kept[inner]]
    rights = command.get("default_member_permissions")
    added = {"id": "1", "version": "2", "handler": 1, "name_localizations": None}
    return kept | added | ({} if rights is None else {"default_member_permissions": str(rights)})


def without(permission: Permission) -> Callable[[Chat], None]:
    """A server whose roles lack one permission."""

    def make(chat: Chat) -> None:
        guild = chat.add_guild("Strict")
        guild.add_channel("videos")
        for role in guild.members[chat.bot_user.id].roles:
            role.permissions &= ~int(permission)
        guild.everyone.permissions &= ~int(permission)

    return make


@pytest.mark.parametrize(
    ("permission", "shown"),
    [
        (Permission.ATTACH_FILES, "Attach Files"),
        (Permission.SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
        (Permission.VIEW_CHANNEL, "View Channel"),
    ],
)
async def test_missing_permissions_are_named(chat: Chat, tmp_path: Path, permission: Permission, shown: str) -> None:
    """As Discord's settings show them."""
    without(permission)(chat)
    (finding,) = (await Check(chat, tmp_path).run()).of(Line.PERMISSIONS)
    assert finding.state is State.WARNING
    assert "Strict" in finding.what
    assert shown in finding.what


async def test_a_channel_that_is_closed_to_the_bot(chat: Chat, tmp_path: Path) -> None:
    """By its own overwrites: it is named, if the bot sees it."""
    guild = chat.add_guild("Mixed")
    guild.add_channel("open")
    shut, hidden = guild.add_channel("shut"), guild.add_channel("hidden")
    shut.overwrite(chat.bot_user, deny=Permission.ATTACH_FILES)
    hidden.overwrite(guild.everyone, deny=Permission.VIEW_CHANNEL)
    (finding,) = (await Check(chat, tmp_path).run()).of(Line.PERMISSIONS)
    assert finding.state is State.WARNING
    assert "1 of 3 channels. 1 are hidden from it. It lacks: #shut (Attach Files)." in finding.what


async def test_no_server_yet(chat: Chat, tmp_path: Path) -> None:
    """A bot that was just made."""
    check = await Check(chat, tmp_path).run()
    assert check.states(Line.SERVERS) == [State.WARNING]
    assert check.of(Line.PERMISSIONS) == []
    assert check.invitation is not None


@pytest.mark.parametrize("everything", [False, True])
async def test_a_bot_in_very_many_servers(chat: Chat, tmp_path: Path, everything: bool) -> None:
    """The first hundred are checked, or all of them if that is asked for; one line is for those without trouble."""
    for number in range(250):
        chat.add_guild(f"Server {number}").add_channel("videos")
    check = await Check(chat, tmp_path, everything=everything).run()
    assert "250" in check.of(Line.SERVERS)[0].what
    said = [finding.what for finding in check.of(Line.PERMISSIONS)]
    assert len(said) == (1 if everything else 2)
    assert said[0].startswith("In 250 servers" if everything else "In 100 servers")
    assert sum(request.kind == "channel_list" for request in chat.requests) == (250 if everything else 100)


async def test_named_servers_are_checked_first(chat: Chat, tmp_path: Path) -> None:
    """However many there are; others aren't if only some are allowed."""
    for number in range(120):
        chat.add_guild(f"Server {number}").add_channel("videos")
    without(Permission.ATTACH_FILES)(chat)
    named = list(chat.world.guilds)[-1]
    first = await Check(chat, tmp_path, guild_ids=(named,)).run()
    assert State.WARNING in first.states(Line.PERMISSIONS)
    chat.requests.clear()
    alone = await Check(chat, tmp_path, allowed_guild_ids=(named,)).run()
    assert alone.states(Line.PERMISSIONS) == [State.WARNING]
    assert alone.states(Line.SERVERS) == [State.NOTE]


async def test_servers_that_the_bot_is_not_in(chat: Chat, tmp_path: Path) -> None:
    """By either setting."""
    chat.add_guild("Home").add_channel("videos")
    check = await Check(chat, tmp_path, guild_ids=(7,), allowed_guild_ids=(8,)).run()
    assert check.states(Line.SERVERS)[:2] == [State.WARNING] * 2


@pytest.mark.parametrize(
    ("application", "line", "state"),
    [
        ({"interactions_endpoint_url": "https://elsewhere.test"}, Line.INTERACTIONS, State.PROBLEM),
        ({"flags": 1 << 19}, Line.INTENTS, State.NOTE),
        ({"bot_require_code_grant": True}, Line.INVITATION, State.PROBLEM),
        ({"bot_public": False}, Line.INVITATION, State.NOTE),
    ],
)
async def test_what_the_portal_says(
    chat: Chat, tmp_path: Path, application: dict[str, object], line: Line, state: State
) -> None:
    """Each switch that keeps people from the bot."""
    chat.rules.application = application
    assert (await Check(chat, tmp_path).run()).states(line) == [state]


async def test_owners(chat: Chat, tmp_path: Path) -> None:
    """People that exist; a bot or an unknown id gets no alerts."""
    ada = chat.add_person("Ada")
    named = await Check(chat, tmp_path, owner_ids=(ada.id,)).run()
    assert "Ada" in named.of(Line.OWNERS)[0].what
    for wrong in (5, chat.bot_user.id):
        assert (await Check(chat, tmp_path, owner_ids=(ada.id, wrong)).run()).states(Line.OWNERS) == [State.WARNING]


async def test_a_team_without_members(chat: Chat, tmp_path: Path) -> None:
    """All of them were invited, and none has joined."""
    chat.rules.application = {"team": {"id": "9", "name": "Us", "icon": None, "owner_user_id": "4", "members": []}}
    assert (await Check(chat, tmp_path).run()).states(Line.OWNERS) == [State.WARNING]


async def test_a_channel_for_alerts(chat: Chat, tmp_path: Path) -> None:
    """In a channel or thread where the bot may write; what it lacks is named."""
    guild = chat.add_guild("Home")
    alerts, shut, hidden = (guild.add_channel(name) for name in ("alerts", "shut", "hidden"))
    shut.overwrite(chat.bot_user, deny=Permission.SEND_MESSAGES)
    hidden.overwrite(guild.everyone, deny=Permission.VIEW_CHANNEL)
    thread = alerts.add_thread("later")
    forum = guild.add_channel("forum", type=15)

    async def line(channel_id: int) -> Finding:
        (finding,) = (await Check(chat, tmp_path, owner_channel_id=channel_id).run()).of(Line.ALERTS)
        return finding

    for channel, state, said in (
        (alerts, State.OK, "#alerts"),
        (thread, State.OK, "#later"),
        (shut, State.WARNING, "Send Messages"),
        (hidden, State.WARNING, "hidden from it"),
        (forum, State.WARNING, "no messages"),
    ):
        found = await line(channel.id)
        assert found.state is state, found
        assert said in found.what
    assert (await line(7)).state is State.WARNING
    assert (await Check(chat, tmp_path).run()).states(Line.ALERTS) == [State.OK]


async def test_names_are_harmless(chat: Chat, tmp_path: Path) -> None:
    """A server's name is foreign: it can't move the cursor or begin a line."""
    chat.add_guild("Evil\x1b[2J\nok  all is well").add_channel("x\r\x07")
    check = await Check(chat, tmp_path).run()
    assert all(finding.what.isprintable() for finding in check.found)
