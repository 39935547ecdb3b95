"""The commands that one person can use in one place, and the state of those they have used."""

from sandbox.chat import Channel, Chat, NotPossibleError, Person
from sandbox.chat.command_filler import find_command
from sandbox.chat.interactions import COMMAND
from sandbox.chat.model import Interaction
from sandbox.chat.records import Json, part_of, parts_of

_SLASH = 1
_SUBCOMMANDS = (1, 2)
_FAILED_SHOWN_SECONDS = 600.0


def command_views(chat: Chat, me: Person, channel: Channel) -> list[Json]:
    """Slash, user and message commands as Discord's client would list them: only those that may be used here."""
    offered: list[Json] = []
    for kind, name in sorted({(int(one["type"]), str(one["name"])) for one in chat.commands}):
        try:
            offered.append(_in_language(find_command(chat.world, me.user, channel, name, kind), me.user.locale))
        except NotPossibleError:
            continue
    return offered


def _in_language(command: Json, locale: str) -> Json:
    """The command, option or choice with the texts of that locale. What is typed keeps its own name."""
    shown = dict(command)
    shown["description"] = part_of(command, "description_localizations").get(locale) or command.get("description")
    shown["options"] = [_in_language(one, locale) for one in parts_of(command, "options")]
    shown["choices"] = [
        {**one, "name": part_of(one, "name_localizations").get(locale) or one["name"]}
        for one in parts_of(command, "choices")
    ]
    return shown


def call_views(chat: Chat, me: Person, channel: Channel) -> list[Json]:
    """This person's latest commands that the bot has not acknowledged: still waiting, or given up."""
    views: list[Json] = []
    oldest = chat.world.clock.now() - chat.rules.ack_seconds - _FAILED_SHOWN_SECONDS
    for one in reversed(chat.world.interactions.values()):
        if one.created_at < oldest:
            break
        if one.kind == COMMAND and one.user is me.user and one.channel is channel and one.response_type is None:
            state = "failed" if one.failed else "sending"
            views.append({"id": str(one.id), "name": used_name(one), "state": state})
    return views[::-1]


def used_name(used: Interaction) -> str:
    """A command as Discord names it above its response: `/owner pause`, or the words of a menu."""
    if used.data.get("type", _SLASH) != _SLASH:
        return used.command_name
    names, options = [used.command_name], parts_of(used.data, "options")
    while options and options[0]["type"] in _SUBCOMMANDS:
        names.append(options[0]["name"])
        options = parts_of(options[0], "options")
    return "/" + " ".join(names)
