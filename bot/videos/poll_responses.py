"""Classification of responses to free requests: to a poll of one video, and to the list. Pure.

Error words on a poll are read like those of a failed video; docs/facts/provider.md ("Responses") lists the rows.
"""

import re
from dataclasses import replace

from bot.jobs.model import Cause
from bot.videos.causes import Meaning
from bot.videos.provider_faults import NoList, NotFound, PollFailed, PollFault, PollForbidden, PollRefused
from bot.videos.response import RawResponse, Response, ResponseContext, meaning_of, read_response
from bot.videos.retry_after import asked_poll
from bot.videos.values import RemoteState, RemoteVideo
from bot.videos.vocabulary import Signal, plain_words

_KEY = frozenset({401, 402, 403})
# These 4xx pass; every other one means that there is no list.
_PASSING = frozenset({408, 425, 429})
# Where words can mean that a video doesn't exist; a 502 is about a proxy in between.
_MISSING_BY_WORDS = frozenset({*range(200, 300), 400, 403, 406, 409, 412, 418, 422, 500, 501})
_THIS_VIDEO = re.compile(
    r"\b(?:this|that|the|requested|such an?) (?:video|task|job|generation|asset|object)\b(?! (?:generation|api))"
    r"|\bbelongs to\b|\bnot (?:the )?owner\b|\bdo(?:es)? not own\b"
)


def judge_poll(raw: RawResponse, context: ResponseContext) -> RemoteVideo | PollFault:
    """The result of a poll of `context.remote_id`: the video, or the fault (returned, not raised)."""
    response = read_response(raw, context)
    status = raw.status
    if 200 <= status < 300:
        video = context.dialect.read_video(response.body, context.base_url, context.remote_id, context.secret)
        if video is not None:
            return replace(video, poll_again_seconds=asked_poll(raw.headers, context.now))
        about_video = _about_video(response) if response.enveloped else None
        if about_video is not None:
            return about_video
        if response.is_mess or (response.words is not None and response.words.outright):
            return PollFailed(status=status, detail=response.detail, provider_at_fault=response.is_mess)
        # Some servers answer "still running" without a body, or with an empty one.
        again = asked_poll(raw.headers, context.now)
        return RemoteVideo(context.remote_id or "", RemoteState.RUNNING, poll_again_seconds=again)
    return _about_video(response) or _poll_fault(response)


def judge_list(raw: RawResponse, context: ResponseContext) -> tuple[RemoteVideo, ...] | PollFault:
    """The result of a request for the list: the videos, or the fault (returned, not raised)."""
    response = read_response(raw, context)
    status = raw.status
    if 200 <= status < 300:
        videos = context.dialect.read_list(response.body, context.base_url, context.secret)
        return PollFailed(status=status, detail=response.detail) if videos is None else videos
    if status in _KEY:
        return _poll_fault(response)
    if status == 501 or (400 <= status < 500 and status not in _PASSING):
        return NoList(status=status, detail=response.detail)
    return _poll_fault(response)


def judge_content(body: bytes) -> Cause | None:
    """Why the content endpoint refuses the video: CONTENT, EXPIRED, or None."""
    meaning = meaning_of(body)
    if meaning is None:
        return None
    if meaning.is_content:
        return Cause.CONTENT
    return Cause.EXPIRED if meaning.says(Signal.EXPIRED) else None


def _about_video(response: Response) -> PollRefused | NotFound | None:
    """The fault of this video alone; None if the response has none."""
    meaning, status = response.meaning, response.status
    if status == 451 or (meaning is not None and meaning.is_content and status != 401):
        verdict = meaning.verdict() if meaning is not None and meaning.is_content else None
        return PollRefused(
            cause=Cause.CONTENT,
            about=verdict.about if verdict else None,
            field=verdict.field if verdict else None,
            code=response.code,
            status=status,
            detail=response.detail,
        )
    if status in (404, 410) or (meaning is not None and status in _MISSING_BY_WORDS and _is_missing(meaning)):
        expired = meaning is not None and meaning.says(Signal.EXPIRED)
        cause = Cause.EXPIRED if expired else Cause.LOST
        return NotFound(cause=cause, code=response.code, status=status, detail=response.detail)
    return None


def is_of_this_video(response: Response) -> bool:
    """Whether a 403 is about this video and not about the key."""
    if response.words is None or response.meaning is None or response.meaning.blocks_account:
        return False
    return any(_THIS_VIDEO.search(plain_words(text)) for text in response.words.texts)


def _is_missing(meaning: Meaning) -> bool:
    """Whether the words mean that the video doesn't exist (any more), and not that something else doesn't."""
    if meaning.blocks_account or meaning.is_model or meaning.says(Signal.KEY):
        return False
    return meaning.says(Signal.NOT_FOUND) or meaning.says(Signal.EXPIRED)


def _poll_fault(response: Response) -> PollFault:
    """The rows that all requests about videos share."""
    status = response.status
    if status == 403 and is_of_this_video(response):
        return PollFailed(status=status, detail=response.detail, provider_at_fault=False)
    if status in _KEY:
        return PollForbidden(status=status, detail=response.detail)
    if 300 <= status < 400:
        return PollFailed(status=status, detail=response.detail)
    return PollFailed(
        status=status,
        detail=response.detail,
        retry_after_seconds=response.wait_seconds,
        provider_at_fault=status in (408, 425) or not 400 <= status < 500,
    )
