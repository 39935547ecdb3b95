"""Whether a message was posted by an earlier attempt: when that has to be searched for, and the search.

Nothing here is stored; docs/decisions/0004-outbox.md has the rules.
"""

from collections.abc import Callable
from functools import partial

from bot.chat import custom_ids
from bot.engine.context import EngineContext
from bot.jobs.model import Job, JobId, MessageId, Post, PostKind

# Discord honours a nonce for "the past few minutes"; within two of them a retry is surely deduplicated.
NONCE_SURE_SECONDS = 120.0


def must_search(context: EngineContext, job: Job, post: Post, tried_at: float | None) -> bool:
    """Whether an earlier attempt may have posted the message, outside of the nonce window.

    `tried_at` is when this process first tried it, on the monotonic clock.
    """
    if post.attempted_at is None:
        # After a second fetch the message may exist under the number before. Any other repeat is a new notice.
        again = post.kind is PostKind.VIDEO and post.number > 1
        return (again or _is_from_before(context, job)) and tried_at is None
    clock = context.clock
    # After a step of the machine's clock one of the two is wrong: both have to be short.
    since_seconds = clock.now() - post.attempted_at
    sure = tried_at is not None and clock.monotonic() - tried_at <= NONCE_SURE_SECONDS
    return not (sure and 0.0 <= since_seconds <= NONCE_SURE_SECONDS)


async def find_posted(context: EngineContext, job: Job, post: Post) -> MessageId | None:
    """The message in its channel, if an earlier attempt has posted it. Raises `CourierFault`."""
    return await context.courier.find(post.channel_id, _search_after(context, job, post), _recogniser(post))


async def is_outdone(context: EngineContext, job: Job, post: Post) -> bool:
    """Whether the database was restored, and the job's last message already exists. Raises `CourierFault`."""
    if post.kind in (PostKind.CARD, PostKind.VIDEO) or not _is_from_before(context, job):
        return False
    last = partial(_is_final_post, job_id=job.id, notices=post.kind is not PostKind.FAILURE)
    after = _search_after(context, job, post)
    return await context.courier.find(job.origin.posts_in.channel_id, after, last) is not None


def _search_after(context: EngineContext, job: Job, post: Post) -> MessageId:
    after = job.origin.history_after or MessageId(0)
    if post.attempted_at is None or _is_from_before(context, job):
        return after
    # No attempt before the one with the unknown outcome can have posted it.
    return max(after, post.attempted_after or after)


def _is_from_before(context: EngineContext, job: Job) -> bool:
    """Whether the database was restored since the job was accepted, so that more may be posted than it contains."""
    return job.accepted_at <= context.signals.searched_until


def _is_final_post(custom_id: str, *, job_id: JobId, notices: bool) -> bool:
    """Whether the message with that button is the job's video or, if wanted, its failure notice."""
    kinds = (PostKind.VIDEO, PostKind.FAILURE) if notices else (PostKind.VIDEO,)
    return any(custom_ids.belongs_to(custom_id, job_id=job_id, kind=kind, number=None) for kind in kinds)


def _recogniser(post: Post) -> Callable[[str], bool]:
    # A video is the same under every number; an earlier notice is another one.
    number = None if post.kind is PostKind.VIDEO else post.number
    return partial(custom_ids.belongs_to, job_id=post.job_id, kind=post.kind, number=number)
