"""A user's permissions somewhere, from roles and overwrites as Discord computes them."""

from sandbox.chat.model import Channel, Guild
from sandbox.chat.permissions import ALL, USUAL, Permission
from sandbox.chat.records import User

_THREAD_ONLY = Permission.SEND_MESSAGES_IN_THREADS
_IN_DMS = USUAL & ~int(Permission.MENTION_EVERYONE)
_NEEDS_SENDING = int(
    Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE | Permission.SEND_TTS_MESSAGES
)


def permissions_in_guild(guild: Guild, user: User) -> int:
    """The permissions from roles alone; 0 for a user who isn't a member."""
    member = guild.members.get(user.id)
    if member is None:
        return 0
    if user.id == guild.owner_id:
        return ALL
    granted = guild.everyone.permissions
    for role in member.roles:
        granted |= role.permissions
    return ALL if granted & Permission.ADMINISTRATOR else granted


def permissions_in(channel: Channel, user: User, *, invited: bool = False) -> int:
    """The user's permissions in that channel, thread or DM; 0 when they can't see it.

    `invited`: as if they had been added to it, should it be a private thread.
    """
    if channel.guild is None:
        return _IN_DMS if user.id in {one.id for one in channel.recipients} else 0
    if user.id not in channel.guild.members:
        return 0
    base = permissions_in_guild(channel.guild, user)
    if base == ALL:
        return ALL
    granted = _overwritten(channel.parent or channel, user, base)
    if not granted & Permission.VIEW_CHANNEL:
        return 0
    inside = invited or not channel.is_private_thread or user.id in channel.member_ids
    if not inside and not granted & Permission.MANAGE_THREADS:
        return 0
    sends = _THREAD_ONLY if channel.is_thread else Permission.SEND_MESSAGES
    return granted if granted & sends else granted & ~_NEEDS_SENDING


def can_see(channel: Channel, user: User) -> bool:
    """Whether the channel is visible to that user."""
    return bool(permissions_in(channel, user) & Permission.VIEW_CHANNEL) and not channel.deleted


def _overwritten(channel: Channel, user: User, base: int) -> int:
    if channel.guild is None:
        return base
    member = channel.guild.members[user.id]
    granted = base
    if everyone := channel.overwrites.get(channel.guild.id):
        granted = granted & ~everyone.deny | everyone.allow
    allow = deny = 0
    for role in member.roles:
        if overwrite := channel.overwrites.get(role.id):
            allow |= overwrite.allow
            deny |= overwrite.deny
    granted = granted & ~deny | allow
    if own := channel.overwrites.get(user.id):
        granted = granted & ~own.deny | own.allow
    return granted
