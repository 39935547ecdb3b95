"""Edits of a reply: the newest text counts until its job is submitted, or its question is answered."""

from bot.chat.naming import Said
from bot.engine.context import EngineContext
from bot.engine.pipeline.reply_check import can_be_prompt, take_over_edit
from bot.engine.requests.reply_offers import ReplyOffers
from bot.jobs.model import MessageId, Via
from bot.jobs.states import State
from bot.jobs.store import finding


async def edit_reply(context: EngineContext, offers: ReplyOffers, reply_id: MessageId, said: Said) -> None:
    """A person's message has a new text: it counts for its job or question.

    A text without words changes nothing.
    """
    if not can_be_prompt(said):
        return
    job = await context.database.read(finding.find_by_origin, str(reply_id))
    if job is None or job.state is State.CANCELLED:
        await offers.edited(reply_id, said.readable)
    elif job.origin.via is Via.REPLY and said.readable != job.request.prompt:
        await take_over_edit(context, job, said)
