"""After Discord's permanent refusal of a message: the job ends, the video is kept, or a notice goes by DM."""

from bot.chat import courier
from bot.engine.context import EngineContext
from bot.engine.moves import change
from bot.jobs.denials import ENDS_PLACE, Denial
from bot.jobs.model import Cause, Job, Post, PostKind
from bot.jobs.states import Event, State
from bot.jobs.store import batches, moving, posts


async def settle_refused(context: EngineContext, job: Job, post: Post, denial: Denial | None) -> float | None:
    """Store that a message other than a video will not be posted in its channel, with the consequences.

    Returns when it is due again, such as in the DM; None if it is settled. A refused card shows that nothing can be
    posted there: an unsent job ends, and costs nothing. Raises `CourierFault`.
    """
    ends = denial is not None and (denial in ENDS_PLACE or job.request.private)
    if post.kind is PostKind.BATCH and denial is not None and ends:
        # The first one last, since its card shows after a crash that this is still to be done.
        for one, _said in reversed(await context.database.read(batches.find_batch, job.origin.id)):
            card = post if one.id == job.id else None
            await change(context, moving.end_for_place, one.id, denial, context.clock.now(), card)
    elif post.kind is PostKind.CARD and denial is not None and ends:
        await change(context, moving.end_for_place, job.id, denial, context.clock.now(), post)
    elif post.kind not in (PostKind.CARD, PostKind.BATCH) and await _redirect_to_dm(context, job, post):
        return context.clock.now()
    else:
        await context.database.write(posts.mark_refused, post)
    return None


async def keep_video(
    context: EngineContext, job: Job, post: Post, cause: Cause, denial: Denial | None = None
) -> float | None:
    """End the job with its video kept; returns when the message is due again if the job was moved meanwhile."""
    about = {"cause": cause, "field": None if denial is None else denial.value, "withheld": False}
    now = context.clock.now()
    process = context.process
    stopped = await change(context, moving.stop_delivering, job, post, Event.UNPOSTABLE, now, process=process, **about)
    return None if stopped else now


def belongs_in_dm(job: Job, post: Post) -> bool:
    """Whether a notice has to be redirected to the DM before it is sent, since the place is the reason for it."""
    return (
        post.kind is PostKind.FAILURE
        and job.state is State.FAILED
        and job.cause is Cause.PLACE
        and not job.request.private
        and post.channel_id == job.origin.place.channel_id
    )


async def _redirect_to_dm(context: EngineContext, job: Job, post: Post) -> bool:
    """Redirect the notice to its requester's DM; False if it was refused there, or can't be. Raises `CourierFault`."""
    if job.request.private or post.channel_id != job.origin.place.channel_id:
        return False
    try:
        dm = await context.courier.open_dm(job.origin.user_id)
    except courier.Refused:
        return False
    if dm == post.channel_id:
        return False
    await context.database.write(posts.redirect, post, dm)
    return True
