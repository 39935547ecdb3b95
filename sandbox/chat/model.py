"""Servers, channels, messages and interactions: records that refer to one another, and the operations that change them.

Changes are announced on the hub.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.chat import permissions as rights
from sandbox.chat.hub import Hub
from sandbox.chat.records import (
    FLAG_HAS_THREAD,
    FLAG_LOADING,
    MIB,
    TYPE_DEFAULT,
    Account,
    Attachment,
    Button,
    Identified,
    Json,
    Member,
    Overwrite,
    Poll,
    Reaction,
    Role,
    Sticker,
    User,
    Version,
    buttons_of,
    flatten,
    part_of,
    parts_of,
)

TEXT, DM, VOICE, NEWS, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 2, 5, 10, 11, 12, 15
_THREADS = frozenset({NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})
_STICKERS = (("Wave", "👋"), ("Applause", "👏"))
_UPLOAD_BY_TIER = {0: 10 * MIB, 1: 10 * MIB, 2: 50 * MIB, 3: 100 * MIB}


@dataclass(eq=False, slots=True)
class Message:
    """A message. It is the living record: it reflects later edits."""

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
    poll: Poll | None = None
    reactions: dict[str, Reaction] = field(default_factory=dict[str, Reaction])
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
        """Whether only one person sees it."""
        return self.visible_to is not None

    @property
    def loading(self) -> bool:
        """Whether it is still the 'is thinking…' of a deferred answer."""
        return bool(self.flags & FLAG_LOADING)

    @property
    def reply_to(self) -> "Message | None":
        """The message that this one answers, also if that one is deleted by now."""
        return None if self.reference is None else self.channel.all_messages.get(self.reference)

    @property
    def text(self) -> str:
        """All its text: the content, then every embed's title, description, fields and footer."""
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
        """Store its current content as its newest version."""
        names = tuple(one.file_name for one in self.attachments)
        self.history.append(Version(at, self.content, list(self.embeds), list(self.components), names))


@dataclass(eq=False, slots=True)
class Interaction:
    """One use of a command, button or form by a person, and the bot's responses."""

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


@dataclass(eq=False, slots=True)
class Channel:
    """A channel of a server, a thread in one, or a DM with the bot."""

    hub: Hub
    id: int
    name: str
    type: int = TEXT
    guild: "Guild | None" = None
    parent: "Channel | None" = None
    nsfw: bool = False
    owner_id: int = 0
    recipients: list[User] = field(default_factory=list[User])
    overwrites: dict[int, Overwrite] = field(default_factory=dict[int, Overwrite])
    member_ids: set[int] = field(default_factory=set[int])
    archived: bool = False
    locked: bool = False
    deleted: bool = False
    all_messages: dict[int, Message] = field(default_factory=dict[int, Message])

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread of either kind."""
        return self.type in _THREADS

    @property
    def is_private_thread(self) -> bool:
        """Whether it is visible to its members only."""
        return self.type == PRIVATE_THREAD

    @property
    def messages(self) -> list[Message]:
        """Its visible messages, in order: neither deleted nor private ones."""
        return [one for one in self.all_messages.values() if not one.deleted and one.visible_to is None]

    @property
    def upload_limit_bytes(self) -> int:
        """The largest file that the bot may post here."""
        return self.guild.upload_limit_bytes if self.guild else 10 * MIB

    def add_thread(
        self,
        name: str,
        *,
        private: bool = False,
        members: Sequence[Identified] | None = None,
        with_bot: bool = True,
    ) -> "Channel":
        """Start a thread here; the bot is a member unless given otherwise (it sees public ones in any case)."""
        if self.guild is None:
            raise ValueError("There are no threads in a DM.")
        kind = PRIVATE_THREAD if private else PUBLIC_THREAD
        thread = Channel(self.hub, self.hub.ids.next(), name, kind, self.guild, self, self.nsfw)
        thread.owner_id = members[0].id if members else self.guild.owner_id
        thread.member_ids = {one.id for one in members or []}
        if with_bot:
            thread.member_ids.add(self.guild.bot.id)
        self.guild.channels[thread.id] = thread
        self.hub.announce("THREAD_CREATE", thread)
        return thread

    def overwrite(self, who: Identified, *, allow: rights.Bits = 0, deny: rights.Bits = 0) -> None:
        """Set the permissions that this channel adds or removes for a person, the bot or a role (replaces an earlier
        setting).
        """
        is_member = not isinstance(who, Role)
        self.overwrites[who.id] = Overwrite(rights.bits(allow), rights.bits(deny), is_member)
        self.hub.announce("CHANNEL_UPDATE", self)

    def archive(self, archived: bool = True) -> None:
        """Archive the thread, or open it again."""
        self.archived = archived
        self.hub.announce("THREAD_UPDATE", self)

    def lock(self, locked: bool = True) -> None:
        """Let only managers of threads write in it, or everybody again."""
        self.locked = locked
        self.hub.announce("THREAD_UPDATE", self)

    def delete(self) -> None:
        """Delete the channel with its messages and threads."""
        if self.guild is None:
            raise ValueError("A DM cannot be deleted.")
        for thread in [one for one in self.guild.channels.values() if one.parent is self]:
            thread.delete()
        self.hub.announce("THREAD_DELETE" if self.is_thread else "CHANNEL_DELETE", self)
        self.deleted = True
        begun_at = None if self.parent is None else self.parent.all_messages.get(self.id)
        if begun_at is not None:
            begun_at.thread = None
            begun_at.flags &= ~FLAG_HAS_THREAD
        for message in self.all_messages.values():
            message.deleted = True
        del self.guild.channels[self.id]
        self.hub.touch()


@dataclass(eq=False, slots=True)
class Guild:
    """A server. The bot is in it from the start."""

    hub: Hub
    id: int
    name: str
    bot: User
    owner_id: int
    premium_tier: int = 0
    locale: str = "en-US"
    upload_limit_override_bytes: int | None = None
    system_channel_id: int | None = None
    everyone: Role = field(init=False)
    bot_role: Role = field(init=False)
    people_role: Role = field(init=False)
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    stickers: dict[int, Sticker] = field(default_factory=dict[int, Sticker])

    def __post_init__(self) -> None:
        # @everyone has no permissions, so that the bot has exactly those of its own role.
        self.everyone = Role(self.id, "@everyone", 0, position=0)
        self.people_role = Role(self.hub.ids.next(), "People", rights.USUAL, position=1)
        self.bot_role = Role(self.hub.ids.next(), self.bot.name, rights.USUAL, position=2, managed=True)
        self.roles = {one.id: one for one in (self.everyone, self.people_role, self.bot_role)}
        for name, tags in _STICKERS:
            sticker = Sticker(self.hub.ids.next(), name, tags)
            self.stickers[sticker.id] = sticker
        self.add_bot(announce=False)

    @property
    def upload_limit_bytes(self) -> int:
        """The largest file that the bot may post here: by premium tier, unless overridden to make tests cheap."""
        return self.upload_limit_override_bytes or _UPLOAD_BY_TIER[self.premium_tier]

    def boost(self, premium_tier: int) -> None:
        """Set the boost level, which decides the upload limit."""
        self.premium_tier = premium_tier
        self.hub.announce("GUILD_UPDATE", self)

    @property
    def has_bot(self) -> bool:
        """Whether the bot is a member."""
        return self.bot.id in self.members

    def add_channel(self, name: str, *, nsfw: bool = False, type: int = TEXT) -> Channel:  # noqa: A002  # Discord's word
        """Open a channel that is visible to all members."""
        channel = Channel(self.hub, self.hub.ids.next(), name, type, self, nsfw=nsfw)
        self.channels[channel.id] = channel
        self.hub.announce("CHANNEL_CREATE", channel)
        return channel

    def join(self, person: Account, permissions: rights.Bits | None = None, *, admin: bool = False) -> Member:
        """Add a member, with the usual permissions, exactly the given ones, or as administrator."""
        role = self.people_role
        if permissions is not None or admin:
            granted = rights.ALL if admin else rights.bits(permissions or 0)
            role = self.add_role(f"Role of {person.name}", granted)
        member = Member(person.user, [role], self.hub.clock.now())
        self.members[person.id] = member
        self.hub.announce("GUILD_MEMBER_ADD", self, member)
        return member

    def leave(self, person: Account) -> None:
        """Remove a member."""
        member = self.members.pop(person.id)
        self.hub.announce("GUILD_MEMBER_REMOVE", self, member)

    def add_role(self, name: str, permissions: rights.Bits) -> Role:
        """A new role without members."""
        role = Role(self.hub.ids.next(), name, rights.bits(permissions), position=len(self.roles))
        self.roles[role.id] = role
        self.hub.announce("GUILD_ROLE_CREATE", self, role)
        return role

    def set_bot_permissions(self, permissions: rights.Bits) -> None:
        """Give the bot exactly these permissions in the server (channels may still overwrite them)."""
        self.bot_role.permissions = rights.bits(permissions)
        self.hub.announce("GUILD_ROLE_UPDATE", self, self.bot_role)

    def remove_bot(self) -> None:
        """Remove the bot."""
        self.hub.announce("GUILD_DELETE", self)
        self.members.pop(self.bot.id, None)

    def add_bot(self, *, announce: bool = True) -> None:
        """Invite the bot (again)."""
        self.members[self.bot.id] = Member(self.bot, [self.bot_role], self.hub.clock.now())
        if announce:
            self.hub.announce("GUILD_CREATE", self)
