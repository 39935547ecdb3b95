"""A person's choice in a menu, of a message or of a form, with the checks of Discord's client."""

from collections.abc import Sequence

from sandbox.chat import place_payloads
from sandbox.chat.command_filler import NotPossibleError, resolve_channel, resolve_user, user_of
from sandbox.chat.model import Channel
from sandbox.chat.records import Json, Role, User, parts_of
from sandbox.chat.world import World

STRING, USER, ROLE, MENTIONABLE, CHANNEL = 3, 5, 6, 7, 8
SELECTS = frozenset({STRING, USER, ROLE, MENTIONABLE, CHANNEL})


def selected(world: World, user: User, channel: Channel, select: Json, values: Sequence[object]) -> Json:
    """The `data` of an interaction with a message's menu; raises `NotPossibleError`."""
    name = str(select.get("placeholder") or select["custom_id"])
    if select.get("disabled"):
        raise NotPossibleError(f"The menu '{name}' is greyed out.")
    resolved: Json = {}
    picker = Picker(world, user, channel, resolved)
    picked = [picker.pick(select, one, name) for one in values]
    low, high = select.get("min_values"), select.get("max_values")
    check_count(name, picked, 1 if low is None else int(low), 1 if high is None else int(high))
    data: Json = {"custom_id": select["custom_id"], "component_type": select["type"], "id": select.get("id")}
    data["values"] = picked
    # A menu of texts resolves nothing: discord.py reads any `resolved` as the choice itself.
    return data if select["type"] == STRING else {**data, "resolved": resolved}


def check_count(name: str, picked: list[str], low: int, high: int) -> None:
    """Raise `NotPossibleError` for a value that is picked twice, or for too few or too many."""
    if len(set(picked)) != len(picked):
        raise NotPossibleError(f"'{name}' takes each choice once.")
    if not low <= len(picked) <= high:
        raise NotPossibleError(f"'{name}' takes {low} to {high}, not {len(picked)}.")


class Picker:
    """Turns a person's choice into ids and values, and collects the resolved data."""

    def __init__(self, world: World, user: User, channel: Channel, resolved: Json) -> None:
        self._world = world
        self._user = user
        self._channel = channel
        self._resolved = resolved

    def pick(self, select: Json, item: object, name: str) -> str:
        """The value of an option, by value or label, or the id of a person, role or channel."""
        kind = select["type"]
        options: list[Json] = parts_of(select, "options")
        for found in ("value", "label"):
            for option in options:
                if item == option[found]:
                    return str(option["value"])
        if kind in (USER, MENTIONABLE) and (user := user_of(item)) is not None and self._is_here(user):
            resolve_user(self._channel, user, self._resolved)
            return str(user.id)
        guild = self._channel.guild
        if kind in (ROLE, MENTIONABLE) and isinstance(item, Role) and guild and item.id in guild.roles:
            self._resolved.setdefault("roles", {})[str(item.id)] = place_payloads.role_json(item)
            return str(item.id)
        if kind == CHANNEL and isinstance(item, Channel) and guild and item.guild is guild:
            resolve_channel(self._world, self._user, item, select, self._resolved)
            return str(item.id)
        raise NotPossibleError(f"'{name}' does not offer {item!r}.")

    def defaults(self, select: Json, name: str) -> list[str]:
        """The defaults that a person leaves untouched; deleted ones are left out."""
        chosen = [str(one["value"]) for one in parts_of(select, "options") if one.get("default")]
        for one in parts_of(select, "default_values"):
            item = self._known(str(one["type"]), int(one["id"]))
            if item is not None:
                chosen.append(self.pick(select, item, name))
        return chosen

    def _known(self, kind: str, key: int) -> User | Role | Channel | None:
        guild = self._channel.guild
        if kind == "user":
            return self._world.users.get(key)
        if guild is None:
            return None
        return guild.roles.get(key) if kind == "role" else guild.channels.get(key)

    def _is_here(self, user: User) -> bool:
        if self._channel.guild is None:
            return user in self._channel.recipients
        return user.id in self._channel.guild.members
