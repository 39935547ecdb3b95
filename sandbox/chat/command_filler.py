"""Discord's client before a command is sent: finds it, refuses wrong options, resolves ids."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.chat import payloads, place_payloads
from sandbox.chat.access import can_see, permissions_in
from sandbox.chat.model import Channel
from sandbox.chat.permissions import Permission
from sandbox.chat.records import MIB, Attachment, File, Json, Role, User, part_of, parts_of
from sandbox.chat.world import World

STRING_MAX = 6000
_EXACT_MAX = 2**53
(SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT) = range(1, 12)


class NotPossibleError(Exception):
    """Discord's own client would not let a person do this; the message is one sentence."""


@dataclass(slots=True)
class FilledCommand:
    """A command with its options, ready to be sent."""

    command: Json
    options: list[Json] = field(default_factory=list[Json])
    resolved: Json = field(default_factory=Json)

    @property
    def data(self) -> Json:
        """The `data` of the interaction."""
        data: Json = {"id": self.command["id"], "name": self.command["name"], "type": self.command["type"]}
        data["options"] = self.options
        if "guild_id" in self.command:
            data["guild_id"] = self.command["guild_id"]
        return {**data, "resolved": self.resolved} if self.resolved else data


def find_command(world: World, user: User, channel: Channel, name: str, kind: int = 1) -> Json:
    """The command that this person can use there; raises `NotPossibleError`."""
    if not can_see(channel, user):
        raise NotPossibleError(f"{user.name} does not see #{channel.name}.")
    scope = str(channel.guild.id) if channel.guild else None
    offered = [one for one in world.commands if one["type"] == kind and one["name"] == name]
    offered = [one for one in offered if one.get("guild_id") in (None, scope)]
    # A server's own command hides the global one of the same name.
    offered.sort(key=lambda one: one.get("guild_id") is None)
    if not offered:
        known = ", ".join(sorted({one["name"] for one in world.commands}))
        raise NotPossibleError(f"There is no command '{name}' here; there are: {known or 'none'}.")
    _check_offered(world, user, channel, offered[0])
    return offered[0]


def _check_offered(world: World, user: User, channel: Channel, command: Json) -> None:
    context = payloads.GUILD_CONTEXT if channel.guild else payloads.BOT_DM_CONTEXT
    # The app is installed to servers (0), never to a person alone (1).
    if 0 not in (command.get("integration_types") or [0]):
        raise NotPossibleError(f"'{command['name']}' is offered to people who installed the app, not to servers.")
    if command.get("contexts") is not None and context not in command["contexts"]:
        raise NotPossibleError(f"'{command['name']}' is not offered in this kind of place.")
    if channel.guild is None:
        if command.get("dm_permission") is False:
            raise NotPossibleError(f"'{command['name']}' is not offered in DMs.")
        return
    if not channel.guild.has_bot or world.bot.id not in channel.guild.members:
        raise NotPossibleError("The bot is not in this server.")
    held = permissions_in(channel, user)
    if not held & Permission.USE_APPLICATION_COMMANDS:
        raise NotPossibleError(f"{user.name} may not use commands in #{channel.name}.")
    needed = command.get("default_member_permissions")
    # "0" means administrators alone.
    wanted = 0 if needed is None else int(needed) or Permission.ADMINISTRATOR
    if held & wanted != wanted:
        raise NotPossibleError(f"'{command['name']}' is not offered to {user.name}.")
    if command.get("nsfw") and not channel.nsfw:
        raise NotPossibleError(f"'{command['name']}' is for age-restricted channels.")


class CommandFiller:
    """Fills in one command's options for one person in one place; unless `checked`, texts may be anything."""

    def __init__(self, world: World, user: User, channel: Channel, *, checked: bool = True) -> None:
        self._world = world
        self._user = user
        self._channel = channel
        self._checked = checked

    def slash(self, name: str, values: dict[str, object], *, typing: str | None = None) -> FilledCommand:
        """The command with its options, checked as the client checks them; `typing` names the option being typed."""
        first, *rest = name.split()
        command = find_command(self._world, self._user, self._channel, first)
        filled = FilledCommand(command)
        filled.options = self._level(command, rest, values, filled, typing)
        return filled

    def _level(
        self, command: Json, rest: list[str], values: dict[str, object], filled: FilledCommand, typing: str | None
    ) -> list[Json]:
        known: list[Json] = parts_of(command, "options")
        if any(one["type"] in (SUBCOMMAND, GROUP) for one in known):
            names = [one["name"] for one in known]
            if not rest or rest[0] not in names:
                raise NotPossibleError(f"'{command['name']}' needs one of: {', '.join(names)}.")
            inner = next(one for one in known if one["name"] == rest[0])
            options = self._level(inner, rest[1:], values, filled, typing)
            return [{"name": inner["name"], "type": inner["type"], "options": options}]
        return self._options(command, known, values, filled, typing)

    def _options(
        self, command: Json, known: list[Json], values: dict[str, object], filled: FilledCommand, typing: str | None
    ) -> list[Json]:
        names = {one["name"] for one in known}
        if unknown := [one for one in (*values, typing or "") if one and one not in names]:
            raise NotPossibleError(f"/{command['name']} has no option '{unknown[0]}'; it has: {', '.join(names)}.")
        done: list[Json] = []
        for option in known:
            if option["name"] == typing:
                if not option.get("autocomplete"):
                    raise NotPossibleError(f"The option '{typing}' suggests nothing.")
                done.append({**_named(option), "value": values.get(option["name"], ""), "focused": True})
            elif values.get(option["name"]) is not None:
                value = self._value(option, values[option["name"]], filled)
                done.append({**_named(option), "value": value})
            elif option.get("required") and typing is None:
                raise NotPossibleError(f"/{command['name']} needs the option '{option['name']}'.")
        return done

    def _value(self, option: Json, value: object, filled: FilledCommand) -> object:
        kind, name = option["type"], option["name"]
        if kind == STRING and isinstance(value, str):
            return _checked_text(option, value) if self._checked else value
        if kind in (INTEGER, NUMBER) and isinstance(value, int | float | str) and not isinstance(value, bool):
            return _checked_number(option, value)
        if kind == BOOLEAN and isinstance(value, bool):
            return value
        if kind == ATTACHMENT and isinstance(value, File):
            return self._attached(value, filled)
        if kind in (USER, MENTIONABLE) and (user := user_of(value)) is not None:
            resolve_user(self._channel, user, filled.resolved)
            return str(user.id)
        if kind == CHANNEL and isinstance(value, Channel) and value.guild is self._channel.guild:
            resolve_channel(self._world, self._user, value, option, filled.resolved)
            return str(value.id)
        guild = self._channel.guild
        if kind in (ROLE, MENTIONABLE) and isinstance(value, Role) and guild and value.id in guild.roles:
            filled.resolved.setdefault("roles", {})[str(value.id)] = place_payloads.role_json(value)
            return str(value.id)
        raise NotPossibleError(f"The option '{name}' cannot be given {type(value).__name__} {value!r}.")

    def _attached(self, file: File, filled: FilledCommand) -> str:
        attachment = keep_file(self._world, self._user, file, place_id=self._world.application_id, ephemeral=True)
        shown = payloads.attachment_json(self._world, attachment)
        filled.resolved.setdefault("attachments", {})[str(attachment.id)] = shown
        return str(attachment.id)


def keep_file(world: World, user: User, file: File, *, place_id: int, ephemeral: bool) -> Attachment:
    """Upload a person's file; raises `NotPossibleError` when it is over their client's limit."""
    if len(file.data) > user.upload_limit_bytes:
        raise NotPossibleError(f"'{file.name}' is larger than {user.upload_limit_bytes // MIB} MB.")
    return world.files.keep(file, ephemeral=ephemeral, place_id=place_id)


def user_of(value: Any) -> User | None:
    """The user behind a person or a user."""
    if isinstance(value, User):
        return value
    user = getattr(value, "user", None)
    return user if isinstance(user, User) else None


def resolve_user(channel: Channel, user: User, resolved: Json) -> None:
    """Put a user, and their membership, among the resolved values."""
    resolved.setdefault("users", {})[str(user.id)] = place_payloads.user_json(user)
    if channel.guild and (member := channel.guild.members.get(user.id)):
        shown = place_payloads.member_json(member, with_user=False)
        shown["permissions"] = str(permissions_in(channel, user))
        resolved.setdefault("members", {})[str(user.id)] = shown


def resolve_channel(world: World, user: User, channel: Channel, asked: Json, resolved: Json) -> None:
    """Put a channel among the resolved values; raises `NotPossibleError` when it is hidden or of another kind."""
    kinds: list[int] = parts_of(asked, "channel_types")
    if not can_see(channel, user) or (kinds and channel.type not in kinds):
        raise NotPossibleError(f"#{channel.name} is not offered.")
    payload = place_payloads.channel_json(channel, world.bot)
    payload["permissions"] = str(permissions_in(channel, user))
    resolved.setdefault("channels", {})[str(channel.id)] = payload


def _named(option: Json) -> Json:
    return {"name": option["name"], "type": option["type"]}


def _chosen_choice(option: Json, value: object) -> object:
    for choice in option["choices"]:
        names = (choice["name"], *part_of(choice, "name_localizations").values())
        if value in (choice["value"], *names) or str(value) == str(choice["value"]):
            return choice["value"]
    offered = ", ".join(str(one["name"]) for one in option["choices"])
    raise NotPossibleError(f"'{option['name']}' offers {offered}, not {value!r}.")


def _checked_text(option: Json, value: str) -> object:
    if option.get("choices"):
        return _chosen_choice(option, value)
    low, high = option.get("min_length") or 1, option.get("max_length") or STRING_MAX
    if not low <= len(value) <= high:
        raise NotPossibleError(f"'{option['name']}' takes {low} to {high} characters, not {len(value)}.")
    return value


def _checked_number(option: Json, value: float | str) -> object:
    if option.get("choices"):
        return _chosen_choice(option, value)
    try:
        number = float(value)
        if option["type"] == INTEGER:
            number = int(value)
            if number != float(value):
                raise ValueError(value)
    except ValueError:
        raise NotPossibleError(f"'{option['name']}' takes a number, not {value!r}.") from None
    low, high = option.get("min_value"), option.get("max_value")
    if not -_EXACT_MAX <= number <= _EXACT_MAX:
        raise NotPossibleError(f"'{option['name']}' takes no numbers as large as {number}.")
    if (low is not None and number < low) or (high is not None and number > high):
        raise NotPossibleError(f"'{option['name']}' takes {low} to {high}, not {number}.")
    return number
