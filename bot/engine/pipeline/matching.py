"""Matches the provider's videos with jobs whose paid request had no clear response. Pure.

A wrong match would show one person's video to another, so a doubtful one is no match.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum

from bot.jobs.model import Job
from bot.videos.values import RemoteVideo

# The provider's clock may be two minutes off; a paid request is given up after five at most.
EARLIER_SECONDS = 120.0
LATER_SECONDS = 300.0


class NoMatch(StrEnum):
    """Why no video matches the job (now)."""

    NOT_LISTED = "not listed"
    SEVERAL_LISTED = "several listed"
    SEVERAL_ASKED = "several asked"


def find_match(
    job: Job, listed: Sequence[RemoteVideo], owned: Collection[str], unclear: Collection[Job], key: str | None = None
) -> RemoteVideo | NoMatch:
    """The one video of the list that can only be the job's, or why there is none.

    `owned` are the provider's ids of our jobs; `unclear` are all jobs that were sent and have no such id, with or
    without this one. Our idempotency key (None: the job's own) decides where the list shows it;
    otherwise the prompt and the time of creation do (docs/facts/provider.md, "List"), if no other job could claim the
    same video.
    """
    free = {video.id: video for video in listed if video.id not in owned}.values()
    ours = [video for video in free if video.idempotency_key == (key or job.idempotency_key)]
    if not ours:
        ours = [video for video in free if video.idempotency_key is None and _may_be(job, video)]
        others = [other for other in unclear if other.id != job.id]
        if len(ours) == 1 and any(_may_be(other, ours[0]) for other in others):
            return NoMatch.SEVERAL_ASKED
    if not ours:
        return NoMatch.NOT_LISTED
    return ours[0] if len(ours) == 1 else NoMatch.SEVERAL_LISTED


def is_older(sent_at: float | None, video: RemoteVideo) -> bool:
    """Whether the video was made before the job was sent, as far as both times are known; clocks differ a little."""
    if sent_at is None or video.created_at is None:
        return False
    return video.created_at < sent_at - EARLIER_SECONDS


def _may_be(job: Job, video: RemoteVideo) -> bool:
    """Whether prompt and time fit; a video without both fits nothing."""
    if job.submitted_at is None or video.created_at is None or video.prompt is None:
        return False
    if video.prompt.split() != (job.sent_prompt or job.request.prompt).split():
        return False
    return -EARLIER_SECONDS <= video.created_at - job.submitted_at <= LATER_SECONDS
