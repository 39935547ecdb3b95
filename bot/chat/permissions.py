"""Whether the bot could post a video in a place later."""

import discord

from bot.jobs.reasons import Reason, Refusal

_ALWAYS = ("view_channel", "attach_files", "embed_links", "read_message_history")
_FOR_TEXT = ("view_channel", "read_message_history")
# To open a thread on a video, and to post the next ones there.
_FOR_THREADS = ("create_public_threads", "send_messages_in_threads")
# What an invitation asks for: everything that is needed outside of the text of voice channels.
NEEDED = discord.Permissions(**dict.fromkeys((*_ALWAYS, "send_messages", *_FOR_THREADS), True))
_VOICE = (discord.ChannelType.voice, discord.ChannelType.stage_voice)
_THREADS = (discord.ChannelType.public_thread, discord.ChannelType.private_thread, discord.ChannelType.news_thread)
# Channel types that take a server's messages. Forums and media channels take threads only; a type unknown to discord.py
# may take none.
_POSTABLE = (discord.ChannelType.text, discord.ChannelType.news, *_VOICE, *_THREADS)


def missing_permissions(granted: discord.Permissions, channel: discord.ChannelType | None) -> tuple[str, ...]:
    """The missing permissions in a server's channel of that type, by discord.py's names, in a fixed order.

    In threads the right to send is one of its own, and the text of a voice channel needs the right to connect
    (docs/facts/discord.md). In DMs nothing is ever missing; don't call it there.
    """
    return _missing(granted, channel, _ALWAYS)


def missing_for_alerts(granted: discord.Permissions, channel: discord.ChannelType | None) -> tuple[str, ...]:
    """The same for a message to the owners, which is plain text."""
    return _missing(granted, channel, _FOR_TEXT)


def is_thread(channel: discord.ChannelType) -> bool:
    """Whether it is a thread, whose permissions are those of the channel above."""
    return channel in _THREADS


def _missing(
    granted: discord.Permissions, channel: discord.ChannelType | None, always: tuple[str, ...]
) -> tuple[str, ...]:
    if granted.administrator:
        return ()
    needed = [*always, "send_messages_in_threads" if channel in _THREADS else "send_messages"]
    if channel in _VOICE:
        needed.append("connect")
    return tuple(name for name in needed if not getattr(granted, name))


def missing_by_roles(granted: discord.Permissions) -> tuple[str, ...]:
    """What of `NEEDED` a member's roles lack in a server, by the same names."""
    kinds = (discord.ChannelType.text, discord.ChannelType.public_thread)
    return tuple(dict.fromkeys(name for kind in kinds for name in missing_permissions(granted, kind)))


def takes_messages(channel: discord.ChannelType) -> bool:
    """Whether messages can be posted in a server's channel of that type, and not only in threads below it."""
    return channel in _POSTABLE and channel not in _THREADS


def takes_threads(channel: discord.ChannelType | None) -> bool:
    """Whether a thread can be opened on a message in a server's channel of that type."""
    return channel in (discord.ChannelType.text, discord.ChannelType.news)


def no_thread(
    asking: discord.Permissions, own: discord.Permissions, channel: discord.ChannelType | None
) -> Refusal | None:
    """Why a person can't have the bot open a thread in a server's channel of that type; None if they can.

    The bot lends no right: the person needs that to open threads, too.
    """
    if not takes_threads(channel):
        return Refusal(Reason.THREAD_UNSUITABLE)
    if not (asking.administrator or asking.create_public_threads):
        return Refusal(Reason.THREAD_NOT_ALLOWED)
    missing = () if own.administrator else tuple(name for name in _FOR_THREADS if not getattr(own, name))
    return Refusal(Reason.THREAD_DENIED, {"permissions": missing}) if missing else None


def no_place(guild: discord.Guild | None, granted: discord.Permissions, channel: object) -> Refusal | None:
    """Why the bot could not post in that server's channel later; None if it could.

    `guild` is the server in the client's cache; None if the bot is no member of it, so that only commands reach it.
    `channel` is discord.py's object, None if it made none.
    """
    if guild is None:
        return Refusal(Reason.NOT_INSTALLED)
    kind = getattr(channel, "type", None)
    if kind not in _POSTABLE:
        return Refusal(Reason.PLACE_UNSUITABLE)
    missing = missing_permissions(granted, kind)
    if missing:
        return Refusal(Reason.PLACE_UNPOSTABLE, {"permissions": missing})
    if isinstance(channel, discord.Thread) and not (granted.administrator or granted.manage_threads):
        return _closed(guild, channel)
    return None


def _closed(guild: discord.Guild, thread: discord.Thread) -> Refusal | None:
    """Why a thread takes no message of the bot's although its permissions are enough."""
    if thread.locked:
        return Refusal(Reason.PLACE_LOCKED)
    if thread.is_private() and not guild.unavailable:
        # Discord sends a private thread only to its members (docs/facts/discord.md, "Threads").
        known = guild.get_thread(thread.id)
        if known is None or known.me is None:
            return Refusal(Reason.PLACE_PRIVATE)
    return None
