"""Whether a completed video is permanently unavailable, judged once every way to it has failed. Pure."""

from dataclasses import dataclass

from bot.jobs.model import Cause
from bot.media.video_fetcher import FetchFault, NoRoom, TooLarge
from bot.videos.poll_responses import judge_content
from bot.videos.provider_faults import NotFound, PollFault, PollRefused
from bot.videos.values import RemoteState, RemoteVideo


@dataclass(slots=True)
class LatestPoll:
    """The provider's latest poll response about the video while it was being fetched."""

    remote: RemoteVideo | None = None
    fault: PollFault | None = None


def permanent_cause(latest: LatestPoll, fault: FetchFault | PollFault, now: float) -> Cause | None:
    """CONTENT or EXPIRED if the last fault and the provider's response mean so; None if a later try may succeed."""
    if not isinstance(fault, FetchFault) or isinstance(fault, NoRoom | TooLarge) or not _is_refusal(fault):
        return None
    said = judge_content(fault.said)
    if said is not None:
        return said
    if isinstance(latest.fault, PollRefused) or (
        isinstance(latest.fault, NotFound) and latest.fault.cause is not Cause.LOST
    ):
        return latest.fault.cause
    remote = latest.remote
    if remote is None:
        return None
    if remote.held_back:
        return Cause.CONTENT
    if (
        remote.state is RemoteState.FAILED
        and remote.error is not None
        and remote.error.cause in (Cause.CONTENT, Cause.EXPIRED)
    ):
        return remote.error.cause
    return Cause.EXPIRED if remote.expires_at is not None and remote.expires_at <= now else None


def _is_refusal(fault: FetchFault) -> bool:
    """Whether it was a real refusal: neither silence nor a 5xx is evidence about the video."""
    return fault.status is not None and fault.status < 500 and fault.status not in (408, 425, 429)
