"""Which messages of a job are outdated, so that they go. Pure."""

from bot.jobs.model import PRIVATE_CAUSES, Job, Post, PostKind, PostState
from bot.jobs.states import ENDS, State
from bot.jobs.store.posts import SHOW_PROMPT


def find_outdated(job: Job, said: list[Post], kept_since: float) -> list[Post]:
    """The outdated ones of a job's messages: its card, and after a private refusal the notices that show its prompt.

    A card is outdated once the job has ended and its last message is posted, or once a notice asks in its place. That
    of a withheld job goes with its kept video, that of a stopped one as late: if it ended before `kept_since`.
    """
    sent = {post.kind for post in said if post.state is PostState.SENT}
    # A refused video is not the last message: the failure notice is still to come.
    refused = any(post.kind is PostKind.FAILURE and post.state is PostState.REFUSED for post in said)
    is_said = refused or bool(sent & {PostKind.VIDEO, PostKind.FAILURE})
    match job.state:
        case State.CANCELLED | State.STOPPED:
            goes = not is_kept(job, kept_since)
        case State.UNCERTAIN:
            # An unclear outcome is one message: the notice has the card's facts, and the question.
            goes = PostKind.UNSURE in sent
        case _:
            goes = job.state in ENDS and is_said
    kinds = {PostKind.CARD} if goes else set[PostKind]()
    if is_said:
        kinds.update(kind for kind in SHOW_PROMPT if goes_at_end(job, kind))
    return [post for post in said if post.kind in kinds and post.state is PostState.SENT]


def goes_at_end(job: Job, kind: PostKind) -> bool:
    """Whether such a message is edited or deleted once the job has ended: its card, and what shows a refused prompt."""
    is_private = job.state in (State.REFUSED, State.FAILED) and job.cause in PRIVATE_CAUSES
    return kind is PostKind.CARD or (kind in SHOW_PROMPT and is_private)


def is_answered(job: Job) -> bool:
    """Whether the question about an uncertain job is over: a person answered it, or the provider has the video."""
    return job.answered_at is not None or job.remote_id is not None


def is_kept(job: Job, kept_since: float) -> bool:
    """Whether the job has ended with a withheld video, which can be posted after all, or was stopped.

    A stopped one may turn up, and is withheld then.
    """
    stands = job.state is State.STOPPED or (job.state is State.CANCELLED and job.withheld)
    return stands and (job.ended_at or 0.0) > kept_since
