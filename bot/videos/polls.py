"""What each answer to a free question means: to a poll of one video, and to the list of the latest. Pure.

Error words on a poll are read like those of a failed video; docs/facts/provider.md ("Answers") lists the rows.
"""

import re
from dataclasses import replace

from bot.jobs.model import Cause
from bot.videos import sentences
from bot.videos.causes import Meaning
from bot.videos.faults import LookFailed, LookFault, LookForbidden, LookRefused, NoList, NotFound
from bot.videos.response import Answer, Asked, Response, read_response
from bot.videos.values import RemoteState, RemoteVideo
from bot.videos.vocabulary import Signal, plain_words
from bot.videos.waits import asked_look
from bot.videos.wire import read_list, read_video

_KEY = frozenset({401, 402, 403})
# These 4xx pass; every other one says that there is no list.
_PASSING = frozenset({408, 425, 429})
# Where words can say that a video doesn't exist; a 502 speaks of what lies between.
_MISSING_BY_WORDS = frozenset({*range(200, 300), 400, 403, 406, 409, 412, 418, 422, 500, 501})
_THIS_VIDEO = re.compile(
    r"\b(?:this|that|the|requested|such an?) (?:video|task|job|generation|asset|object)\b(?! (?:generation|api))"
    r"|\bbelongs to\b|\bnot (?:the )?owner\b|\bdo(?:es)? not own\b"
)


def judge_look(answer: Answer, asked: Asked) -> RemoteVideo | LookFault:
    """What an answer to a poll of `asked.remote_id` means: the video, or the fault (returned, not raised)."""
    said = read_response(answer, asked)
    status = answer.status
    if 200 <= status < 300:
        video = read_video(said.body, asked.base_url, asked.remote_id, asked.secret)
        if video is not None:
            return replace(video, look_again_seconds=asked_look(answer.headers, asked.now))
        about_video = _about_video(said) if said.enveloped else None
        if about_video is not None:
            return about_video
        if said.is_mess or (said.words is not None and said.words.outright):
            return LookFailed(sentences.UNREADABLE, status=status, detail=said.detail, provider_at_fault=said.is_mess)
        # Some servers say "still running" without a body, or with one that holds nothing.
        again = asked_look(answer.headers, asked.now)
        return RemoteVideo(asked.remote_id or "", RemoteState.RUNNING, look_again_seconds=again)
    return _about_video(said) or _look_fault(said)


def judge_list(answer: Answer, asked: Asked) -> tuple[RemoteVideo, ...] | LookFault:
    """What an answer to the question for the latest videos means: these, or the fault (returned, not raised)."""
    said = read_response(answer, asked)
    status = answer.status
    if 200 <= status < 300:
        videos = read_list(said.body, asked.base_url, asked.secret)
        return LookFailed(sentences.UNREADABLE, status=status, detail=said.detail) if videos is None else videos
    if status in _KEY:
        return _look_fault(said)
    if status == 501 or (400 <= status < 500 and status not in _PASSING):
        return NoList(sentences.NO_LIST, status=status, detail=said.detail)
    return _look_fault(said)


def judge_content(body: bytes) -> Cause | None:
    """What the content endpoint says about why it doesn't give the video: CONTENT, EXPIRED, or nothing of the kind."""
    said = read_response(Answer(404, {}, body), Asked("", 0.0))
    if said.meaning is None:
        return None
    if said.meaning.is_content:
        return Cause.CONTENT
    return Cause.EXPIRED if said.meaning.says(Signal.EXPIRED) else None


def _about_video(said: Response) -> LookRefused | NotFound | None:
    """The fault that concerns this video alone; None if the answer says nothing of the kind."""
    meaning, status = said.meaning, said.status
    if status == 451 or (meaning is not None and meaning.is_content and status != 401):
        verdict = meaning.verdict() if meaning is not None and meaning.is_content else None
        return LookRefused(
            sentences.refused(Cause.CONTENT, verdict.about if verdict else None, None),
            cause=Cause.CONTENT,
            about=verdict.about if verdict else None,
            field=verdict.field if verdict else None,
            code=said.code,
            status=status,
            detail=said.detail,
        )
    if status in (404, 410) or (meaning is not None and status in _MISSING_BY_WORDS and _is_missing(meaning)):
        expired = meaning is not None and meaning.says(Signal.EXPIRED)
        cause = Cause.EXPIRED if expired else Cause.LOST
        return NotFound(sentences.UNKNOWN_VIDEO, cause=cause, code=said.code, status=status, detail=said.detail)
    return None


def is_of_this_video(said: Response) -> bool:
    """Whether a 403 speaks of this video and not of the key."""
    if said.words is None or said.meaning is None or said.meaning.blocks_account:
        return False
    return any(_THIS_VIDEO.search(plain_words(text)) for text in said.words.texts)


def _is_missing(meaning: Meaning) -> bool:
    """Whether the words say that the video doesn't exist (any more), and not that something else doesn't."""
    if meaning.blocks_account or meaning.is_model or meaning.says(Signal.KEY):
        return False
    return meaning.says(Signal.NOT_FOUND) or meaning.says(Signal.EXPIRED)


def _look_fault(said: Response) -> LookFault:
    """The rows that all questions about videos share."""
    status = said.status
    if status == 403 and is_of_this_video(said):
        return LookFailed(sentences.LOOK_FAILED, status=status, detail=said.detail, provider_at_fault=False)
    if status in _KEY:
        return LookForbidden(sentences.KEY_REFUSED, status=status, detail=said.detail)
    if 300 <= status < 400:
        return LookFailed(sentences.REDIRECTS, status=status, detail=said.detail)
    return LookFailed(
        sentences.TOO_OFTEN if status == 429 else sentences.LOOK_FAILED,
        status=status,
        detail=said.detail,
        retry_after_seconds=said.wait_seconds,
        provider_at_fault=status in (408, 425) or not 400 <= status < 500,
    )
