"""The newest text of a reply counts until its job is submitted: edits, and a last look at the reply before that."""

from dataclasses import replace
from typing import NamedTuple

from bot.chat.courier import CourierFault, Refused
from bot.chat.naming import Said
from bot.chat.talk import count_words
from bot.engine.drafts import new_draft_id
from bot.engine.parts import Parts
from bot.engine.reply_offers import OFFER_SECONDS, ReplyOffers
from bot.engine.reply_rule import may_be_talk
from bot.jobs.life_log import hash_prompt, log_event
from bot.jobs.model import PROMPT_MAX_CHARACTERS, Draft, Job, MessageId, Offer, OfferKind, Via
from bot.jobs.states import Event, State
from bot.jobs.store import drafts, finding, moving

_RACE_TRIES = 3


class ReplyLook(NamedTuple):
    """What a look at a reply found. `exists` is None when Discord could not be asked; `changed` after an edit.

    `job` is the job as it is now; None if it was moved meanwhile.
    """

    exists: bool | None
    job: Job | None
    changed: bool = False


async def edit_reply(parts: Parts, offers: ReplyOffers, reply_id: MessageId, said: Said) -> None:
    """A person's message has a new text: it counts for the job or the question that the message asked for.

    A text without words changes nothing.
    """
    if not _counts(said):
        return
    job = await parts.database.read(finding.find_by_origin, str(reply_id))
    if job is None or job.state is State.CANCELLED:
        await offers.edited(reply_id, said.readable)
    elif job.origin.via is Via.REPLY and said.readable != job.request.prompt:
        await _take_over(parts, job, said)


async def look_at_reply(parts: Parts, job: Job) -> ReplyLook:
    """Whether the reply that asked for the job exists (deleting it costs nothing), with the text that it has now."""
    if job.origin.via is not Via.REPLY or job.origin.reply_to is None:
        return ReplyLook(exists=True, job=job)
    try:
        seen = await parts.courier.read(job.origin.place, job.origin.reply_to)
    except Refused:
        # The channel may not be read any more: that is not the person's word that they changed their mind.
        return ReplyLook(exists=True, job=job)
    except CourierFault:
        return ReplyLook(exists=None, job=job)
    if seen is None:
        return ReplyLook(exists=False, job=job)
    if not seen.edited or not _counts(seen.said) or seen.said.readable == job.request.prompt:
        return ReplyLook(exists=True, job=job)
    return ReplyLook(exists=True, job=await _take_over(parts, job, seen.said), changed=True)


def _counts(said: Said) -> bool:
    """Whether the text can be a prompt: it has words, and is not longer than one may be."""
    return count_words(said.raw) > 0 and len(said.readable) <= PROMPT_MAX_CHARACTERS


async def _take_over(parts: Parts, job: Job, said: Said) -> Job | None:
    """Let the new text count: a prompt changes the job; what may be talk ends it for free and is asked about.

    None if the job was moved meanwhile.
    """
    pictures = bool(job.request.references)
    became_talk = may_be_talk(said.raw, pictures=pictures) and not may_be_talk(job.request.prompt, pictures=pictures)
    reply_id, now = job.origin.reply_to, parts.clock.now()
    if job.state is not State.ACCEPTED or reply_id is None or not became_talk:
        return await _change_prompt(parts, job, said.readable)
    if await _ask_about(parts, job, reply_id, said.readable):
        cancelled = await parts.database.write(moving.apply, job, Event.CANCEL, now=now)
        if cancelled is None:
            # It is being sent, or was cancelled by its requester.
            await parts.database.write(drafts.end_offer, reply_id, now)
        parts.board.job_changed(job.id)
        parts.board.offers.set()
        return cancelled
    return await _change_prompt(parts, job, said.readable)


async def _ask_about(parts: Parts, job: Job, reply_id: MessageId, prompt: str) -> bool:
    """Let the question be shown under the reply; False if it was answered there with yes before."""
    origin, now = job.origin, parts.clock.now()
    draft = Draft(new_draft_id(), origin.user_id, origin.place, replace(job.request, prompt=prompt), reply_id, now)
    offer = Offer(
        id=reply_id,
        user_id=origin.user_id,
        video_id=job.request.parent_id or job.id,
        place=origin.place,
        draft_id=draft.id,
        kind=OfferKind.ASK,
        delete_at=now + OFFER_SECONDS,
        locale=origin.locale,
    )
    return await parts.database.write(drafts.make_offer, offer, draft)


async def _change_prompt(parts: Parts, job: Job, prompt: str) -> Job | None:
    """Give a job that was not sent yet another prompt; its grace period begins again. None if it was moved."""
    for _ in range(_RACE_TRIES):
        if job.state is not State.ACCEPTED:
            return None
        not_before = max(job.not_before, parts.clock.now() + parts.rules.reply_grace_seconds)
        changed = await parts.database.write(moving.note, job, prompt=prompt, not_before=not_before)
        if changed is not None:
            log_event(
                "edited", changed, by=changed.origin.user_id, prompt_length=len(prompt), prompt_hash=hash_prompt(prompt)
            )
            parts.board.job_changed(job.id)
            return changed
        job = await parts.database.read(finding.get, job.id) or job
    return None
