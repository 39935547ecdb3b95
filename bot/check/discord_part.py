"""Checks the bot at Discord: application, commands, servers and owners, by requests that change nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import discord

from bot.chat.permissions import is_thread, missing_for_alerts, takes_messages
from bot.chat.words import Readers
from bot.check import application, discord_commands, servers
from bot.check.discord_api import DiscordAnswer, DiscordApi, UnansweredError
from bot.check.findings import Finding, Line
from bot.check.servers import Server, ServerFacts
from bot.client import VideoBot
from bot.ops.clock import Clock
from bot.syncing import NOTE, read_note
from bot.videos.json_values import json_object

_PAGE = 200
_AT_ONCE = 8
_OWNERS_MAX = 10
Say = Callable[[Finding], None]
# What an answer that isn't Discord's may do to a reader of it.
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The settings that concern Discord. `everything`: the permissions in all servers are checked.

    Without `knows_models` the commands can't be compared: they show what the models offer.
    """

    guild_ids: tuple[int, ...]
    allowed_guild_ids: tuple[int, ...]
    owner_ids: tuple[int, ...]
    shard_count: int | None
    everything: bool
    data_dir: Path
    owner_channel_id: int | None = None
    knows_models: bool = True


class DiscordCheck:
    """One check. `say` gets each finding as soon as it is known; `answered` the answers, for their time."""

    def __init__(
        self, api: DiscordApi, client: VideoBot, wanted: Wanted, clock: Clock, readers: Readers, say: Say
    ) -> None:
        self._api = api
        self._client = client
        self._wanted = wanted
        self._clock = clock
        self._reader = readers.of("en", None)
        self._say = say
        self.invitation: str | None = None
        self.answered: DiscordAnswer | None = None

    async def run(self) -> None:
        """Check everything. Without an application nothing else can be."""
        about = await self._check_application()
        if about is None:
            return
        self.invitation = application.invitation_to(about.id)
        self._say(application.judge_interactions(about))
        self._say(application.judge_intents(about))
        self._say(application.judge_invitation(about))
        # One after the other: a running bot needs most of the requests that Discord allows.
        if self._wanted.knows_models:
            await self._try(Line.COMMANDS, self._check_commands(about.id))
        await self._try(Line.OWNERS, self._check_owners(about))
        await self._try(Line.SERVERS, self._check_servers())

    async def _try(self, line: Line, step: Coroutine[None, None, None]) -> None:
        try:
            await step
        except UnansweredError as error:
            self._say(application.judge_unanswered(line, error.failure))

    async def _check_application(self) -> discord.AppInfo | None:
        try:
            answer = await self._api.get("/oauth2/applications/@me")
        except UnansweredError as error:
            self._say(application.judge_token(None, error.failure, None))
            return None
        self.answered = answer
        about = None
        if answer.status == 200:
            with suppress(*_UNREADABLE):
                about = discord.AppInfo(self._client._connection, answer.body)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportArgumentType]  # there is no other way
        self._say(application.judge_token(answer, None, None if about is None else about.name))
        return about

    async def _check_commands(self, application_id: int) -> None:
        planned = await self._client.plan_commands(application_id)
        noted, _ids = await asyncio.to_thread(read_note, self._wanted.data_dir / NOTE)
        for target, plan in planned.items():
            scope = "" if target == "global" else f"/guilds/{target}"
            path = f"/applications/{application_id}{scope}/commands"
            answer = await self._api.get(path, with_localizations="true")
            if answer.status != 200:
                # The bot isn't in that server, which has its own line.
                continue
            differences = discord_commands.differing(plan.payloads, answer.items, of_server=target != "global")
            is_noted = noted.get(target) == plan.fingerprint
            self._say(discord_commands.judge_commands(target, differences, len(plan.payloads), is_noted=is_noted))

    async def _check_owners(self, about: discord.AppInfo) -> None:
        ids = application.owner_ids(about, self._wanted.owner_ids)
        people = [
            application.person_of(user_id, await self._api.get(f"/users/{user_id}")) for user_id in ids[:_OWNERS_MAX]
        ]
        self._say(application.judge_owners(people, configured=bool(self._wanted.owner_ids)))

    async def _check_servers(self) -> None:
        found = await self._read_servers()
        gateway = await self._api.get("/gateway/bot")
        self._say(application.judge_sessions(gateway.body, self._wanted.shard_count, len(found)))
        for finding in servers.judge_membership(found, self._wanted.guild_ids, self._wanted.allowed_guild_ids):
            self._say(finding)
        in_order = servers.order_servers(found, self._wanted.guild_ids, self._wanted.allowed_guild_ids)
        chosen = in_order if self._wanted.everything else in_order[: servers.SHOWN_MAX]
        bot_id = await self._read_bot_id()
        await self._try(Line.ALERTS, self._check_alerts(found, bot_id))
        done: list[Finding] = []
        turn = asyncio.Semaphore(_AT_ONCE)

        async def check(server: Server) -> None:
            async with turn:
                facts = await self._read_server(server, bot_id)
            done.append(servers.judge_permissions(facts, self._name_of))

        try:
            await asyncio.gather(*(check(server) for server in chosen))
        finally:
            # Also when the time is up.
            for finding in servers.merge_good(done):
                self._say(finding)
            unread = servers.judge_unread(len(in_order) - len(done), everything=len(chosen) > len(done))
            if unread is not None:
                self._say(unread)

    async def _read_bot_id(self) -> int:
        me = json_object((await self._api.get("/users/@me")).body) or {}
        return int(str(me.get("id") or 0))

    async def _check_alerts(self, found: list[Server], bot_id: int) -> None:
        channel_id = self._wanted.owner_channel_id
        channel = None if channel_id is None else await self._read_alert_channel(channel_id, found, bot_id)
        self._say(application.judge_alerts(channel, self._name_of))

    async def _read_alert_channel(self, channel_id: int, found: list[Server], bot_id: int) -> application.AlertChannel:
        answer = await self._api.get(f"/channels/{channel_id}")
        channel = json_object(answer.body)
        if answer.status != 200 or channel is None:
            return application.AlertChannel(refusal="is unknown to the bot, or hidden from it")
        kind = servers.kind_of(channel)
        server = next((each for each in found if str(each.id) == str(channel.get("guild_id"))), None)
        if server is None or not (takes_messages(kind) or is_thread(kind)):
            return application.AlertChannel(refusal="takes no messages of a server")
        # The permissions in a thread are those of the channel above.
        above = channel
        if is_thread(kind):
            above = json_object((await self._api.get(f"/channels/{channel.get('parent_id')}")).body) or {}
        member = json_object((await self._api.get(f"/guilds/{server.id}/members/{bot_id}")).body) or {}
        granted = servers.permissions_in(server, above, member, bot_id)
        return application.AlertChannel(str(channel.get("name") or ""), missing_for_alerts(granted, kind))

    async def _read_servers(self) -> list[Server]:
        """All servers that the bot is in, page by page."""
        found: list[Server] = []
        after = 0
        while True:
            answer = await self._api.get("/users/@me/guilds", limit=str(_PAGE), after=str(after))
            page = [server for each in answer.items if (server := servers.read_server(each)) is not None]
            found += page
            if len(page) < _PAGE or max(server.id for server in page) <= after:
                return found
            after = max(server.id for server in page)

    async def _read_server(self, server: Server, bot_id: int) -> ServerFacts:
        try:
            member = await self._api.get(f"/guilds/{server.id}/members/{bot_id}")
            channels = await self._api.get(f"/guilds/{server.id}/channels")
        except UnansweredError as error:
            return ServerFacts(server, failure=f"Discord {error.failure.what}")
        about = json_object(member.body)
        if member.status != 200 or channels.status != 200 or about is None:
            return ServerFacts(server, failure=f"Discord answered {member.status} and {channels.status}")
        places = servers.read_places(server, channels.items, about, bot_id)
        return ServerFacts(server, places, timed_out_until=servers.timed_out(about, self._clock.now()))

    def _name_of(self, permission: str) -> str:
        return self._reader.find(f"permissions.{permission}") or permission
