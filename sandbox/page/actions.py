"""Turns an action in the page into an action of a person in the chat, with the checks of Discord's client."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.chat import Call, Channel, Chat, Form, Message, NotPossibleError, Person
from sandbox.chat.command_filler import ATTACHMENT, CHANNEL, MENTIONABLE, ROLE, USER, find_command
from sandbox.chat.errors import ApiError
from sandbox.chat.forms import form_of
from sandbox.chat.records import Json, flatten, parts_of
from sandbox.page.demo_world import DemoWorld
from sandbox.page.picked_files import PickedFiles

_SUBCOMMANDS = (1, 2)
_ENTITY_MENUS = (5, 6, 7, 8)
_FORMS_KEPT = 20


class ActionError(Exception):
    """The requested action is impossible; the message is one sentence."""


@dataclass(slots=True)
class _Opened:
    """A call that may have opened a form in one tab, and the state of that form."""

    call: Call
    tab: str
    sent: Call | None = None
    dismissed: bool = False


@dataclass(frozen=True, slots=True)
class _ActionRequest:
    """Who acts, in which tab, and with which data."""

    me: Person
    tab: str
    body: Json

    def text(self, name: str) -> str:
        value = self.body.get(name)
        if not isinstance(value, str):
            raise ActionError(f"'{name}' is missing.")
        return value

    def items(self, name: str) -> list[Any]:
        value: object = self.body.get(name, [])
        if not isinstance(value, list):
            raise ActionError(f"'{name}' is not a list.")
        return cast("list[Any]", value)

    def values(self, name: str) -> Json:
        value: object = self.body.get(name, {})
        if not isinstance(value, dict):
            raise ActionError(f"'{name}' is not an object.")
        return cast("Json", value)


@dataclass(slots=True)
class Actions:
    """Everything that the people of the page can do."""

    chat: Chat
    demo_world: DemoWorld
    picked_files: PickedFiles
    _opened: dict[int, _Opened] = field(default_factory=dict[int, _Opened])

    async def do(self, name: str, body: Json) -> Json:
        """Carry one action out and return its result for the page; raises `ActionError`."""
        action = _ACTIONS.get(name)
        if action is None:
            raise ActionError(f"There is no action '{name}'.")
        asked = _ActionRequest(self.person(body.get("as")), str(body.get("tab", "")), body)
        try:
            return await action(self, asked) or {}
        except NotPossibleError as error:
            raise ActionError(str(error)) from error
        except ApiError as error:
            raise ActionError("That is not there any more.") from error

    def person(self, person_id: object) -> Person:
        """The persona with that id; raises `ActionError`."""
        person = (
            self.demo_world.person(int(person_id)) if isinstance(person_id, str) and person_id.isdecimal() else None
        )
        if person is None:
            raise ActionError("There is no such person.")
        return person

    def forms(self, tab: str) -> list[Json]:
        """The open forms of a tab, each with its state."""
        shown: list[Json] = []
        for opened in self._opened.values():
            modal = opened.call.interaction.modal
            state = _state_of(opened)
            if modal is not None and opened.tab == tab and state is not None:
                shown.append({"call": str(opened.call.interaction.id), "state": state, **modal})
        return shown

    def _channel(self, asked: _ActionRequest) -> Channel:
        channel = self.chat.world.channel(_number(asked.body.get("at")))
        if not asked.me.sees(channel):
            raise ActionError("There is no such place.")
        return channel

    def _message(self, asked: _ActionRequest, name: str = "message") -> Message:
        message = self._channel(asked).all_messages.get(_number(asked.body.get(name)))
        if message is None or message.deleted or message.visible_to not in (None, asked.me.user):
            raise ActionError("That message is not there any more.")
        return message

    def _watch(self, asked: _ActionRequest, call: Call) -> Json:
        """Remember a call, since the bot may answer it with a form for that tab."""
        self._opened[call.interaction.id] = _Opened(call, asked.tab)
        while len(self._opened) > _FORMS_KEPT:
            del self._opened[next(iter(self._opened))]
        return {"call": str(call.interaction.id)}

    def _open_form(self, asked: _ActionRequest) -> tuple[_Opened, Form]:
        opened = self._opened.get(_number(asked.body.get("call")))
        form = form_of(opened.call.interaction) if opened else None
        if opened is None or form is None:
            raise ActionError("That form is not open any more.")
        return opened, form

    async def say(self, asked: _ActionRequest) -> Json:
        """Write a message, or answer one."""
        files = self.picked_files.get_all(asked.items("files"))
        if asked.body.get("reply_to"):
            answered = self._message(asked, "reply_to")
            ping = asked.body.get("ping") is not False
            message = await asked.me.reply(answered, asked.text("text"), files=files, ping=ping)
        else:
            message = await asked.me.say(self._channel(asked), asked.text("text"), files=files)
        return {"message": str(message.id)}

    async def edit(self, asked: _ActionRequest) -> None:
        """Change an own message."""
        text = asked.text("text")
        message = self._message(asked)
        if not text.strip() and not message.attachments:
            raise ActionError("A message can't be empty: delete it instead.")
        await asked.me.edit(message, text)

    async def delete(self, asked: _ActionRequest) -> None:
        """Delete a message."""
        await asked.me.delete(self._message(asked))

    async def hide(self, asked: _ActionRequest) -> None:
        """Dismiss a private answer."""
        await asked.me.hide(self._message(asked))

    async def slash(self, asked: _ActionRequest) -> Json:
        """Use a slash command."""
        channel, name = self._channel(asked), asked.text("command")
        values = self._values(asked, channel, name)
        return self._watch(asked, await asked.me.slash(channel, name, **values))

    async def suggest(self, asked: _ActionRequest) -> Json:
        """The bot's suggestions for an option that is being typed."""
        channel, name = self._channel(asked), asked.text("command")
        others: dict[str, Any] = self._values(asked, channel, name)
        option = asked.text("option")
        others.pop(option, None)
        found = await asked.me.autocomplete(channel, name, option, asked.text("typed"), **others)
        return {"choices": [{"name": one.name, "value": one.value} for one in found]}

    async def press(self, asked: _ActionRequest) -> Json:
        """Press a button."""
        return self._watch(asked, await asked.me.click(self._message(asked), asked.text("custom_id")))

    async def choose(self, asked: _ActionRequest) -> Json:
        """Choose in a menu."""
        message, custom_id = self._message(asked), asked.text("custom_id")
        kinds = {one.get("custom_id"): one["type"] for one in flatten(message.components)}
        values = asked.items("values")
        if kinds.get(custom_id) in _ENTITY_MENUS:
            values = [self._entity(message.channel, one) for one in values]
        return self._watch(asked, await asked.me.select(message, custom_id, values))

    async def submit(self, asked: _ActionRequest) -> None:
        """Send a form."""
        opened, form = self._open_form(asked)
        kinds = {one.custom_id: one.kind for one in form.fields.values()}
        filled = {
            name: self._filled(kinds.get(name, ""), form.interaction.channel, value)
            for name, value in asked.values("fields").items()
        }
        opened.sent = await asked.me.submit(form, filled)
        # The response to a form that came from a button may be another form.
        self._watch(asked, opened.sent)

    async def dismiss(self, asked: _ActionRequest) -> None:
        """Close a form without sending it."""
        opened, _ = self._open_form(asked)
        opened.dismissed = True
        self.chat.world.hub.touch()

    async def menu(self, asked: _ActionRequest) -> Json:
        """Use a command from the menu of a message or of a person."""
        name = asked.text("command")
        if asked.body.get("message"):
            return self._watch(asked, await asked.me.menu(self._message(asked), name))
        target = Person(self.chat.world, self.chat.world.user(_number(asked.body.get("person"))))
        return self._watch(asked, await asked.me.menu(target, name, self._channel(asked)))

    async def react(self, asked: _ActionRequest) -> None:
        """Add a reaction to a message, or remove it."""
        await asked.me.react(self._message(asked), asked.text("emoji"))

    async def vote(self, asked: _ActionRequest) -> None:
        """Vote in a poll, or remove the vote with no answer."""
        await asked.me.vote(self._message(asked), [_number(one) for one in asked.items("answers")])

    async def typing(self, asked: _ActionRequest) -> None:
        """Let the others see that something is being written."""
        await asked.me.start_typing(self._channel(asked))

    async def thread(self, asked: _ActionRequest) -> Json:
        """Start a thread, at a message or in a channel."""
        start = self._message(asked) if asked.body.get("message") else self._channel(asked)
        thread = await asked.me.start_thread(start, asked.text("name"))
        return {"channel": str(thread.id)}

    async def change_thread(self, asked: _ActionRequest) -> None:
        """Archive, lock or delete a thread, or undo the first two."""
        thread = self._channel(asked)
        match asked.text("change"):
            case "archive" | "reopen" as change:
                await asked.me.archive(thread, archived=change == "archive")
            case "lock" | "unlock" as change:
                await asked.me.lock(thread, locked=change == "lock")
            case _:
                await asked.me.delete_thread(thread)

    def _values(self, asked: _ActionRequest, channel: Channel, command: str) -> dict[str, Any]:
        """The options in the chat's types: picked files, people, channels and roles in place of their ids."""
        first, *rest = command.split()
        level = find_command(self.chat.world, asked.me.user, channel, first)
        for name in rest:
            level = next((one for one in parts_of(level, "options") if one["name"] == name), level)
        kinds = {one["name"]: one["type"] for one in parts_of(level, "options") if one["type"] not in _SUBCOMMANDS}
        return {name: self._value(kinds.get(name), channel, one) for name, one in asked.values("options").items()}

    def _value(self, kind: object, channel: Channel, value: object) -> object:
        if kind == ATTACHMENT:
            return self.picked_files.get(str(value))
        if kind in (USER, CHANNEL, ROLE, MENTIONABLE):
            return self._entity(channel, value)
        return value

    def _entity(self, channel: Channel, value: object) -> object:
        """The person, channel or role with that id; any other value unchanged."""
        if not isinstance(value, str) or not value.isdecimal():
            return value
        number, world = int(value), self.chat.world
        if number in world.users:
            return world.users[number]
        if channel.guild and number in channel.guild.roles:
            return channel.guild.roles[number]
        if channel.guild and number in channel.guild.channels:
            return channel.guild.channels[number]
        return value

    def _filled(self, kind: str, channel: Channel, value: object) -> object:
        if not isinstance(value, list):
            return value
        items = cast("list[object]", value)
        if kind == "files":
            return list(self.picked_files.get_all(items))
        if kind in ("user", "role", "mentionable", "channel"):
            return [self._entity(channel, one) for one in items]
        return items


def _state_of(opened: _Opened) -> str | None:
    """A form's state; None when it is closed."""
    if opened.dismissed:
        return None
    if opened.sent is None:
        return "open"
    sent = opened.sent.interaction
    if sent.response_type is not None:
        return None
    return "failed" if sent.failed else "sending"


def _number(value: object) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise ActionError("An id is missing.")


_Action = Callable[[Actions, _ActionRequest], Awaitable[Json | None]]
_ACTIONS: dict[str, _Action] = {
    name: getattr(Actions, name)
    for name in (
        "say", "edit", "delete", "hide", "slash", "suggest", "press", "choose", "submit", "dismiss", "menu", "react",
        "vote", "typing", "thread", "change_thread",
    )
}  # fmt: skip
