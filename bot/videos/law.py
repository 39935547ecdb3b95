"""The law of money: what each answer to a paid request means, and what each answer to a look means. Pure.

The rule behind every line: only an answer that plainly says "not taken" may ever be followed by a second paid request.
Everything silent or messy is `Doubtful`. docs/facts/provider.md ("Answers") lists the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.jobs.model import Cause
from bot.videos import sentences
from bot.videos.causes import Verdict, classify, names_model
from bot.videos.envelopes import ErrorWords, error_words, escaped
from bot.videos.faults import (
    AccountRefused,
    Busy,
    CleanRefusal,
    Doubtful,
    LookFailed,
    LookFault,
    LookForbidden,
    NoList,
    NotFound,
    RequestRefused,
    SubmitFault,
)
from bot.videos.values import RemoteVideo
from bot.videos.waits import asked_look, asked_wait
from bot.videos.wire import decode, read_list, read_video, speaks_of_a_video

_ACCOUNT = frozenset({401, 402, 407})
_REDIRECTS = frozenset({301, 302, 307, 308})
# Refusals whatever their body; any other 4xx needs an error envelope to count as one.
_REFUSALS = frozenset({400, 404, 405, 406, 410, 411, 413, 414, 415, 422, 451})
_MESSY = frozenset({408, 499})
_NEEDS_READING = frozenset({409, 422})
_NOT_THERE = frozenset({404, 405, 410, 501})
_BUSY_WORDS = (
    *("busy", "at a time", "one job", "try again", "retry", "concurren", "capacity", "running", "in progress"),
    "overloaded",
)
_SAME_AGAIN = ("duplicate", "already submitted", "already exists", "same key")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers (looked up in any case), and the body; None if it broke off or was too large."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is read against: our base URL, the time (epoch seconds), the key to hide, and what was asked."""

    base_url: str
    now: float
    secret: str = ""
    remote_id: str | None = None
    """The video that was looked at or is to be remixed; None for a create."""


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer with its body read once."""

    status: int
    body: object
    words: ErrorWords | None
    wait_seconds: float | None
    complete: bool
    detail: str

    @property
    def verdict(self) -> Verdict | None:
        words = self.words
        return None if words is None else classify(words.codes, words.message, words.param)


def judge_submit(answer: Answer, asked: Asked) -> RemoteVideo | SubmitFault:
    """What an answer to a create or remix means: the video to follow, or the fault (returned, not raised)."""
    said = _read(answer, asked)
    if not 200 <= answer.status < 300:
        return _submit_fault(said, remixing=asked.remote_id is not None)
    video = read_video(said.body, asked.base_url, secret=asked.secret)
    if video is not None:
        return replace(video, look_again_seconds=asked_look(answer.headers, asked.now))
    if said.words is None or not said.words.outright or speaks_of_a_video(said.body):
        return Doubtful(sentences.UNTRACEABLE, status=said.status, detail=said.detail)
    if _idempotency(said):
        return Doubtful(sentences.ALREADY_SENT, status=said.status, detail=said.detail)
    return _out_of_credit(said) or _refused(said, remixing=asked.remote_id is not None)


def judge_look(answer: Answer, asked: Asked) -> RemoteVideo | LookFault:
    """What an answer to a look at `asked.remote_id` means: the video, or the fault (returned, not raised)."""
    said = _read(answer, asked)
    status = answer.status
    if 200 <= status < 300:
        video = read_video(said.body, asked.base_url, asked.remote_id, asked.secret)
        if video is not None:
            return replace(video, look_again_seconds=asked_look(answer.headers, asked.now))
        return LookFailed(sentences.UNREADABLE, status=status, detail=said.detail)
    if status in (404, 410):
        return NotFound(sentences.UNKNOWN_VIDEO, status=status, detail=said.detail)
    return _look_fault(said)


def judge_list(answer: Answer, asked: Asked) -> tuple[RemoteVideo, ...] | LookFault:
    """What an answer to the question for the latest videos means: these, or the fault (returned, not raised)."""
    said = _read(answer, asked)
    status = answer.status
    if 200 <= status < 300:
        videos = read_list(said.body, asked.base_url, asked.secret)
        return LookFailed(sentences.UNREADABLE, status=status, detail=said.detail) if videos is None else videos
    if status in _NOT_THERE:
        return NoList(sentences.NO_LIST, status=status, detail=said.detail)
    return _look_fault(said)


def _look_fault(said: _Said) -> LookFault:
    """The rows that all questions about videos share."""
    status = said.status
    if status in (401, 402, 403):
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


def _read(answer: Answer, asked: Asked) -> _Said:
    body = decode(answer.body) if answer.body is not None else None
    words = error_words(body)
    return _Said(
        status=answer.status,
        body=body,
        words=words,
        wait_seconds=asked_wait(answer.headers, words.wait if words else None, asked.now),
        complete=answer.body is not None,
        detail=escaped((answer.body or b"")[:4096].decode("utf-8", "replace"), asked.secret),
    )


def _submit_fault(said: _Said, *, remixing: bool) -> SubmitFault:
    """The rows for every answer that isn't a 2xx."""
    status, detail = said.status, said.detail
    if status in _REDIRECTS:
        return AccountRefused(sentences.REDIRECTS, cause=Cause.PROVIDER, status=status, detail=detail)
    if not _plain(said):
        return Doubtful(sentences.MESS, status=status, detail=detail)
    if _idempotency(said):
        return Doubtful(sentences.ALREADY_SENT, status=status, detail=detail)
    account = _out_of_credit(said) or _account_refused(said)
    if account is not None:
        return account
    if status in (429, 503) or (status == 409 and _says_busy(said)):
        return Busy(sentences.BUSY, status=status, detail=detail, retry_after_seconds=said.wait_seconds)
    if status == 500 and not _coded_content(said):
        return CleanRefusal(sentences.CLEAN_REFUSAL, status=status, detail=detail)
    return _refused(said, remixing=remixing)


def _plain(said: _Said) -> bool:
    """Whether an answer that is no success plainly says that nothing was taken."""
    status = said.status
    if status in _MESSY or (status in _NEEDS_READING and not said.complete):
        return False
    if status in (409, 503):
        return said.words is not None or said.wait_seconds is not None
    if status in _REFUSALS or status in _ACCOUNT or status in (403, 429):
        return True
    return said.words is not None and (400 <= status < 500 or status in (500, 501))


def _idempotency(said: _Said) -> bool:
    """Whether the provider says that it has seen this request before: then it may have been taken then."""
    words = said.words
    if words is None:
        return False
    return words.mention("idempoten") or (said.status in _NEEDS_READING and words.mention(*_SAME_AGAIN))


def _out_of_credit(said: _Said) -> AccountRefused | None:
    verdict = said.verdict
    if said.status == 402 or (verdict is not None and verdict.cause is Cause.CREDIT):
        return AccountRefused(sentences.NO_CREDIT, cause=Cause.CREDIT, status=said.status, detail=said.detail)
    return None


def _account_refused(said: _Said) -> AccountRefused | None:
    """A 403 may also be the content rules' no, which concerns one request and not the account."""
    if said.status in _ACCOUNT or (said.status == 403 and not _about_content(said)):
        return AccountRefused(sentences.KEY_REFUSED, cause=Cause.PROVIDER, status=said.status, detail=said.detail)
    return None


def _about_content(said: _Said) -> bool:
    return said.verdict is not None and said.verdict.cause is Cause.CONTENT


def _coded_content(said: _Said) -> bool:
    """The content rules' no by its code alone: a 500's text may as well tell of a moderation service that is down."""
    verdict = None if said.words is None else classify(said.words.codes, "")
    return verdict is not None and verdict.cause is Cause.CONTENT


def _says_busy(said: _Said) -> bool:
    return said.wait_seconds is not None or (said.words is not None and said.words.mention(*_BUSY_WORDS))


def _refused(said: _Said, *, remixing: bool) -> RequestRefused:
    words = said.words
    verdict = said.verdict or _by_status(said.status, remixing=remixing)
    field = words.field if words is not None else None
    if words is not None and verdict.cause is Cause.PROVIDER and names_model(words.codes, words.message, words.param):
        field = "model"
    elif said.status == 413:
        field = "input_reference"
    elif remixing and said.verdict is None and said.status in (404, 410):
        field = "video"
    return RequestRefused(
        sentences.refused(verdict.cause, verdict.about, field),
        cause=verdict.cause,
        about=verdict.about,
        field=field,
        status=said.status,
        detail=said.detail,
    )


def _by_status(status: int, *, remixing: bool) -> Verdict:
    """The cause when the words tell nothing. A 404 on a create is a wrong base URL or model, not a missing video."""
    if status == 413:
        return Verdict(Cause.SIZE, "picture")
    if status in (404, 410) and remixing:
        return Verdict(Cause.INPUT)
    if status in _NOT_THERE:
        return Verdict(Cause.PROVIDER)
    return Verdict(Cause.CONTENT if status == 451 else Cause.INPUT)
