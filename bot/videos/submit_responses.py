"""Classification of responses to paid requests. Pure.

The rule behind every line: only a response that plainly means "not taken" may be followed by a second paid request.
Silence, unreadable responses, and words that leave the outcome open are `Doubtful`. docs/facts/provider.md
("Responses") lists the rows.
"""

import re
from dataclasses import replace

from bot.jobs.model import Cause
from bot.videos.causes import Verdict
from bot.videos.error_bodies import ErrorWords
from bot.videos.poll_responses import is_of_this_video, judge_list, judge_poll
from bot.videos.provider_faults import (
    AccountRefused,
    Blocked,
    Busy,
    CleanRefusal,
    Doubtful,
    RequestRefused,
    SubmitFault,
)
from bot.videos.response import RawResponse, Response, ResponseContext, read_response
from bot.videos.retry_after import asked_poll
from bot.videos.values import RemoteState, RemoteVideo
from bot.videos.vocabulary import Signal, plain_words, says

__all__ = ["RawResponse", "ResponseContext", "judge_list", "judge_poll", "judge_submit"]

_KEY = frozenset({401, 403, 407})
_REDIRECTS = frozenset({301, 302, 307, 308})
# Refusals with any body; any other 4xx needs an error envelope to count as one.
_REFUSALS = frozenset({400, 404, 405, 406, 410, 411, 413, 414, 415, 422, 451})
_MESSY = frozenset({408, 499})
_NEEDS_READING = frozenset({409, 422})
_NOT_THERE = frozenset({404, 405, 410, 501})
# Statuses at which a text alone, without a code, can mean credit or key: elsewhere it may be about this request.
_TEXT_TELLS_OF_ACCOUNT = frozenset({401, 402, 403, 429})
# The plain causes of a 500 or 501, so that a retry is in vain.
_PLAIN_AT_500 = frozenset({Cause.CONTENT, Cause.MODEL, Cause.SIZE, Cause.LENGTH, Cause.CREDIT, Cause.KEY})
_BUSY_WORDS = (
    *("busy", "at a time", "one job", "try again", "retry", "concurren", "capacity", "running", "in progress"),
    "overloaded",
)
_SAME_AGAIN = ("duplicate", "already submitted", "already exists", "same key")
# A router's message for an unknown path, in contrast to a remix whose source is unknown.
_BARE_REFUSALS = frozenset({"", "not found", "404", "404 not found", "404 page not found", "method not allowed"})
_REMIXING = re.compile(r"\b(?:remix\w*|edit\w*|extend\w*|extension\w*|video to video)\b")


def judge_submit(raw: RawResponse, context: ResponseContext) -> RemoteVideo | SubmitFault:
    """The result of a create or remix: the video to poll, or the fault (returned, not raised)."""
    response = read_response(raw, context)
    remixing = context.remote_id is not None
    if not 200 <= raw.status < 300:
        return _submit_fault(response, remixing=remixing)
    video = context.dialect.read_video(response.body, context.base_url, secret=context.secret)
    if video is not None:
        return replace(video, poll_again_seconds=asked_poll(raw.headers, context.now))
    if response.words is None or not response.words.outright or context.dialect.speaks_of_a_video(response.body):
        return Doubtful(status=response.status, detail=response.detail)
    return _open(response) or _account_refused(response) or _busy(response) or _refused(response, remixing=remixing)


def _submit_fault(response: Response, *, remixing: bool) -> SubmitFault:
    """The rows for every response that isn't a 2xx."""
    status, detail = response.status, response.detail
    if status in _REDIRECTS:
        return Blocked(cause=Cause.PROVIDER, status=status, detail=detail)
    doubt = _open(response)
    if doubt is not None:
        return doubt
    if _has_running_video(response):
        return Doubtful(status=status, detail=detail)
    if not (_plain(response) or (remixing and status == 501 and not response.is_mess)):
        return Doubtful(status=status, detail=detail)
    if _about_request(response) or (remixing and status == 403 and is_of_this_video(response)):
        return _refused(response, remixing=remixing)
    fault = _account_refused(response) or _busy(response)
    if fault is not None:
        return fault
    if remixing and _about_source(response) is not None:
        return _refused(response, remixing=True)
    if status in (500, 501) and not _plain_at_500(response):
        return _server_error(response, remixing=remixing)
    return _refused(response, remixing=remixing)


def _has_running_video(response: Response) -> bool:
    """Whether the body has a video that is being made, although the status refuses it."""
    context = response.context
    video = context.dialect.read_video(response.body, context.base_url, secret=context.secret)
    if video is None or video.raw_status is None or video.state is not RemoteState.RUNNING:
        return False
    return context.dialect.knows_word(video.raw_status)


def _server_error(response: Response, *, remixing: bool) -> SubmitFault:
    if response.status == 501:
        return _refused(response, remixing=remixing)
    return CleanRefusal(status=response.status, detail=response.detail)


def _open(response: Response) -> Doubtful | None:
    """Doubt by words: the outcome is left open, or the provider has received this request before."""
    if response.meaning is not None and response.meaning.leaves_open:
        return Doubtful(status=response.status, detail=response.detail)
    if _idempotency(response.words, response.status):
        return Doubtful(status=response.status, detail=response.detail)
    return None


def _plain(response: Response) -> bool:
    """Whether a failed response plainly means that nothing was taken."""
    status = response.status
    if response.enveloped and _about_request(response):
        # A refusal of the content rules, and a missing model, are plain at every status.
        return True
    if status in _MESSY or (status in _NEEDS_READING and not response.complete):
        return False
    if status == 529:
        return response.enveloped and _says_busy(response)
    if status in (409, 503):
        return response.enveloped or response.wait_seconds is not None
    if status in _REFUSALS or status in _KEY or status in (402, 429):
        return True
    if status in (500, 501):
        return response.enveloped or _about_request(response)
    return response.enveloped and 400 <= status < 500


def _about_request(response: Response) -> bool:
    """Whether the words are about the content or the model of this request."""
    meaning = response.meaning
    if meaning is None or meaning.blocks_account:
        return False
    verdict = meaning.verdict()
    return _forbids_model(response) or (verdict is not None and verdict.cause in (Cause.CONTENT, Cause.MODEL))


def _forbids_model(response: Response) -> bool:
    """Whether a 403 only names the requested model: the key may not use that one."""
    meaning = response.meaning
    if response.status != 403 or not response.enveloped or meaning is None or not meaning.names_our_model:
        return False
    verdict = meaning.verdict()
    return verdict is None or verdict.cause in (Cause.INPUT, Cause.PROVIDER)


def _plain_at_500(response: Response) -> bool:
    """Whether a 500 names the fault of the request, as gateways pass on an upstream's refusal."""
    verdict = _verdict(response)
    if verdict is None:
        return False
    return verdict.cause in _PLAIN_AT_500 or (verdict.cause is Cause.INPUT and verdict.field is not None)


def _idempotency(words: ErrorWords | None, status: int) -> bool:
    """Whether the provider has received this request before: then it may have been taken then."""
    if words is None:
        return False
    return words.mention("idempoten") or (status in _NEEDS_READING and words.mention(*_SAME_AGAIN))


def _account_refused(response: Response) -> AccountRefused | Blocked | None:
    """Credit by a code or 402, key by 401 and 403; by a text only where it can't be about this request alone."""
    status, verdict = response.status, _verdict(response)
    cause = verdict.cause if verdict is not None else None
    text_counts = status in _TEXT_TELLS_OF_ACCOUNT or 200 <= status < 300
    by_code = verdict is not None and verdict.by_code
    if status == 402 or (cause is Cause.CREDIT and (by_code or text_counts)):
        return _account(response, Cause.CREDIT, sure=status == 402 or by_code)
    if cause is Cause.RATE:
        return None
    if status in _KEY and not response.enveloped:
        return Blocked(cause=Cause.KEY, status=status, detail=response.detail)
    if status in _KEY or (cause is Cause.KEY and (by_code or text_counts)):
        return _account(response, Cause.KEY, sure=by_code)
    return None


def _account(response: Response, cause: Cause, *, sure: bool) -> AccountRefused:
    return AccountRefused(
        cause=cause,
        status=response.status,
        detail=response.detail,
        sure=sure or response.meaning is None or not response.meaning.repeats_prompt,
    )


def _busy(response: Response) -> Busy | None:
    status, verdict = response.status, _verdict(response)
    rate = verdict is not None and verdict.cause is Cause.RATE
    if status in (429, 503, 529) or (status == 409 and _says_busy(response)) or rate:
        return Busy(status=status, detail=response.detail, retry_after_seconds=response.wait_seconds)
    return None


def _says_busy(response: Response) -> bool:
    return response.wait_seconds is not None or (response.words is not None and response.words.mention(*_BUSY_WORDS))


def _verdict(response: Response) -> Verdict | None:
    return None if response.meaning is None else response.meaning.verdict()


def _refused(response: Response, *, remixing: bool) -> RequestRefused:
    verdict = _by_words(response, remixing=remixing) or _by_status(response.status)
    return RequestRefused(
        cause=verdict.cause,
        about=verdict.about,
        field=verdict.field,
        code=response.code,
        status=response.status,
        detail=response.detail,
    )


def _by_words(response: Response, *, remixing: bool) -> Verdict | None:
    verdict = _verdict(response)
    if remixing and (verdict is None or verdict.cause in (Cause.INPUT, Cause.PROVIDER)):
        source = _about_source(response)
        if source is not None:
            return Verdict(source, field="video")
    if _forbids_model(response):
        return Verdict(Cause.MODEL, field="model")
    if response.status == 451 and (verdict is None or verdict.cause in (Cause.INPUT, Cause.PROVIDER)):
        return Verdict(Cause.CONTENT)
    if response.status == 413 and (verdict is None or verdict.cause in (Cause.INPUT, Cause.PROVIDER)):
        return Verdict(Cause.SIZE, "picture", "input_reference")
    if verdict is not None and response.status in _NOT_THERE and verdict.cause is Cause.INPUT and verdict.field is None:
        # "Invalid request" beside a 404 blames nothing of the request.
        return None
    return verdict


def _about_source(response: Response) -> Cause | None:
    """On a remix: whether its source is gone, or the provider can't change videos; None if it is about neither."""
    status, words, meaning = response.status, response.words, response.meaning
    if status in (405, 501):
        return Cause.UNSUPPORTED
    if status == 403:
        return Cause.SOURCE_GONE if is_of_this_video(response) else None
    if words is None or meaning is None:
        return {404: Cause.UNSUPPORTED, 410: Cause.SOURCE_GONE}.get(status)
    if set(words.fields) - {"video"}:
        return None
    text = plain_words(" ".join(words.texts))
    codes = [code for code in map(plain_words, words.codes) if code not in _BARE_REFUSALS]
    if status == 404 and text in _BARE_REFUSALS and not any(says(Signal.NOT_FOUND, code) for code in codes):
        return Cause.UNSUPPORTED
    if meaning.says(Signal.UNSUPPORTED) and (status == 404 or _REMIXING.search(text) or text == "not implemented"):
        return Cause.UNSUPPORTED
    if status in (404, 410) or meaning.says(Signal.NOT_FOUND) or meaning.says(Signal.EXPIRED):
        return Cause.SOURCE_GONE
    return None


def _by_status(status: int) -> Verdict:
    """The cause without any words. A 404 on a create is a wrong base URL, not a missing video."""
    if status == 413:
        return Verdict(Cause.SIZE, "picture", "input_reference")
    if status in _NOT_THERE:
        return Verdict(Cause.PROVIDER)
    return Verdict(Cause.INPUT)
