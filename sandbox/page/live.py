"""One browser tab: sends it what has changed in its view, as soon as it changes.

Views are computed again at each change and compared with what the tab got last. So no change can be missed: an edit, a
dismissed response, a removed permission.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.chat import Channel, Person
from sandbox.chat.errors import ApiError
from sandbox.chat.hub import Change
from sandbox.chat.records import Json
from sandbox.page.actions import ActionError, Actions
from sandbox.page.views.backstage import backstage_view, log_entries
from sandbox.page.views.commands import call_views, command_views
from sandbox.page.views.messages import message_views
from sandbox.page.views.world import bot_view, world_view
from sandbox.stage import Stage

_LOOK_AGAIN_SECONDS = 0.5
_TOGETHER_SECONDS = 0.03
_MESSAGES_MAX = 500


@dataclass(frozen=True, slots=True)
class TabView:
    """What a tab shows: as whom, which channel, how many messages back, and whether Backstage is open."""

    me: Person
    tab: str
    channel: Channel
    limit: int
    backstage: bool


class Tab:
    """The live connection of one tab, from its opening to its end."""

    def __init__(self, stage: Stage, actions: Actions, socket: web.WebSocketResponse) -> None:
        self._stage = stage
        self._actions = actions
        self._socket = socket
        self._look: TabView | None = None
        self._looked = asyncio.Event()
        self._told: dict[str, str] = {}
        self._messages: dict[str, str] = {}
        self._place: tuple[int, int] | None = None
        self._log: dict[str, str] = {}
        self._typing: list[Json] = []

    async def run(self) -> None:
        """Read the tab's messages and send it changes, until it closes."""
        self._stage.chat.world.hub.listeners.append(self._hear)
        telling = asyncio.create_task(self._tell())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._turn_to(json.loads(message.data))
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            self._stage.chat.world.hub.listeners.remove(self._hear)

    def _hear(self, change: Change) -> None:
        channel = change.about
        if change.what == "TYPING_START" and isinstance(channel, Channel):
            self._typing.append({"at": str(channel.id), "who": str(change.detail)})

    def _turn_to(self, wanted: Json) -> None:
        """Switch to the view that the tab requests; to an existing one, when that is gone."""
        try:
            me = self._actions.person(wanted.get("as"))
        except ActionError:
            me = self._actions.demo_world.personas[0].person
        limit = min(_MESSAGES_MAX, max(1, int(wanted.get("limit") or 60)))
        channel = self._place_of(me, wanted.get("at"))
        self._look = TabView(me, str(wanted.get("tab", "")), channel, limit, wanted.get("backstage") is True)
        self._looked.set()
        self._stage.chat.world.hub.touch()

    def _place_of(self, me: Person, wanted: object) -> Channel:
        demo_world, chat = self._actions.demo_world, self._stage.chat
        try:
            channel = (
                chat.world.channel(int(wanted))
                if isinstance(wanted, str) and wanted.isdecimal()
                else demo_world.start_channel
            )
        except ApiError:
            channel = demo_world.start_channel
        if me.sees(channel):
            return channel
        return demo_world.start_channel if me.sees(demo_world.start_channel) else chat.dm(me)

    async def _tell(self) -> None:
        await self._looked.wait()
        while True:
            if self._look is not None:
                await self._tell_about(self._look)
            await self._stage.chat.world.hub.changed(_LOOK_AGAIN_SECONDS)
            # Changes that happen together are sent together.
            await asyncio.sleep(_TOGETHER_SECONDS)

    async def _tell_about(self, look: TabView) -> None:
        chat, me = self._stage.chat, look.me
        channel = self._place_of(me, str(look.channel.id))
        views: dict[str, Callable[[], Any]] = {
            "bot": lambda: bot_view(self._stage),
            "world": lambda: {**world_view(chat, self._actions.demo_world, me), "at": str(channel.id)},
            "commands": lambda: command_views(chat, me, channel),
            "calls": lambda: call_views(chat, me, channel),
            "forms": lambda: self._actions.forms(look.tab),
        }
        if look.backstage:
            views["backstage"] = lambda: backstage_view(self._stage)
        for name, view in views.items():
            await self._set(name, view())
        await self._tell_messages(look, channel)
        if look.backstage:
            await self._tell_log()
        typing, self._typing = self._typing, []
        for one in typing:
            if one["at"] == str(channel.id) and one["who"] != str(me.id):
                await self._send({"typing": one})

    async def _set(self, name: str, value: Any) -> None:
        text = json.dumps(value)
        if self._told.get(name) != text:
            self._told[name] = text
            await self._socket.send_str(f'{{"set": {json.dumps(name)}, "value": {text}}}')

    async def _tell_messages(self, look: TabView, channel: Channel) -> None:
        place = (look.me.id, channel.id)
        reset = place != self._place
        if reset:
            self._place, self._messages = place, {}
        shown = {one["id"]: one for one in message_views(self._stage.chat, look.me, channel, look.limit)}
        texts = {message_id: json.dumps(one) for message_id, one in shown.items()}
        put = [shown[message_id] for message_id, text in texts.items() if self._messages.get(message_id) != text]
        gone = [message_id for message_id in self._messages if message_id not in texts]
        self._messages = texts
        if reset or put or gone:
            whole = len(shown) < look.limit
            part: Json = {"at": str(channel.id), "reset": reset, "put": put, "gone": gone, "whole": whole}
            await self._send({"messages": part})

    async def _tell_log(self) -> None:
        entries = {str(one["id"]): one for one in log_entries(self._stage)}
        texts = {entry_id: json.dumps(one) for entry_id, one in entries.items()}
        put = [entries[entry_id] for entry_id, text in texts.items() if self._log.get(entry_id) != text]
        if put:
            await self._send({"log": {"reset": not self._log, "put": put}})
        self._log = texts

    async def _send(self, what: Json) -> None:
        await self._socket.send_str(json.dumps(what))
