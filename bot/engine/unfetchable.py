"""Whether a completed video will never be handed over, judged once every way to it has failed. Pure."""

from dataclasses import dataclass

from bot.jobs.model import Cause
from bot.media.fetch import FetchFault, NoRoom, TooLarge
from bot.videos.faults import LookFault, LookRefused, NotFound
from bot.videos.polls import judge_content
from bot.videos.values import RemoteState, RemoteVideo


@dataclass(slots=True)
class Latest:
    """What the provider last said about the video while it was being fetched."""

    remote: RemoteVideo | None = None
    fault: LookFault | None = None


def cause_of(latest: Latest, fault: FetchFault | LookFault, now: float) -> Cause | None:
    """CONTENT or EXPIRED if the last fault and what the provider said mean so; None if a later try may succeed."""
    if not isinstance(fault, FetchFault) or isinstance(fault, NoRoom | TooLarge) or not _is_refusal(fault):
        return None
    said = judge_content(fault.said)
    if said is not None:
        return said
    if isinstance(latest.fault, LookRefused) or (
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
    """Whether something answered, and didn't merely fail: neither silence nor a 5xx says anything about the video."""
    return fault.status is not None and fault.status < 500 and fault.status not in (408, 425, 429)
