"""Classification of the response to a DELETE that is to stop a render. Pure.

Servers differ: some stop the render, some forget it or refuse unless it has ended, some don't know the request
(docs/facts/provider.md, "Cancel"). Only a poll shows what became of the video.
"""

import re

from bot.videos.json_values import at
from bot.videos.response import RawResponse, Response, ResponseContext, read_response
from bot.videos.values import CancelOutcome, CancelResult
from bot.videos.vocabulary import Signal, plain_words

# 303 is HTTP's response to a request that was carried out.
_NOT_FOLLOWED = frozenset({301, 302, 307, 308})
_MESSY = frozenset({408, 425, 499})
_MISSING = frozenset({404, 410, 500})
_UNDER_WAY = re.compile(r"\b(?:cancel\w*|abort\w*|deletion|deleting|being deleted)\b")
_CANNOT = re.compile(
    r"\b(?:can ?not|can t|could not|couldn t|unable|only|must|fail\w*|not (?:allowed|possible|supported))\b"
)
# A router's message for an unknown path, in contrast to an unknown video.
_BARE = frozenset({"", "not found", "404", "404 not found", "404 page not found"})


def judge_cancel(raw: RawResponse, context: ResponseContext) -> CancelResult:
    """The meaning of the response to a DELETE of `context.remote_id`."""
    response = read_response(raw, context)
    return CancelResult(_outcome(response), raw.status, response.detail)


def _outcome(response: Response) -> CancelOutcome:
    status = response.status
    if 200 <= status < 300:
        return _of_success(response)
    if status in _MISSING and _says_missing(response):
        return CancelOutcome.GONE
    if status == 410:
        return CancelOutcome.GONE
    if status == 404:
        # Without words it may be the path that is unknown, or the video.
        return CancelOutcome.UNCLEAR
    if status == 409:
        return CancelOutcome.TAKEN if _is_under_way(response) else CancelOutcome.REFUSED
    if status in _NOT_FOLLOWED or status == 501 or (400 <= status < 500 and status not in _MESSY):
        return CancelOutcome.REFUSED
    return CancelOutcome.UNCLEAR


def _of_success(response: Response) -> CancelOutcome:
    if response.is_mess:
        return CancelOutcome.UNCLEAR
    if any(at(response.body, place) is False for place in (("deleted",), ("data", "deleted"), ("cancelled",))):
        return CancelOutcome.REFUSED
    if response.words is None or response.context.dialect.speaks_of_a_video(response.body):
        return CancelOutcome.TAKEN
    if _says_missing(response):
        return CancelOutcome.GONE
    failed = any(at(response.body, (name,)) for name in ("error", "errors")) or at(response.body, ("success",)) is False
    return CancelOutcome.REFUSED if failed or _mentions(_CANNOT, response) else CancelOutcome.TAKEN


def _says_missing(response: Response) -> bool:
    """Whether the words are about this video, and not about the path or the account."""
    meaning, words = response.meaning, response.words
    if meaning is None or words is None or meaning.blocks_account or meaning.is_model or meaning.says(Signal.KEY):
        return False
    if not words.codes and plain_words(" ".join(words.texts)) in _BARE:
        return False
    return meaning.says(Signal.NOT_FOUND) or meaning.says(Signal.EXPIRED)


def _is_under_way(response: Response) -> bool:
    """Whether a 409 means that the render is being stopped now; else it means that it can't be."""
    return _mentions(_UNDER_WAY, response) and not _mentions(_CANNOT, response)


def _mentions(pattern: re.Pattern[str], response: Response) -> bool:
    words = response.words
    return words is not None and any(pattern.search(plain_words(text)) for text in (*words.codes, *words.texts))
