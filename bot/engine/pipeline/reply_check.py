"""The last check of a reply before its job is submitted, and what its newest text does to the job."""

from dataclasses import replace
from typing import NamedTuple

from bot.chat.courier import CourierFault, Refused
from bot.chat.naming import Said
from bot.chat.talk import count_words, may_be_talk
from bot.engine.context import EngineContext
from bot.engine.moves import change, move
from bot.jobs.deadlines import OFFER_SECONDS
from bot.jobs.drafts import Draft, Offer, OfferKind, new_draft_id
from bot.jobs.life_log import hash_prompt, log_event
from bot.jobs.model import PROMPT_MAX_CHARACTERS, Job, MessageId, Via
from bot.jobs.states import Event, State
from bot.jobs.store import drafts, finding, moving

_RACE_TRIES = 3


class ReplyCheck(NamedTuple):
    """The result of a check. `exists` is None when Discord could not be reached; `changed` after an edit.

    `job` is the job as it is now; None if it was moved meanwhile.
    """

    exists: bool | None
    job: Job | None
    changed: bool = False


async def check_reply(context: EngineContext, job: Job) -> ReplyCheck:
    """Whether the job's reply still exists (deleting it costs nothing), with its newest text."""
    if job.origin.via is not Via.REPLY or job.origin.reply_to is None:
        return ReplyCheck(exists=True, job=job)
    try:
        seen = await context.courier.read(job.origin.posts_in, job.origin.reply_to)
    except Refused:
        # The channel may be unreadable by now: that is no deletion by the person.
        return ReplyCheck(exists=True, job=job)
    except CourierFault:
        return ReplyCheck(exists=None, job=job)
    if seen is None:
        return ReplyCheck(exists=False, job=job)
    if not seen.edited or not can_be_prompt(seen.said) or seen.said.readable == job.request.prompt:
        return ReplyCheck(exists=True, job=job)
    return ReplyCheck(exists=True, job=await take_over_edit(context, job, seen.said), changed=True)


def can_be_prompt(said: Said) -> bool:
    """Whether the text can be a prompt: it has words, and is not longer than one may be."""
    return count_words(said.raw) > 0 and len(said.readable) <= PROMPT_MAX_CHARACTERS


async def take_over_edit(context: EngineContext, job: Job, said: Said) -> Job | None:
    """Let the new text count: a prompt changes the job; a text that may be talk ends it for free and asks. None if it
    was moved meanwhile.
    """
    pictures = bool(job.request.references)
    became_talk = may_be_talk(said.raw, pictures=pictures) and not may_be_talk(job.request.prompt, pictures=pictures)
    reply_id, now = job.origin.reply_to, context.clock.now()
    if job.state is not State.ACCEPTED or reply_id is None or not became_talk:
        return await _change_prompt(context, job, said.readable)
    if await _ask_about(context, job, reply_id, said.readable):
        cancelled = await move(context, job, Event.CANCEL)
        if cancelled is None:
            # It is being sent, or was cancelled by its requester.
            await context.database.write(drafts.end_offer, reply_id, now)
        context.signals.offer_changed(reply_id)
        return cancelled
    return await _change_prompt(context, job, said.readable)


async def _ask_about(context: EngineContext, job: Job, reply_id: MessageId, prompt: str) -> bool:
    """Let the question be shown under the reply; False if it was answered with yes before."""
    origin, now = job.origin, context.clock.now()
    draft = Draft(new_draft_id(), origin.user_id, origin.place, replace(job.request, prompt=prompt), reply_id, now)
    offer = Offer(
        id=reply_id,
        user_id=origin.user_id,
        video_id=job.request.parent_id or job.id,
        place=origin.posts_in,
        draft_id=draft.id,
        kind=OfferKind.ASK,
        delete_at=now + OFFER_SECONDS,
        locale=origin.locale,
    )
    return await context.database.write(drafts.make_offer, offer, draft, context.process)


async def _change_prompt(context: EngineContext, job: Job, prompt: str) -> Job | None:
    """Give an unsent job another prompt; its grace period starts again. None if it was moved."""
    for _ in range(_RACE_TRIES):
        if job.state is not State.ACCEPTED:
            return None
        not_before = max(job.not_before, context.clock.now() + context.rules.reply_grace_seconds)
        changed = await change(context, moving.note, job, prompt=prompt, not_before=not_before)
        if changed is not None:
            log_event(
                "edited", changed, by=changed.origin.user_id, prompt_length=len(prompt), prompt_hash=hash_prompt(prompt)
            )
            return changed
        job = await context.database.read(finding.get, job.id) or job
    return None
