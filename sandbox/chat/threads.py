"""Starting threads, for the bot and for people alike; the callers check the rights."""

from sandbox.chat import posting
from sandbox.chat.model import NEWS, NEWS_THREAD, PRIVATE_THREAD, PUBLIC_THREAD, Channel, Message
from sandbox.chat.records import FLAG_HAS_THREAD, TYPE_THREAD_CREATED, User
from sandbox.chat.world import World

NAME_MAX = 100


def start(
    world: World, channel: Channel, starter: User, name: str, *, at: Message | None = None, private: bool = False
) -> Channel:
    """Open a thread in a channel, or at a message of it: then the thread has the message's id.

    A public one without a message is announced in the channel.
    """
    guild = channel.guild
    if guild is None:
        raise ValueError("There are no threads in a DM.")
    kind = PRIVATE_THREAD if private else NEWS_THREAD if channel.type == NEWS else PUBLIC_THREAD
    thread_id = world.next_id() if at is None else at.id
    thread = Channel(world.hub, thread_id, name, kind, guild, channel, channel.nsfw, starter.id)
    thread.member_ids.add(starter.id)
    guild.channels[thread.id] = thread
    if at is not None:
        at.thread = thread
        at.flags |= FLAG_HAS_THREAD
    world.hub.announce("THREAD_CREATE", thread)
    if at is not None:
        world.hub.announce("MESSAGE_UPDATE", at)
    elif not private:
        posting.post(world, channel, starter, posting.Draft(name, type=TYPE_THREAD_CREATED, opened=thread))
    return thread
