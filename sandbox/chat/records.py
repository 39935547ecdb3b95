"""Plain values of the chat: users, roles, files, buttons, polls, reactions; without places and messages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Json = dict[str, Any]

MIB = 1 << 20
FLAG_CROSSPOSTED = 1
FLAG_SUPPRESS_EMBEDS = 4
FLAG_HAS_THREAD = 32
FLAG_EPHEMERAL = 64
FLAG_LOADING = 128
FLAG_SILENT = 4096
FLAG_VOICE = 8192
FLAG_HAS_SNAPSHOT = 16384
FLAG_COMPONENTS_V2 = 32768
TYPE_DEFAULT = 0
TYPE_PINNED = 6
TYPE_THREAD_CREATED = 18
TYPE_REPLY = 19
TYPE_COMMAND_ANSWER = 20
TYPE_MENU_ANSWER = 23
TYPE_POLL_RESULT = 46
# Messages of people and apps; every other type is Discord's own message about an action.
CONVERSATION_TYPES = frozenset({TYPE_DEFAULT, TYPE_REPLY, TYPE_COMMAND_ANSWER, TYPE_MENU_ANSWER})
BUTTON = 2
LINK_STYLE = 5


@dataclass(eq=False, slots=True)
class User:
    """A person or the bot."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    dms_open: bool = True
    upload_limit_bytes: int = 10 * MIB


class Identified(Protocol):
    """A person, the bot or a role."""

    @property
    def id(self) -> int:
        """Its id."""
        ...


class Account(Identified, Protocol):
    """A person who can join a server."""

    @property
    def name(self) -> str:
        """The account's name."""
        ...

    @property
    def user(self) -> User:
        """Their user."""
        ...


@dataclass(eq=False, slots=True)
class Role:
    """A role of one server; the one with the server's id is @everyone."""

    id: int
    name: str
    permissions: int
    position: int = 1
    managed: bool = False


@dataclass(eq=False, slots=True)
class Member:
    """A user in a server."""

    user: User
    roles: list[Role]
    joined_at: float


@dataclass(frozen=True, slots=True)
class Sticker:
    """A sticker of one server; `tags` is its emoji, `format_type` 1 a still picture."""

    id: int
    name: str
    tags: str
    description: str = ""
    format_type: int = 1


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a channel adds to or removes from a role or a member."""

    allow: int = 0
    deny: int = 0
    is_member: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file that a person drops into the chat; `content_type` is what their client claims (default: by name)."""

    name: str
    data: bytes
    content_type: str | None = None


@dataclass(eq=False, slots=True)
class Attachment:
    """A stored file; `path` is its place on this disk."""

    id: int
    file_name: str
    size_bytes: int
    content_type: str
    path: Path
    ephemeral: bool = False
    description: str | None = None
    place_id: int = 0
    gone: bool = False
    duration_seconds: float | None = None
    waveform: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A button as people see it."""

    label: str
    custom_id: str | None
    url: str | None
    style: int
    disabled: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A message's content from `at` on."""

    at: float
    content: str
    embeds: list[Json]
    components: list[Json]
    file_names: tuple[str, ...]


@dataclass(eq=False, slots=True)
class Poll:
    """A poll; `votes` are the user ids by answer, answers counted from 1."""

    question: str
    answers: list[Json]
    multiple: bool
    ends_at: float
    layout_type: int = 1
    ended: bool = False
    votes: dict[int, list[int]] = field(default_factory=dict[int, list[int]])

    def of(self, user: User) -> set[int]:
        """The answers that this user voted for."""
        return {answer_id for answer_id, user_ids in self.votes.items() if user.id in user_ids}


@dataclass(eq=False, slots=True)
class Reaction:
    """One emoji under a message, and who put it there, in order."""

    emoji: Json
    user_ids: list[int] = field(default_factory=list[int])


def parts_of(whole: Json, name: str) -> list[Any]:
    """The list under that name; empty when it is missing or null."""
    return whole.get(name) or []


def part_of(whole: Json, name: str) -> Json:
    """The object under that name; empty when it is missing or null."""
    return whole.get(name) or {}


def flatten(components: list[Json]) -> Iterator[Json]:
    """Every component, at any depth."""
    for component in components:
        yield component
        yield from flatten(parts_of(component, "components"))
        for inner in ("component", "accessory"):
            if child := component.get(inner):
                yield from flatten([child])


def flatten_options(options: list[Json]) -> Iterator[Json]:
    """Every option of a use of a command, those of its subcommand included."""
    for option in options:
        yield option
        yield from flatten_options(parts_of(option, "options"))


def buttons_of(components: list[Json]) -> list[Button]:
    """The buttons among them, in the order in which they are shown."""
    return [
        Button(
            label=one.get("label") or str(part_of(one, "emoji").get("name", "")),
            custom_id=one.get("custom_id"),
            url=one.get("url"),
            style=int(one.get("style", 1)),
            disabled=bool(one.get("disabled", False)),
        )
        for one in flatten(components)
        if one.get("type") == BUTTON
    ]
