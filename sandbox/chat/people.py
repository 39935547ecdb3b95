"""People: everything that a person can do in Discord's client, with that client's own checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.chat import interactions, polls, posting, reactions, threads
from sandbox.chat.access import can_see, permissions_in
from sandbox.chat.calls import Answer, Call
from sandbox.chat.command_filler import CommandFiller, NotPossibleError, find_command, keep_file, resolve_user
from sandbox.chat.errors import ApiError
from sandbox.chat.forms import Filled, Form, FormFiller
from sandbox.chat.model import FORUM, Channel, Interaction, Message
from sandbox.chat.payloads import message_json
from sandbox.chat.permissions import Permission
from sandbox.chat.records import BUTTON, LINK_STYLE, File, Json, User, flatten, part_of
from sandbox.chat.selects import SELECTS, selected
from sandbox.chat.world import World

_CONTENT_MAX = 2000
_USER_MENU, _MESSAGE_MENU = 2, 3
Shown = Message | Answer | Call


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggestion under an option that is being typed."""

    name: str
    value: str | int | float


class Person:
    """A person in Discord's client."""

    def __init__(self, world: World, user: User) -> None:
        self._world = world
        self.user = user

    @property
    def id(self) -> int:
        """Their user id."""
        return self.user.id

    @property
    def name(self) -> str:
        """Their name."""
        return self.user.name

    @property
    def mention(self) -> str:
        """The text of a mention that pings them."""
        return f"<@{self.user.id}>"

    async def slash(self, channel: Channel, command: str, /, **options: object) -> Call:
        """Use a slash command ("video", or "owner pause" for a subcommand); raises `NotPossibleError`.

        Texts and numbers as they are, choices by value or by name, `File` for attachments, `Person`, `Channel`, `Role`.
        """
        filled = CommandFiller(self._world, self.user, channel).slash(command, options)
        return self._open(interactions.COMMAND, channel, filled.data)

    async def autocomplete(
        self,
        channel: Channel,
        command: str,
        option: str,
        /,
        typed: str = "",
        timeout_seconds: float = 20,
        **others: object,
    ) -> list[Choice]:
        """The suggestions while typing an option; raises `NotPossibleError` when nothing came in time."""
        filled = CommandFiller(self._world, self.user, channel).slash(command, {**others, option: typed}, typing=option)
        interaction = self._open(interactions.AUTOCOMPLETE, channel, filled.data).interaction
        await self._world.hub.wait_for(
            lambda: interaction.choices is not None or interaction.failed, timeout_seconds, "suggestions"
        )
        if interaction.choices is None:
            raise NotPossibleError("Loading options failed.")
        locale = self.user.locale
        return [
            Choice(part_of(one, "name_localizations").get(locale) or one["name"], one["value"])
            for one in interaction.choices
        ]

    async def menu(self, target: "Message | Person", command: str, channel: Channel | None = None) -> Call:
        """Use a context-menu command on a message, or on a person in a channel."""
        if isinstance(target, Message):
            found = find_command(self._world, self.user, target.channel, command, _MESSAGE_MENU)
            shown = message_json(self._world, target, content_intent=True)
            resolved: Json = {"messages": {str(target.id): shown}}
            data: Json = {"target_id": str(target.id), "resolved": resolved}
            return self._open(interactions.COMMAND, target.channel, {**data, **_ids(found)})
        if channel is None:
            raise ValueError("A person's menu is opened in a channel.")
        found = find_command(self._world, self.user, channel, command, _USER_MENU)
        resolved = {}
        resolve_user(channel, target.user, resolved)
        return self._open(
            interactions.COMMAND, channel, {"target_id": str(target.id), "resolved": resolved, **_ids(found)}
        )

    async def submit(self, form: Form, filled: Filled) -> Call:
        """Submit a form, its fields by label or custom id; an unset field keeps its default."""
        opener = form.interaction
        if opener.user is not self.user:
            raise NotPossibleError(f"The form '{form.title}' is open on somebody else's screen.")
        data = FormFiller(self._world, form).data(filled)
        return self._open(interactions.FORM, opener.channel, data, opener.source)

    async def click(self, shown: Shown, button: str) -> Call:
        """Press a button, by label or custom id, of a message or of a response to this person."""
        message = self._visible(shown)
        for component in flatten(message.components):
            is_meant = button in (component.get("label"), component.get("custom_id"))
            if component.get("type") == BUTTON and component.get("style") != LINK_STYLE and is_meant:
                if component.get("disabled"):
                    raise NotPossibleError(f"The button '{button}' is greyed out.")
                data: Json = {"custom_id": component["custom_id"], "component_type": BUTTON, "id": component.get("id")}
                return self._open(interactions.COMPONENT, message.channel, data, message)
        offered = ", ".join(one.label for one in message.buttons)
        raise NotPossibleError(f"There is no button '{button}'; there are: {offered or 'none'}.")

    async def select(self, shown: Shown, select: str, values: Sequence[object]) -> Call:
        """Choose in a menu, by placeholder or custom id: texts by value or label, or people, roles and channels."""
        message = self._visible(shown)
        for component in flatten(message.components):
            if component.get("type") in SELECTS and select in (component.get("placeholder"), component["custom_id"]):
                data = selected(self._world, self.user, message.channel, component, values)
                return self._open(interactions.COMPONENT, message.channel, data, message)
        raise NotPossibleError(f"There is no menu '{select}'.")

    async def forge_slash(self, channel: Channel, command: str, /, **options: object) -> Call:
        """Send a slash command as a tampered client would: without checks of lengths and choices."""
        filled = CommandFiller(self._world, self.user, channel, checked=False).slash(command, options)
        return self._open(interactions.COMMAND, channel, filled.data)

    async def forge_old_command(self, channel: Channel, name: str) -> Call:
        """Use a command that the bot no longer has, as an outdated client does."""
        data: Json = {"id": str(self._world.next_id()), "name": name, "type": 1, "options": []}
        return self._open(interactions.COMMAND, channel, data)

    async def forge_click(self, message: Message, custom_id: str) -> Call:
        """Send the press of a button that need not exist, on a message of any channel that this person sees."""
        data: Json = {"custom_id": custom_id, "component_type": BUTTON, "id": 1}
        return self._open(interactions.COMPONENT, message.channel, data, message)

    async def forge_submit(self, form: Form, filled: Filled, custom_id: str | None = None) -> Call:
        """Submit any form with any content, as if it had that custom id."""
        data = FormFiller(self._world, form, checked=False).data(filled)
        opener = form.interaction
        return self._open(
            interactions.FORM, opener.channel, {**data, "custom_id": custom_id or form.custom_id}, opener.source
        )

    async def say(self, channel: Channel, text: str = "", *, files: Sequence[File] = ()) -> Message:
        """Write in a channel, thread or DM; raises `NotPossibleError`."""
        return self._post(channel, text, files, None, ping=True)

    async def reply(
        self, message: Message, text: str = "", *, files: Sequence[File] = (), ping: bool = True
    ) -> Message:
        """Answer a message with Discord's reply, with or without pinging its author; raises `NotPossibleError`."""
        if message.deleted or message.visible_to is not None:
            raise NotPossibleError("That message cannot be replied to.")
        return self._post(message.channel, text, files, message, ping=ping)

    async def edit(self, message: Message, text: str) -> None:
        """Change an own message."""
        if message.author is not self.user or message.deleted:
            raise NotPossibleError("Only own messages can be edited.")
        posting.edit(self._world, message, {"content": text}, [])

    async def delete(self, *messages: Message) -> None:
        """Delete messages of one channel: own ones, or with Manage Messages anybody's."""
        for message in messages:
            manages = permissions_in(message.channel, self.user) & Permission.MANAGE_MESSAGES
            if message.deleted or (message.author is not self.user and not manages):
                raise NotPossibleError(f"{self.name} cannot delete that message.")
        posting.delete(self._world, list(messages))

    async def react(self, message: Message, emoji: str) -> None:
        """Click on an emoji under a message, or pick a new one; a second click removes the reaction."""
        found = self._emoji(message, emoji)
        if reactions.has(message, self.user, found):
            await self.unreact(message, emoji)
            return
        held = permissions_in(message.channel, self.user)
        if not reactions.who(message, found) and not held & Permission.ADD_REACTIONS:
            raise NotPossibleError(f"{self.name} cannot add reactions in #{message.channel.name}.")
        try:
            reactions.put(self._world, message, self.user, found)
        except ApiError as error:
            raise NotPossibleError("There are 20 different reactions already.") from error

    async def unreact(self, message: Message, emoji: str) -> None:
        """Remove an own reaction."""
        reactions.take(self._world, message, self.user, self._emoji(message, emoji))

    def _emoji(self, message: Message, emoji: str) -> Json:
        if self._visible(message).visible_to is not None:
            raise NotPossibleError("Nobody can react to a private message.")
        if message.channel.is_thread and message.channel.archived:
            raise NotPossibleError(f"#{message.channel.name} is archived.")
        try:
            return reactions.emoji_of(message, emoji)
        except ApiError as error:
            raise NotPossibleError(f"There is no emoji {emoji!r}.") from error

    async def vote(self, message: Message, answer_ids: Sequence[int]) -> None:
        """Vote for these answers of a poll and for no others; for none to remove the vote."""
        poll = self._visible(message).poll
        if poll is None or message.visible_to is not None:
            raise NotPossibleError("There is nothing to vote for.")
        if len(set(answer_ids)) > 1 and not poll.multiple:
            raise NotPossibleError("One answer only can be voted for here.")
        try:
            polls.vote(self._world, message, self.user, set(answer_ids))
        except ApiError as error:
            raise NotPossibleError("The poll has ended." if poll.ended else "There is no such answer.") from error

    async def start_thread(self, where: Channel | Message, name: str, *, private: bool = False) -> Channel:
        """Start a thread in a channel, or at a message; raises `NotPossibleError`."""
        at = where if isinstance(where, Message) else None
        channel = where.channel if isinstance(where, Message) else where
        if channel.guild is None or channel.is_thread or channel.type == FORUM:
            raise NotPossibleError("There are no threads here.")
        if at is not None and (at.deleted or at.visible_to is not None or at.thread is not None):
            raise NotPossibleError("No thread can be started at that message.")
        needed = Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
        if not permissions_in(channel, self.user) & needed:
            raise NotPossibleError(f"{self.name} cannot start a thread in #{channel.name}.")
        if not 1 <= len(name.strip()) <= threads.NAME_MAX:
            raise NotPossibleError(f"The name of a thread has 1 to {threads.NAME_MAX} characters.")
        return threads.start(self._world, channel, self.user, name.strip(), at=at, private=private)

    async def archive(self, thread: Channel, *, archived: bool = True) -> None:
        """Close a thread, or open it again; raises `NotPossibleError`."""
        held = permissions_in(thread, self.user)
        reopens = not archived and not thread.locked and held & Permission.SEND_MESSAGES_IN_THREADS
        owns = thread.owner_id == self.id and not thread.locked
        self._check_thread(thread, may=bool(reopens or owns or held & Permission.MANAGE_THREADS))
        thread.archive(archived)

    async def lock(self, thread: Channel, *, locked: bool = True) -> None:
        """Let only managers of threads write in it, or everybody again; raises `NotPossibleError`."""
        self._check_thread(thread, may=bool(permissions_in(thread, self.user) & Permission.MANAGE_THREADS))
        thread.lock(locked)

    async def delete_thread(self, thread: Channel) -> None:
        """Delete a thread; raises `NotPossibleError`."""
        self._check_thread(thread, may=bool(permissions_in(thread, self.user) & Permission.MANAGE_THREADS))
        thread.delete()

    def _check_thread(self, thread: Channel, *, may: bool) -> None:
        if not thread.is_thread or not may:
            raise NotPossibleError(f"{self.name} can't change #{thread.name}.")

    async def hide(self, message: Message) -> None:
        """Dismiss a private message; from then on the bot can't find it either."""
        if self._visible(message).visible_to is not self.user:
            raise NotPossibleError("Only private messages can be dismissed.")
        posting.hide(self._world, message)

    async def start_typing(self, channel: Channel) -> None:
        """Let the others see that something is being written."""
        self._world.hub.announce("TYPING_START", channel, self.id)

    def sees(self, channel: Channel) -> bool:
        """Whether that channel exists for them."""
        return can_see(channel, self.user)

    def _post(
        self, channel: Channel, text: str, files: Sequence[File], answers: Message | None, *, ping: bool
    ) -> Message:
        self._check_may_write(channel, text, files)
        world = self._world
        kept = [keep_file(world, self.user, one, place_id=channel.id, ephemeral=False) for one in files]
        allowed: Json = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        draft = posting.Draft(content=text, attachments=kept, allowed_mentions=allowed, answers=answers)
        if channel.is_thread:
            channel.member_ids.add(self.id)
        return posting.post(world, channel, self.user, draft)

    def _check_may_write(self, channel: Channel, text: str, files: Sequence[File]) -> None:
        held = permissions_in(channel, self.user)
        sends = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
        if not can_see(channel, self.user) or not held & sends:
            raise NotPossibleError(f"{self.name} cannot write in #{channel.name}.")
        if channel.locked and not held & Permission.MANAGE_THREADS:
            raise NotPossibleError(f"#{channel.name} is locked.")
        if files and not held & Permission.ATTACH_FILES:
            raise NotPossibleError(f"{self.name} cannot attach files in #{channel.name}.")
        if len(text) > _CONTENT_MAX or len(files) > 10 or not (text.strip() or files):
            raise NotPossibleError("A message has 1 to 2000 characters, or up to 10 files.")

    def _visible(self, shown: Shown) -> Message:
        message = shown if isinstance(shown, Message) else (shown.answer if isinstance(shown, Call) else shown).message
        if message is None or message.deleted:
            raise NotPossibleError("There is no such message (any more).")
        if message.visible_to not in (None, self.user) or not can_see(message.channel, self.user):
            raise NotPossibleError(f"{self.name} does not see that message.")
        return message

    def _open(self, kind: int, channel: Channel, data: Json, source: Message | None = None) -> Call:
        if not can_see(channel, self.user):
            raise NotPossibleError(f"{self.name} does not see #{channel.name}.")
        interaction: Interaction = interactions.open_interaction(self._world, kind, self.user, channel, data, source)
        return Call(self._world.hub, interaction)


def _ids(command: Json) -> Json:
    ids: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    return {**ids, "guild_id": command["guild_id"]} if "guild_id" in command else ids
