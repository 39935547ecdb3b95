"""Threads at Discord: opened on a message, and opened again when they are archived. Raises what discord.py raises."""

import discord

from bot.jobs.model import ChannelId, MessageId

NAME_MAX_CHARACTERS = 100
# A quiet thread is archived after so many minutes.
_ARCHIVED_AFTER = 1440
_THERE_ALREADY = 160004


async def open_on(client: discord.Client, channel_id: ChannelId, message_id: MessageId, name: str) -> ChannelId:
    """The thread on that message, which has the message's id (docs/facts/discord.md, "Threads")."""
    try:
        await client.http.start_thread_with_message(
            channel_id, message_id, name=name, auto_archive_duration=_ARCHIVED_AFTER
        )
    except discord.HTTPException as error:
        if error.code != _THERE_ALREADY:
            raise
    return ChannelId(message_id)


async def reopen(client: discord.Client, channel_id: ChannelId) -> bool:
    """Open an archived thread again; False if it is locked for the bot, or no thread."""
    thread = await client.fetch_channel(channel_id)
    if not isinstance(thread, discord.Thread):
        return False
    try:
        await thread.edit(archived=False)
    except discord.Forbidden:
        if not thread.locked:
            raise
        return False
    return True
