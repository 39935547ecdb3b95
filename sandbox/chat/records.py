"""The things of the chat world as plain values: users, roles, files, messages, interactions; they hold no behaviour of
Discord's and know neither REST nor gateway."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.chat.places import Channel
    from sandbox.chat.polls import Poll
    from sandbox.chat.reactions import Reaction

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
# What people and apps say themselves; every other type is Discord's own account of what happened.
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
    """A sticker of one server; `tags` is the emoji that it stands for, `format_type` 1 a still picture."""

    id: int
    name: str
    tags: str
    description: str = ""
    format_type: int = 1


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a channel adds to or takes from a role or a member."""

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
    """A file that lies with Discord; `path` is where it lies on this disk."""

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
    """What a message said from `at` on."""

    at: float
    content: str
    embeds: list[Json]
    components: list[Json]
    file_names: tuple[str, ...]


def parts_of(whole: Json, name: str) -> list[Any]:
    """The list under that name; empty when it is missing or null."""
    return whole.get(name) or []


def part_of(whole: Json, name: str) -> Json:
    """The object under that name; empty when it is missing or null."""
    return whole.get(name) or {}


def flatten(components: list[Json]) -> Iterator[Json]:
    """Every component, however deep it is nested."""
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


@dataclass(eq=False, slots=True)
class Message:
    """A message. It is the living record: look again and it shows what an edit made of it."""

    id: int
    channel: "Channel"
    author: User
    created_at: float
    type: int = TYPE_DEFAULT
    content: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    flags: int = 0
    reference: int | None = None
    mentions: list[User] = field(default_factory=list[User])
    mention_roles: list[int] = field(default_factory=list[int])
    mention_everyone: bool = False
    pinged: set[int] = field(default_factory=set[int])
    nonce: str | None = None
    edited_at: float | None = None
    deleted: bool = False
    visible_to: User | None = None
    interaction: "Interaction | None" = None
    thread: "Channel | None" = None
    opened: "Channel | None" = None
    stickers: list[Sticker] = field(default_factory=list[Sticker])
    tts: bool = False
    pinned_at: float | None = None
    forwards: "Message | None" = None
    snapshot: "Message | None" = None
    poll: "Poll | None" = None
    reactions: "dict[str, Reaction]" = field(default_factory=dict[str, "Reaction"])
    history: list[Version] = field(default_factory=list[Version])

    @property
    def buttons(self) -> list[Button]:
        """Its buttons, in the order in which they are shown."""
        return buttons_of(self.components)

    @property
    def edits(self) -> int:
        """How often it was changed."""
        return len(self.history) - 1

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return self.visible_to is not None

    @property
    def loading(self) -> bool:
        """Whether it is still the 'is thinking…' of a deferred answer."""
        return bool(self.flags & FLAG_LOADING)

    @property
    def reply_to(self) -> "Message | None":
        """The message that this one answers, also when that one is deleted by now."""
        return None if self.reference is None else self.channel.all_messages.get(self.reference)

    @property
    def text(self) -> str:
        """Everything there is to read: the content, then every embed's title, description, fields and footer."""
        lines = [self.content]
        for embed in self.embeds:
            lines += [str(embed.get("title") or ""), str(embed.get("description") or "")]
            lines += [f"{one.get('name', '')}: {one.get('value', '')}" for one in parts_of(embed, "fields")]
            lines.append(str(part_of(embed, "footer").get("text", "")))
        lines += [str(one["content"]) for one in flatten(self.components) if "content" in one]
        return "\n".join(line for line in lines if line)

    @property
    def jump_url(self) -> str:
        """The link that people copy."""
        place = self.channel.guild.id if self.channel.guild else "@me"
        return f"https://discord.com/channels/{place}/{self.channel.id}/{self.id}"

    def remember(self, at: float) -> None:
        """Note what it says now as its newest version."""
        names = tuple(one.file_name for one in self.attachments)
        self.history.append(Version(at, self.content, list(self.embeds), list(self.components), names))


@dataclass(eq=False, slots=True)
class Interaction:
    """One use of a command, button or form by a person, and what the bot made of it."""

    id: int
    token: str
    kind: int
    user: User
    channel: "Channel"
    created_at: float
    data: Json
    source: Message | None = None
    payload: Json = field(default_factory=Json)
    command_name: str = ""
    response_type: int | None = None
    original: Message | None = None
    modal: Json | None = None
    choices: list[Json] | None = None
    followups: list[Message] = field(default_factory=list[Message])
    failed: bool = False
