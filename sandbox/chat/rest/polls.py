"""The bot's polls after they were sent."""

from sandbox.chat import polls
from sandbox.chat.errors import ApiError
from sandbox.chat.model import Message
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.messages import shown
from sandbox.chat.rest.reactions import page_of_users
from sandbox.chat.rest.server import Answer


async def voters(call: Incoming) -> Answer:
    """GET /channels/{channel}/polls/{message}/answers/{answer}."""
    poll = _message(call).poll
    if poll is None:
        raise ApiError(520006)
    return {"users": page_of_users(call, poll.votes.get(call.id("answer"), []))}


async def end(call: Incoming) -> Answer:
    """POST /channels/{channel}/polls/{message}/expire; only the bot's own."""
    message = _message(call)
    if message.author is not call.world.bot:
        raise ApiError(50013)
    polls.end(call.world, message)
    return shown(call.world, message)


def _message(call: Incoming) -> Message:
    return call.world.message(call.world.channel_for_bot(call.id("channel")), call.id("message"))
