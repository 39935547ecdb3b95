"""Reading a video from the provider's JSON, in all its forms. Pure and lenient.

Nothing here raises because of a body: an unreadable part counts as missing. The forms are listed in
docs/facts/provider.md.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from bot.jobs.model import Cause
from bot.videos.causes import Meaning, Verdict
from bot.videos.error_bodies import ErrorWords, error_words, escaped, job_error
from bot.videos.results import at, cost_micros, is_held_back, result_url
from bot.videos.urls import usable_id
from bot.videos.values import RemoteError, RemoteState, RemoteVideo

_RUNNING = (
    "queued pending submitted created not_start notstarted preparing starting throttled unknown scheduled waiting "
    "processing in_progress inprogress running generating rendering preprocessing"
)
_COMPLETED = "completed complete succeeded succeed success done finished ready"
_FAILED = (
    "failed failure fail error nsfw rejected blocked cancelled canceled expired deleted aborted terminated timeout "
    "timed_out killed crashed moderated request_moderated content_moderated content_filtered filtered flagged"
)
STATES: dict[str, RemoteState] = {
    **dict.fromkeys(_RUNNING.split(), RemoteState.RUNNING),
    **dict.fromkeys(_COMPLETED.split(), RemoteState.COMPLETED),
    **dict.fromkeys(_FAILED.split(), RemoteState.FAILED),
}
_CAUSE_OF_STATUS = {
    **dict.fromkeys(("nsfw", "rejected", "blocked", "filtered", "flagged", "content_filtered"), Cause.CONTENT),
    **dict.fromkeys(("moderated", "request_moderated", "content_moderated"), Cause.CONTENT),
    "expired": Cause.EXPIRED,
    "deleted": Cause.LOST,
}
# Words that may be about the request as well as about the video.
_OF_THE_REQUEST = frozenset({"success", "succeed", "error", "fail"})

_STATUS_KEYS = ("status", "state", "task_status")
# Where the object of the video is, if it isn't the body itself.
_HOLDERS = ("data", "output")
_MILLISECONDS_FROM = 1e12
_LATEST_AT = 1e11
_WORD_MAX_CHARACTERS = 64
_KEY_MAX_CHARACTERS = 255
_PROMPT_MAX_CHARACTERS = 32_000
LISTED_MAX = 1000
_LIST_KEYS = ("data", "videos", "items", "list", "results")


def decode(body: bytes) -> object:
    """The JSON value of a body, or None if it is none. `NaN` and infinities are read as missing values."""
    try:
        return cast("object", json.loads(body, parse_constant=lambda _: None))
    except (ValueError, RecursionError):
        return None


def read_video(body: object, base_url: str, known_id: str | None = None, secret: str = "") -> RemoteVideo | None:
    """The video in a decoded body, or None if there is none that can be polled.

    `known_id` is the polled id; without it (after a create) the body must contain a usable one. `secret` is removed
    from the words for the log.
    """
    if not isinstance(body, dict):
        return None
    top = cast("dict[str, object]", body)
    found_id, job = _holder(top)
    remote_id = known_id if known_id is not None else found_id
    if remote_id is None or not usable_id(remote_id):
        return None
    inner = top.get("data") if job is top else job
    url = result_url((top, inner), base_url)
    raw_status = _status(top, job, identified=found_id is not None)
    if known_id is not None and found_id is None and raw_status is None and (url is None or error_words(top)):
        return None
    word = _normal(raw_status) if raw_status is not None else None
    state = STATES.get(word, RemoteState.RUNNING) if word is not None else RemoteState.RUNNING
    if word is None and url is not None and known_id is not None:
        # No state at all, but a result: fetching it will show.
        state = RemoteState.COMPLETED
    return RemoteVideo(
        id=remote_id,
        state=state,
        raw_status=None if raw_status is None else raw_status[:_WORD_MAX_CHARACTERS],
        progress=_progress(_first(job, top, "progress")),
        url=url,
        error=_error(job, top, word or "", secret) if state is RemoteState.FAILED else None,
        created_at=_moment(_first(job, top, "created_at", "created")),
        expires_at=_moment(_first(job, top, "expires_at", "expire_at", "expires")),
        held_back=is_held_back(job, top),
        cost_micros=cost_micros(job, top),
        prompt=_prompt(_first(job, top, "prompt")),
        idempotency_key=_short(
            _first(job, top, "idempotency_key") or at(job, ("metadata", "idempotency_key")), _KEY_MAX_CHARACTERS
        ),
    )


def read_list(body: object, base_url: str, secret: str = "") -> tuple[RemoteVideo, ...] | None:
    """The videos in a decoded list, each with its known facts; None if the body is no list.

    Items without a usable id are left out.
    """
    holders = (body, at(body, ("data",)))
    for found in (body, *(at(holder, (key,)) for holder in holders for key in _LIST_KEYS)):
        if isinstance(found, list):
            # Cut first: a server that ignores the limit may list all its videos.
            items = cast("list[object]", found)[:LISTED_MAX]
            videos = (read_video(item, base_url, secret=secret) for item in items)
            return tuple(video for video in videos if video is not None)
    return None


def speaks_of_a_video(body: object) -> bool:
    """Whether a body contains an id, usable or not, or a word for a running video: then it is no mere refusal."""
    if not isinstance(body, dict):
        return False
    top = cast("dict[str, object]", body)
    found_id, job = _holder(top)
    raw_status = _status(top, job, identified=True)
    return found_id is not None or STATES.get(_normal(raw_status or "")) in (RemoteState.RUNNING, RemoteState.COMPLETED)


def known_word(raw_status: str) -> bool:
    """Whether the provider's word for a state is known."""
    return _normal(raw_status) in STATES


def remote_error(words: ErrorWords | None, otherwise: Cause, secret: str = "") -> RemoteError:
    """The error of a failed video; `otherwise` is its cause when the words name none."""
    if words is None:
        return RemoteError(otherwise)
    meaning = Meaning(words)
    verdict = meaning.verdict() or Verdict(otherwise)
    if verdict.cause is Cause.PROVIDER:
        verdict = verdict._replace(cause=otherwise)
    code = None if meaning.code is None else escaped(meaning.code, secret)[:_WORD_MAX_CHARACTERS]
    return RemoteError(verdict.cause, verdict.about, code, escaped(" | ".join(words.texts), secret), verdict.field)


def _holder(top: dict[str, object]) -> tuple[str | None, dict[str, object]]:
    """The id and its object: the outermost one with an id, else the body itself."""
    nested = [
        _object(top.get("data")),
        _object(at(top, ("data", 0))),
        _object(top.get("video")),
        _object(top.get("output")),
    ]
    holders = [top, *(holder for holder in nested if holder is not None)]
    # `request_id` last: in a wrapper it names the request and not the video.
    for keys in (("id", "video_id", "task_id"), ("request_id",)):
        if keys == ("request_id",) and error_words(top):
            break
        for holder in holders:
            for key in keys:
                value = holder.get(key)
                if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
                    return str(value), holder
                if isinstance(value, str) and value:
                    return value, holder
    return None, top


def _status(top: dict[str, object], job: dict[str, object], *, identified: bool) -> str | None:
    """The outermost word for the state, unless it may be about the request while the video has its own."""
    inner = _inner(job)
    words = [
        word
        for holder in (top, job, inner or {})
        for key in _STATUS_KEYS
        if isinstance(word := holder.get(key), str) and word.strip()
    ]
    if not words:
        return None
    ambiguous = _normal(words[0]) in _OF_THE_REQUEST
    if ambiguous and job is not top:
        own = [word for key in _STATUS_KEYS if isinstance(word := job.get(key), str) and word.strip()]
        return own[0] if own else words[0]
    if ambiguous and not identified and _normal(words[0]) in ("error", "fail"):
        return None
    return words[0]


def _normal(word: str) -> str:
    return word.strip().lower().replace(" ", "_").replace("-", "_")


def _error(job: dict[str, object], top: dict[str, object], word: str, secret: str) -> RemoteError:
    words = job_error(_inner(top) or {}, top) if job is top else job_error(job, top)
    return remote_error(words, _CAUSE_OF_STATUS.get(word, Cause.PROVIDER), secret)


def _inner(job: dict[str, object]) -> dict[str, object] | None:
    return next((held for key in _HOLDERS if (held := _object(job.get(key))) is not None), None)


def _object(value: object) -> dict[str, object] | None:
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _first(job: Mapping[str, object], top: Mapping[str, object], *keys: str) -> object:
    for holder in (job, top):
        for key in keys:
            if holder.get(key) is not None:
                return holder[key]
    return None


def _number(value: object) -> float | None:
    """A finite number from a number or its text; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _progress(value: object) -> int | None:
    number = _number(value.strip().removesuffix("%") if isinstance(value, str) else value)
    return None if number is None else int(min(max(number, 0.0), 100.0))


def _short(value: object, limit: int) -> str | None:
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if text.isprintable() and 0 < len(text) <= limit else None


def _prompt(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= _PROMPT_MAX_CHARACTERS else None


def _moment(value: object) -> float | None:
    """Epoch seconds from seconds, milliseconds (anything above 10^12), either as text, or an ISO date."""
    number = _number(value)
    if number is None and isinstance(value, str):
        try:
            date = datetime.fromisoformat(value.strip())
            number = (date.replace(tzinfo=UTC) if date.tzinfo is None else date).timestamp()
        except (ValueError, OverflowError):
            return None
    if number is None:
        return None
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    return seconds if 0 < seconds < _LATEST_AT else None
