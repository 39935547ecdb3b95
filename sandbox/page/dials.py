"""The dials of Backstage: the behaviour of both servers and the process. Each change returns one sentence."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import get_args

from sandbox.chat import Guild, Permission
from sandbox.chat.permissions import USUAL
from sandbox.chat.records import MIB, Json
from sandbox.page.planned_faults import DISCORD_FAULTS, DISCORD_TARGETS, PROVIDER_FAULTS, PROVIDER_TARGETS, only_if
from sandbox.stage import Stage
from sandbox.studio import Dials, Outcome, Studio
from sandbox.studio.dials import CancelForm, ProgressForm, RemixForm

OVER_LIMIT_MEGABYTES = 12.0
SLOW_SECONDS = 2400.0
_RENDER_SECONDS_MAX = 3600.0
_JUMP_SECONDS_MAX = 86_400.0
_TIMES_MAX = 50
_TIER_MAX = 3

PERMISSIONS = {
    "view_channel": ("View Channel", Permission.VIEW_CHANNEL),
    "send_messages": ("Send Messages", Permission.SEND_MESSAGES),
    "send_messages_in_threads": ("Send Messages in Threads", Permission.SEND_MESSAGES_IN_THREADS),
    "embed_links": ("Embed Links", Permission.EMBED_LINKS),
    "attach_files": ("Attach Files", Permission.ATTACH_FILES),
    "read_message_history": ("Read Message History", Permission.READ_MESSAGE_HISTORY),
    "manage_messages": ("Manage Messages", Permission.MANAGE_MESSAGES),
}
OUTCOMES: dict[str, Outcome | None] = {
    "ok": None,
    "refused": Outcome.refuse(),
    "failed": Outcome.fail(code="server_error", message="The render broke off."),
    "blocked": Outcome.fail(),
    "hangs": Outcome.hang(),
    "slow": Outcome.ok(render_seconds=SLOW_SECONDS),
}
_NEXT_RENDER = {
    "ok": "The next render succeeds.",
    "refused": "The next request is refused and not charged.",
    "failed": "The next render is accepted, and fails.",
    "blocked": "The next render is accepted, and then refused for its content.",
    "hangs": "The next render is accepted, and never finishes.",
    "slow": "The next render takes 40 minutes.",
}
_GATEWAY_DROPS = {
    "abort": "The connection was cut.",
    "reconnect": "Discord requested a reconnect.",
    "invalid": "Discord invalidated the session.",
}


_CANCEL = {
    "none": "The provider has no DELETE.",
    "aborts": "A DELETE stops a render and removes it.",
    "aborts_slowly": "A DELETE is answered 409, and the render is cancelled a while later.",
    "marks": "A DELETE stops a render, which is then cancelled.",
    "finished_only": "A DELETE is refused while a video renders.",
    "forgets": "A DELETE removes a video, which renders on.",
}


_REMIX = {
    "works": "Remixes work.",
    "no_path": "There is no path for remixes: 404.",
    "no_method": "Remixes are not allowed: 405.",
    "source_lost": "Finished videos are lost at the provider.",
}


class DialError(Exception):
    """The value isn't possible; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The requested value of a dial, as it came from the page."""

    body: Json

    def choice(self, name: str, choices: tuple[str, ...], usual: str | None = None) -> str:
        value = self.body.get(name, usual)
        if value not in choices:
            raise DialError(f"'{name}' is one of {', '.join(choices)}.")
        return value

    def number(self, name: str, least: float, most: float, usual: float | None = None) -> float:
        value = self.body.get(name, usual)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise DialError(f"'{name}' is a number from {least:g} to {most:g}.")
        return float(value)

    def whole(self, name: str, least: int, most: int, usual: int | None = None) -> int:
        value = self.number(name, least, most, usual)
        if not value.is_integer():
            raise DialError(f"'{name}' is a whole number.")
        return int(value)

    def flag(self, name: str, usual: bool | None = None) -> bool:
        value = self.body.get(name, usual)
        if not isinstance(value, bool):
            raise DialError(f"'{name}' is true or false.")
        return value


class DialBoard:
    """All dials of one stage. The stage's initial setup counts as normal."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._normal = {name: dataclasses.replace(studio.dials) for name, studio in stage.studios.items()}
        self._normal_tiers = {one.id: one.premium_tier for one in stage.chat.world.guilds.values()}
        # A process that starts while time jumps would jump twice.
        self._one_at_a_time = asyncio.Lock()

    async def turn(self, name: str, body: Json) -> Json:
        """Set one dial; returns `{"said": sentence}`. Raises `DialError`."""
        dial = _DIALS.get(name)
        if dial is None:
            raise DialError(f"There is no dial '{name}'.")
        return {"said": await dial(self, _Wanted(body))}

    def _provider(self, wanted: _Wanted) -> tuple[Studio, str]:
        """The provider that is meant, the first unless said; and its name before a sentence if there are several."""
        studios = self._stage.studios
        name = wanted.choice("provider", tuple(studios), next(iter(studios)))
        return studios[name], f"{name}: " if len(studios) > 1 else ""

    async def render(self, wanted: _Wanted) -> str:
        """How long renders take, and how they report their progress."""
        studio, about = self._provider(wanted)
        dials = studio.dials
        seconds = wanted.number("seconds", 0, _RENDER_SECONDS_MAX, dials.render_seconds)
        progress = wanted.choice("progress", get_args(ProgressForm), dials.progress)
        dials.render_seconds = seconds
        dials.progress = next(one for one in get_args(ProgressForm) if one == progress)
        reported = {"none": "report no progress", "percent": "report progress", "text": "report progress as text"}
        return f"{about}New renders take {seconds:g} s and {reported[progress]}."

    async def next_render(self, wanted: _Wanted) -> str:
        """The outcome of the next render, of a create or a remix."""
        name = wanted.choice("outcome", tuple(OUTCOMES))
        outcome = OUTCOMES[name]
        studio, about = self._provider(wanted)
        studio.dials.next_render[:] = [] if outcome is None else [outcome]
        return f"{about}{_NEXT_RENDER[name]}"

    async def video_size(self, wanted: _Wanted) -> str:
        """Whether videos are too large for a server without boosts."""
        large = wanted.choice("size", ("normal", "over_limit")) == "over_limit"
        studio, about = self._provider(wanted)
        usual = next(dials for name, dials in self._normal.items() if self._stage.studios[name] is studio)
        studio.dials.megabytes = OVER_LIMIT_MEGABYTES if large else usual.megabytes
        now = f"have {OVER_LIMIT_MEGABYTES:g} MB now" if large else "have their normal size again"
        return f"{about}Videos {now}."

    async def cancel(self, wanted: _Wanted) -> str:
        """What a DELETE does to a running render."""
        form = wanted.choice("form", get_args(CancelForm))
        studio, about = self._provider(wanted)
        studio.dials.cancel = next(one for one in get_args(CancelForm) if one == form)
        return f"{about}{_CANCEL[form]}"

    async def remix(self, wanted: _Wanted) -> str:
        """What a remix is answered."""
        form = wanted.choice("form", get_args(RemixForm))
        studio, about = self._provider(wanted)
        studio.dials.remix = next(one for one in get_args(RemixForm) if one == form)
        return f"{about}{_REMIX[form]}"

    async def provider_fault(self, wanted: _Wanted) -> str:
        """Plan a fault for the next requests to the Videos API."""
        on = wanted.choice("on", tuple(PROVIDER_TARGETS))
        fault = PROVIDER_FAULTS[wanted.choice("what", tuple(PROVIDER_FAULTS))]
        times = wanted.whole("times", 1, _TIMES_MAX, 1)
        studio, about = self._provider(wanted)
        studio.faults.add(PROVIDER_TARGETS[on], fault, times=times)
        return f"Planned for {about[:-2] or 'the provider'}: {times} × {fault.words}."

    async def discord_fault(self, wanted: _Wanted) -> str:
        """Plan a fault for the next requests to Discord."""
        on = wanted.choice("on", tuple(DISCORD_TARGETS))
        what = wanted.choice("what", tuple(DISCORD_FAULTS))
        fault = DISCORD_FAULTS[what]
        times = wanted.whole("times", 1, _TIMES_MAX, 1)
        self._stage.chat.faults.add(DISCORD_TARGETS[on], fault, times=times, only_if=only_if(what))
        return f"Planned for Discord: {times} × {fault.words}."

    async def clear_faults(self, wanted: _Wanted) -> str:
        """Remove one planned fault, by the `id` in its list, or all."""
        stage = self._stage
        fault_id = wanted.body.get("id")
        if fault_id is None:
            stage.clear_faults()
            return "All planned faults are removed."
        side, _, number = str(fault_id).rpartition("-")
        sides = {
            "discord": stage.chat.faults,
            **{f"provider-{name}": one.faults for name, one in stage.studios.items()},
        }
        if side not in sides or not number.isdecimal():
            raise DialError("There is no such planned fault.")
        sides[side].cancel(int(number))
        return "The planned fault is removed."

    async def gateway_drop(self, wanted: _Wanted) -> str:
        """End the bot's connection to Discord's gateway in one of three ways."""
        how = wanted.choice("how", tuple(_GATEWAY_DROPS))
        resumable = wanted.flag("resumable", usual=True)
        if not self._stage.chat.bot_online:
            raise DialError("The bot is not connected.")
        await self._stage.chat.drop_gateway(resumable=resumable, how=how)
        missed = "The bot may resume." if resumable else "The bot misses the events in between."
        return f"{_GATEWAY_DROPS[how]} {missed}"

    async def permission(self, wanted: _Wanted) -> str:
        """Give the bot a permission in a server, or remove it."""
        guild = self._guild(wanted)
        label, bit = PERMISSIONS[wanted.choice("permission", tuple(PERMISSIONS))]
        on = wanted.flag("on")
        held = guild.bot_role.permissions
        guild.set_bot_permissions(held | bit if on else held & ~bit)
        return f"The bot {'has' if on else 'lost'} {label} in {guild.name}."

    async def members_commands(self, wanted: _Wanted) -> str:
        """Allow or deny the bot's commands to the members of a server."""
        guild = self._guild(wanted)
        on = wanted.flag("on")
        _set_commands(guild, on=on)
        return f"Members of {guild.name} {'may' if on else 'may not'} use commands."

    async def database(self, wanted: _Wanted) -> str:
        """Copy the bot's database, or restore the copy, as its owner would after an accident."""
        bot, copy = self._stage.bot, self._stage.bot.data_dir.parent / "copy.db"
        if wanted.choice("do", ("copy", "restore")) == "copy":
            if not (bot.data_dir / "bot.db").exists():
                raise DialError("There is no database yet.")
            bot.copy_database(copy)
            return "The database was copied."
        if bot.running:
            raise DialError("Stop the bot first.")
        if not copy.exists():
            raise DialError("There is no copy yet.")
        bot.put_back(copy)
        return "The copy is restored. Start the bot: it alerts its owner, and stays paused until it is resumed."

    async def bot(self, wanted: _Wanted) -> str:
        """Kill, stop or start the bot's process."""
        do = wanted.choice("do", ("kill", "stop", "start"))
        bot = self._stage.bot
        if bot.running == (do == "start"):
            raise DialError("The bot is already running." if bot.running else "The bot is not running.")
        if do == "start":
            async with self._one_at_a_time:
                return await self._start()
        if do == "kill":
            await bot.kill()
            return "The bot was killed, as a power cut would."
        try:
            code = await bot.terminate()
        except TimeoutError as late:
            raise DialError("The bot did not end in time and was killed.") from late
        return f"The bot exited with code {code}."

    async def _start(self) -> str:
        try:
            await self._stage.start_bot(ready=False)
        except RuntimeError as twice:
            raise DialError("The bot is already running.") from twice
        return f"Process {self._stage.bot.lives} of the bot starts."

    async def jump(self, wanted: _Wanted) -> str:
        """Let time pass at once, for the bot and both servers."""
        seconds = wanted.number("seconds", 1, _JUMP_SECONDS_MAX)
        async with self._one_at_a_time:
            # It waits for the bot's confirmation.
            await asyncio.to_thread(self._stage.jump, seconds)
        return f"{_duration(seconds)} passed."

    async def server_limit(self, wanted: _Wanted) -> str:
        """Set a server's boost level, which decides its upload limit."""
        guild = self._guild(wanted)
        guild.boost(wanted.whole("premium_tier", 0, _TIER_MAX))
        return f"The upload limit of {guild.name} is {guild.upload_limit_bytes // MIB} MB now."

    async def reset(self, wanted: _Wanted) -> str:
        """Set all dials back to normal; the bot's process and the time stay as they are."""
        for name, normal in self._normal.items():
            dials = self._stage.studios[name].dials
            for field in dataclasses.fields(Dials):
                setattr(dials, field.name, getattr(normal, field.name))
            dials.next_render = []
        await self.clear_faults(dataclasses.replace(wanted, body={}))
        for guild in self._stage.chat.world.guilds.values():
            if guild.bot_role.permissions != USUAL:
                guild.set_bot_permissions(USUAL)
            _set_commands(guild, on=True)
            if guild.premium_tier != (tier := self._normal_tiers.get(guild.id, 0)):
                guild.boost(tier)
        return "Everything is back to normal."

    def _guild(self, wanted: _Wanted) -> Guild:
        guild_id = str(wanted.body.get("guild"))
        guild = self._stage.chat.world.guilds.get(int(guild_id)) if guild_id.isdecimal() else None
        if guild is None:
            raise DialError("There is no such server.")
        return guild


def _set_commands(guild: Guild, *, on: bool) -> None:
    """Give or remove *Use Application Commands* of all usual members of a server."""
    role, bit = guild.people_role, Permission.USE_APPLICATION_COMMANDS
    if bool(role.permissions & bit) != on:
        role.permissions ^= bit
        guild.hub.announce("GUILD_ROLE_UPDATE", guild, role)


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


_DIALS: dict[str, Callable[[DialBoard, _Wanted], Awaitable[str]]] = {
    "render": DialBoard.render,
    "next_render": DialBoard.next_render,
    "video_size": DialBoard.video_size,
    "cancel": DialBoard.cancel,
    "remix": DialBoard.remix,
    "provider_fault": DialBoard.provider_fault,
    "discord_fault": DialBoard.discord_fault,
    "clear_faults": DialBoard.clear_faults,
    "gateway_drop": DialBoard.gateway_drop,
    "permission": DialBoard.permission,
    "members_commands": DialBoard.members_commands,
    "database": DialBoard.database,
    "bot": DialBoard.bot,
    "jump": DialBoard.jump,
    "server_limit": DialBoard.server_limit,
    "reset": DialBoard.reset,
}
