"""Messages as one person sees them: Discord's own JSON, with the page's links and the person's rights."""

import json
from typing import Any, cast

from sandbox.chat import Attachment, Channel, Chat, Message, Permission, Person
from sandbox.chat.access import permissions_in
from sandbox.chat.interactions import COMPONENT
from sandbox.chat.model import Interaction
from sandbox.chat.payloads import message_json
from sandbox.chat.records import Json
from sandbox.page.views.commands import used_name
from sandbox.page.views.world import user_view

_PRESS_SHOWN_SECONDS = 600.0
_KEPT = (
    "id", "channel_id", "type", "content", "embeds", "components", "mention_everyone", "mention_roles", "flags", "tts",
    "pinned", "sticker_items", "poll", "reactions", "message_snapshots",
)  # fmt: skip


def file_link(attachment: Attachment) -> str:
    """The page's link to a file; unlike Discord's own links it never changes."""
    return f"/files/{attachment.id}/{attachment.file_name}"


def message_views(chat: Chat, me: Person, channel: Channel, limit: int) -> list[Json]:
    """The newest messages of a place that this person sees, their private ones included, oldest first."""
    shown = [one for one in channel.all_messages.values() if not one.deleted and one.visible_to in (None, me.user)]
    presses = _presses(chat, me)
    return [_message_view(chat, me, one, presses.get(one.id, [])) for one in shown[-limit:]]


def _presses(chat: Chat, me: Person) -> dict[int, list[Interaction]]:
    """This person's latest presses of buttons and menus, by message, newest first."""
    found: dict[int, list[Interaction]] = {}
    for one in reversed(chat.world.interactions.values()):
        if one.created_at < chat.world.clock.now() - _PRESS_SHOWN_SECONDS:
            break
        if one.kind == COMPONENT and one.user is me.user and one.source is not None:
            found.setdefault(one.source.id, []).append(one)
    return found


def _message_view(chat: Chat, me: Person, message: Message, presses: list[Interaction]) -> Json:
    whole = message_json(chat.world, message, content_intent=True, viewer=me.user)
    links = {one["url"]: file_link(known) for one, known in zip(whole["attachments"], message.attachments, strict=True)}
    links |= {f"attachment://{one.file_name}": file_link(one) for one in message.attachments}
    view: Json = {name: whole[name] for name in _KEPT if name in whole}
    for name in ("embeds", "components", "message_snapshots"):
        if view.get(name):
            view[name] = _relinked(chat, view[name], links)
    # As in Discord, a file that an embed shows is not shown a second time.
    in_embeds = json.dumps(view["embeds"])
    view["attachments"] = [
        {**one, "url": file_link(known), "proxy_url": file_link(known)}
        for one, known in zip(whole["attachments"], message.attachments, strict=True)
        if file_link(known) not in in_embeds
    ]
    waiting = [one for one in presses if one.response_type is None and not one.failed]
    return {
        **view,
        "author": user_view(chat, message.author),
        "timestamp": message.created_at * 1000,
        "edited_timestamp": None if message.edited_at is None else message.edited_at * 1000,
        "mentions": [{"id": str(one.id), "name": one.name} for one in message.mentions],
        "interaction": _asked_by(chat, message),
        "reply": _quote(chat, message),
        "thread": _thread(message),
        "ephemeral": message.ephemeral,
        "loading": message.loading,
        "failed": message.loading and message.interaction is not None and message.interaction.failed,
        "pinged": me.id in message.pinged,
        "can": _rights(me, message),
        "pressed": [str(one.data.get("custom_id")) for one in waiting],
        "trouble": "This interaction failed." if presses and presses[0].failed else None,
    }


def _relinked(chat: Chat, part: Any, links: dict[str, str]) -> Any:
    """The same JSON with every link to a known file turned into a link of the page."""
    if isinstance(part, dict):
        return {name: _relinked(chat, one, links) for name, one in cast("Json", part).items()}
    if isinstance(part, list):
        return [_relinked(chat, one, links) for one in cast("list[Any]", part)]
    if isinstance(part, str):
        if part in links:
            return links[part]
        if part.startswith(chat.world.files.origin):
            known = chat.world.files.open_link(part.removeprefix(chat.world.files.origin))
            return file_link(known) if known else part
    return part


def _asked_by(chat: Chat, message: Message) -> Json | None:
    """The user of the command that a public or private response belongs to."""
    asked = message.interaction
    if asked is None or not asked.command_name or asked.source is not None:
        return None
    return {"user": user_view(chat, asked.user), "name": used_name(asked)}


def _quote(chat: Chat, message: Message) -> Json | None:
    answered = message.reply_to
    if message.reference is None:
        return None
    if answered is None or answered.deleted:
        return {"id": str(message.reference), "deleted": True}
    return {
        "id": str(answered.id),
        "deleted": False,
        "author": user_view(chat, answered.author),
        "content": answered.content,
        "attachments": len(answered.attachments),
    }


def _thread(message: Message) -> Json | None:
    thread = message.thread
    if thread is None or thread.deleted:
        return None
    return {"id": str(thread.id), "name": thread.name, "count": len(thread.messages)}


def _rights(me: Person, message: Message) -> Json:
    held = permissions_in(message.channel, me.user)
    sends = Permission.SEND_MESSAGES_IN_THREADS if message.channel.is_thread else Permission.SEND_MESSAGES
    mine = message.author is me.user
    public = not message.ephemeral
    return {
        "reply": public and bool(held & sends),
        "edit": public and mine,
        "delete": public and (mine or bool(message.channel.guild and held & Permission.MANAGE_MESSAGES)),
        "react": public and bool(held & Permission.ADD_REACTIONS),
        "thread": public
        and message.thread is None
        and not message.channel.is_thread
        and message.channel.guild is not None
        and bool(held & Permission.CREATE_PUBLIC_THREADS),
    }
