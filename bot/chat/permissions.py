"""Whether the bot could post a video in a place later; it must not know what is to be posted."""

import discord

from bot.jobs.reasons import Reason, Refusal

_ALWAYS = ("view_channel", "attach_files", "embed_links", "read_message_history")
_VOICE = (discord.ChannelType.voice, discord.ChannelType.stage_voice)
_THREADS = (discord.ChannelType.public_thread, discord.ChannelType.private_thread, discord.ChannelType.news_thread)


def missing_permissions(granted: discord.Permissions, channel: discord.ChannelType | None) -> tuple[str, ...]:
    """The permissions that are lacking in a server's channel of that type, by discord.py's names, in a fixed order.

    In threads the right to send is one of its own, and the text of a voice channel needs the right to connect
    (docs/facts/discord.md). In DMs nothing is ever lacking; don't ask there.
    """
    if granted.administrator:
        return ()
    needed = [*_ALWAYS, "send_messages_in_threads" if channel in _THREADS else "send_messages"]
    if channel in _VOICE:
        needed.append("connect")
    return tuple(name for name in needed if not getattr(granted, name))


def no_place(
    guild: discord.Guild | None, granted: discord.Permissions, channel: discord.ChannelType | None
) -> Refusal | None:
    """Why the bot could not post in that server's channel later; None if it could.

    `guild` is the server as the client knows it; None if the bot is no member of it, so that only commands reach it.
    """
    if guild is None:
        return Refusal(Reason.NOT_INSTALLED)
    missing = missing_permissions(granted, channel)
    return Refusal(Reason.PLACE_UNPOSTABLE, {"permissions": missing}) if missing else None
