"""The dialect of OpenAI's Videos API and of the many servers and gateways that speak it, each a little differently.

Sending is plain and reading is lenient; docs/facts/provider.md lists the requests and the forms of the answers.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal, cast

from bot.jobs.model import Cause
from bot.jobs.offered_models import OptionValue, Role
from bot.videos.causes import remote_error
from bot.videos.dialects import PaidRequest
from bot.videos.error_bodies import error_words, job_error
from bot.videos.json_values import at, first_of, identifier, json_object, line, moment, percentage, text
from bot.videos.provider_setup import ProviderSetup
from bot.videos.reported import reported_settings
from bot.videos.request_bodies import Body, json_body, multipart_body
from bot.videos.results import cost_micros, is_cancelled, is_held_back, result_url
from bot.videos.urls import segment, usable_id
from bot.videos.values import Order, RemoteError, RemoteState, RemoteVideo

BodyForm = Literal["auto", "json", "multipart"]

_RUNNING = (
    "queued pending submitted created not_start notstarted preparing starting throttled unknown scheduled waiting "
    "processing in_progress inprogress running generating rendering preprocessing"
)
_COMPLETED = "completed complete succeeded succeed success done finished ready"
_FAILED = (
    "failed failure fail error nsfw rejected blocked cancelled canceled expired deleted aborted terminated timeout "
    "timed_out killed crashed moderated request_moderated content_moderated content_filtered filtered flagged"
)
_STATES: dict[str, RemoteState] = {
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

_OWN_FIELDS = ("model", "prompt", "size", "seconds", "input_reference", "input_reference[]")
_STATUS_KEYS = ("status", "state", "task_status")
# Where the object of the video is, if it isn't the body itself.
_HOLDERS = ("data", "output")
_WORD_MAX_CHARACTERS = 64
_KEY_MAX_CHARACTERS = 255
_PROMPT_MAX_CHARACTERS = 32_000
# docs/facts/provider.md, "List".
_LIST_MAX = 100
LISTED_MAX = 1000
_LIST_KEYS = ("data", "videos", "items", "list", "results")


@dataclass(frozen=True, slots=True)
class OpenAIDialect:
    """`POST /videos`, `GET /videos/{id}`.

    `body`: `auto` is JSON without pictures and multipart with them. `reference_field` is the name of a picture.
    """

    body: BodyForm = "auto"
    reference_field: str = "input_reference"

    @property
    def probe_paths(self) -> tuple[str, ...]:
        """The list, and the models where only the list is broken."""
        return ("videos?limit=1", "models")

    @property
    def own_fields(self) -> frozenset[str]:
        """The fields of OpenAI, and the name of a picture without and with the brackets of a list."""
        name = self.reference_field.removesuffix("[]")
        return frozenset({*_OWN_FIELDS, name, f"{name}[]"})

    @property
    def roles(self) -> frozenset[Role]:
        """References alone: OpenAI has no field for a first or last frame."""
        return frozenset({"reference"})

    @property
    def lacks(self) -> frozenset[str]:
        """Nothing: servers that speak it have each of them."""
        return frozenset()

    def has_length(self, seconds: str) -> bool:
        """Any: it is sent as the text that it is."""
        return True

    async def create(self, order: Order, files: ExitStack) -> PaidRequest:
        """A POST to the list of videos. Raises OSError when a picture can't be opened or read."""
        return PaidRequest("videos", await self._body_of(order, files))

    async def remix(self, parent_remote_id: str, order: Order, files: ExitStack) -> PaidRequest:
        """A POST below the older video, with the fields of a create. Raises OSError like it."""
        return PaidRequest(f"{self.poll_path(parent_remote_id)}/remix", await self._body_of(order, files))

    def poll_path(self, remote_id: str) -> str:
        """The id as one segment."""
        return f"videos/{segment(remote_id)}"

    def list_path(self, limit: int) -> str:
        """Newest first; more than 100 can't be asked for."""
        return f"videos?limit={min(limit, _LIST_MAX)}&order=desc"

    def cancel_path(self, remote_id: str) -> str | None:
        """The video itself. At OpenAI a DELETE only removes finished videos; elsewhere it stops a render."""
        return self.poll_path(remote_id)

    def content_path(self, remote_id: str) -> str:
        """OpenAI's content endpoint."""
        return f"{self.poll_path(remote_id)}/content"

    async def _body_of(self, order: Order, files: ExitStack) -> Body:
        """In forced JSON one picture is an object with a `data:` URL, and several are a list of them."""
        fields = {**dict(order.options), **_fields_of(order)}
        if self.body == "multipart" or (self.body == "auto" and order.references):
            return await multipart_body(fields, self.reference_field, order.references, files)
        pictures = [{"image_url": reference} for reference in order.references]
        if not pictures:
            return await json_body(fields, files)
        name = self.reference_field.removesuffix("[]")
        return await json_body({**fields, name: pictures if len(pictures) > 1 else pictures[0]}, files)

    def read_video(
        self, body: object, base_url: str, known_id: str | None = None, secret: str = ""
    ) -> RemoteVideo | None:
        """The video, wherever a wrapper has put it; see `Dialect`."""
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
        state = _STATES.get(word, RemoteState.RUNNING) if word is not None else RemoteState.RUNNING
        if word is None and url is not None and known_id is not None:
            # No state at all, but a result: fetching it will show.
            state = RemoteState.COMPLETED
        holders = (job, top)
        error = _error(job, top, word or "", secret) if state is RemoteState.FAILED else None
        key = first_of(holders, "idempotency_key") or at(job, ("metadata", "idempotency_key"))
        return RemoteVideo(
            id=remote_id,
            state=state,
            raw_status=None if raw_status is None else raw_status[:_WORD_MAX_CHARACTERS],
            progress=percentage(first_of(holders, "progress")),
            url=url,
            error=error,
            created_at=moment(first_of(holders, "created_at", "created")),
            expires_at=moment(first_of(holders, "expires_at", "expire_at", "expires")),
            cancelled=is_cancelled(word or "", error),
            held_back=is_held_back(*holders),
            cost_micros=cost_micros(*holders),
            reported=reported_settings((*holders, inner), secret),
            prompt=text(first_of(holders, "prompt"), _PROMPT_MAX_CHARACTERS),
            idempotency_key=line(key, _KEY_MAX_CHARACTERS),
        )

    def read_list(self, body: object, base_url: str, secret: str = "") -> tuple[RemoteVideo, ...] | None:
        """The videos of a list, plain, wrapped or under another name; items without a usable id are left out."""
        holders = (body, at(body, ("data",)))
        for found in (body, *(at(holder, (key,)) for holder in holders for key in _LIST_KEYS)):
            if isinstance(found, list):
                # Cut first: a server that ignores the limit may list all its videos.
                items = cast("list[object]", found)[:LISTED_MAX]
                videos = (self.read_video(item, base_url, secret=secret) for item in items)
                return tuple(video for video in videos if video is not None)
        return None

    def speaks_of_a_video(self, body: object) -> bool:
        """An id under any of its names, or a word for a video that runs or is completed."""
        if not isinstance(body, dict):
            return False
        top = cast("dict[str, object]", body)
        found_id, job = _holder(top)
        state = _STATES.get(_normal(_status(top, job, identified=True) or ""))
        return found_id is not None or state in (RemoteState.RUNNING, RemoteState.COMPLETED)

    def knows_word(self, raw_status: str) -> bool:
        """In any case, with blanks and hyphens as underscores."""
        return _normal(raw_status) in _STATES


def of(setup: ProviderSetup) -> OpenAIDialect:
    """The dialect of that provider."""
    return OpenAIDialect(setup.body, setup.reference_field)


def _fields_of(order: Order) -> dict[str, OptionValue]:
    """The set text fields, all of them strings: OpenAI refuses a number for `seconds`, and null anywhere."""
    chosen: dict[str, OptionValue | None] = {
        "model": order.model,
        "prompt": order.prompt,
        "size": order.size,
        "seconds": order.seconds,
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _holder(top: dict[str, object]) -> tuple[str | None, dict[str, object]]:
    """The id and its object: the outermost one with an id, else the body itself."""
    nested = [json_object(at(top, place)) for place in (("data",), ("data", 0), ("video",), ("output",))]
    holders = [top, *(holder for holder in nested if holder is not None)]
    # `request_id` last: in a wrapper it names the request and not the video.
    for keys in (("id", "video_id", "task_id"), ("request_id",)):
        if keys == ("request_id",) and error_words(top):
            break
        for holder in holders:
            for key in keys:
                found = identifier(holder.get(key))
                if found is not None:
                    return found, holder
    return None, top


def _status(top: dict[str, object], job: dict[str, object], *, identified: bool) -> str | None:
    """The outermost word for the state, unless it may be about the request while the video has its own."""
    words = [*_words(top), *_words(job), *_words(_inner(job) or {})]
    if not words:
        return None
    ambiguous = _normal(words[0]) in _OF_THE_REQUEST
    if ambiguous and job is not top:
        own = _words(job)
        return own[0] if own else words[0]
    if ambiguous and not identified and _normal(words[0]) in ("error", "fail"):
        return None
    return words[0]


def _words(holder: Mapping[str, object]) -> list[str]:
    return [word for key in _STATUS_KEYS if isinstance(word := holder.get(key), str) and word.strip()]


def _normal(word: str) -> str:
    return word.strip().lower().replace(" ", "_").replace("-", "_")


def _error(job: dict[str, object], top: dict[str, object], word: str, secret: str) -> RemoteError:
    words = job_error(_inner(top) or {}, top) if job is top else job_error(job, top)
    return remote_error(words, _CAUSE_OF_STATUS.get(word, Cause.PROVIDER), secret)


def _inner(job: dict[str, object]) -> dict[str, object] | None:
    return next((held for key in _HOLDERS if (held := json_object(job.get(key))) is not None), None)
