"""The dialect of OpenRouter's video API: JSON alone, with pictures as `data:` URLs.

docs/facts/provider.md, "The OpenRouter dialect", lists the requests. Webhooks aren't requested: the videos are polled.
"""

import re
from contextlib import ExitStack
from dataclasses import dataclass

from bot.jobs.model import Cause
from bot.jobs.offered_models import Role
from bot.videos.causes import remote_error
from bot.videos.dialects import PaidRequest
from bot.videos.error_bodies import error_words, job_error
from bot.videos.json_values import first_of, identifier, json_object, line, moment, percentage, text
from bot.videos.provider_faults import NoList, RequestRefused
from bot.videos.provider_setup import ProviderSetup
from bot.videos.reported import reported_settings
from bot.videos.request_bodies import json_body
from bot.videos.results import cost_micros, is_cancelled, is_held_back, result_url
from bot.videos.urls import segment, usable_id
from bot.videos.values import Order, ReferenceFile, RemoteState, RemoteVideo

_STATES = {
    "pending": RemoteState.RUNNING,
    "queued": RemoteState.RUNNING,
    "in_progress": RemoteState.RUNNING,
    "processing": RemoteState.RUNNING,
    "completed": RemoteState.COMPLETED,
    "failed": RemoteState.FAILED,
    "cancelled": RemoteState.FAILED,
    "canceled": RemoteState.FAILED,
    "expired": RemoteState.FAILED,
}
_CAUSE_OF_STATUS = {"expired": Cause.EXPIRED}
_OWN_FIELDS = ("model", "prompt", "size", "duration", "frame_images", "input_references", "callback_url")
_FRAME_TYPES: dict[Role, str] = {"first": "first_frame", "last": "last_frame"}
_WHOLE = re.compile(r"([1-9][0-9]{0,5})(?:\.0+)?")
_WORD_MAX_CHARACTERS = 64
_PROMPT_MAX_CHARACTERS = 32_000


@dataclass(frozen=True, slots=True)
class OpenRouterDialect:
    """`POST /videos` and `GET /videos/{id}`, without remixes, a list, and a request that stops a render."""

    @property
    def probe_paths(self) -> tuple[str, ...]:
        """The key's own description, which needs the key; the models don't, and only show that the server is up."""
        return ("key", "videos/models")

    @property
    def own_fields(self) -> frozenset[str]:
        """What an order has, and the address of a webhook. `resolution` and `aspect_ratio` may be options."""
        return frozenset(_OWN_FIELDS)

    @property
    def roles(self) -> frozenset[Role]:
        """All of them."""
        return frozenset({"reference", "first", "last"})

    @property
    def lacks(self) -> frozenset[str]:
        """All that OpenAI's API has beside creating."""
        return frozenset({"remix", "extend", "cancel", "list"})

    def has_length(self, seconds: str) -> bool:
        """Whole seconds alone."""
        return _WHOLE.fullmatch(seconds.strip()) is not None

    async def create(self, order: Order, files: ExitStack) -> PaidRequest:
        """A POST to the videos. Raises OSError when a picture can't be opened or read.

        Raises `RequestRefused` for a length that isn't a whole number of seconds, and for references beside frames: the
        API would ignore the references, and charge.
        """
        fields: dict[str, object] = {**dict(order.options), "prompt": order.prompt}
        if order.model is not None:
            fields["model"] = order.model
        if order.size is not None:
            fields["size"] = order.size
        if order.seconds is not None:
            fields["duration"] = _whole_seconds(order.seconds)
        return PaidRequest("videos", await json_body({**fields, **_pictures(order.references)}, files))

    async def remix(self, parent_remote_id: str, order: Order, files: ExitStack) -> PaidRequest:
        """There are no remixes: raises `RequestRefused`."""
        raise RequestRefused(cause=Cause.UNSUPPORTED, field="video")

    def poll_path(self, remote_id: str) -> str:
        """The id as one segment; the `polling_url` of an answer is never used."""
        return f"videos/{segment(remote_id)}"

    def list_path(self, limit: int) -> str:
        """There is no list: raises `NoList`."""
        raise NoList

    def cancel_path(self, remote_id: str) -> str | None:
        """Nothing stops a render."""
        return None

    def content_path(self, remote_id: str) -> str:
        """The first, and for all known models only, video of the job."""
        return f"{self.poll_path(remote_id)}/content?index=0"

    def read_video(
        self, body: object, base_url: str, known_id: str | None = None, secret: str = ""
    ) -> RemoteVideo | None:
        """The video in the body, or in its `data`; see `Dialect`."""
        job = _job(body)
        if job is None:
            return None
        found_id = identifier(job.get("id"))
        remote_id = known_id if known_id is not None else found_id
        if remote_id is None or not usable_id(remote_id):
            return None
        raw_status = line(job.get("status"), _WORD_MAX_CHARACTERS)
        url = result_url((job,), base_url)
        if found_id is None and raw_status is None and (url is None or error_words(body)):
            return None
        word = "" if raw_status is None else _normal(raw_status)
        # A result without a state: fetching it will show.
        otherwise = RemoteState.COMPLETED if not word and url is not None and known_id else RemoteState.RUNNING
        state = _STATES.get(word, otherwise)
        error = None
        if state is RemoteState.FAILED:
            error = remote_error(job_error(job), _CAUSE_OF_STATUS.get(word, Cause.PROVIDER), secret)
        return RemoteVideo(
            id=remote_id,
            state=state,
            raw_status=raw_status,
            progress=percentage(job.get("progress")),
            url=url,
            error=error,
            created_at=moment(first_of((job,), "created_at", "created")),
            expires_at=moment(job.get("expires_at")),
            cancelled=is_cancelled(word, error),
            held_back=is_held_back(job),
            cost_micros=cost_micros(job),
            reported=reported_settings((job,), secret),
            prompt=text(job.get("prompt"), _PROMPT_MAX_CHARACTERS),
        )

    def read_list(self, body: object, base_url: str, secret: str = "") -> tuple[RemoteVideo, ...] | None:
        """There is no list."""
        return None

    def speaks_of_a_video(self, body: object) -> bool:
        """An id, or a word for a video that runs or is completed."""
        job = _job(body)
        if job is None:
            return False
        state = _STATES.get(_normal(line(job.get("status"), _WORD_MAX_CHARACTERS) or ""))
        return identifier(job.get("id")) is not None or state in (RemoteState.RUNNING, RemoteState.COMPLETED)

    def knows_word(self, raw_status: str) -> bool:
        """In any case, with blanks and hyphens as underscores."""
        return _normal(raw_status) in _STATES


def of(_: ProviderSetup) -> OpenRouterDialect:
    """The dialect of that provider: no setting changes it."""
    return OpenRouterDialect()


def _whole_seconds(seconds: str) -> int:
    whole = _WHOLE.fullmatch(seconds.strip())
    if whole is None:
        raise RequestRefused(cause=Cause.LENGTH, field="seconds")
    return int(whole[1])


def _pictures(references: tuple[ReferenceFile, ...]) -> dict[str, object]:
    """The one list of pictures that the order has: of references or of frames."""
    plain = [_picture(reference) for reference in references if reference.role == "reference"]
    frames = [
        {**_picture(reference), "frame_type": _FRAME_TYPES[reference.role]}
        for reference in references
        if reference.role != "reference"
    ]
    if plain and frames:
        raise RequestRefused(cause=Cause.INPUT, about="picture", field="input_reference")
    return {"frame_images": frames} if frames else {"input_references": plain} if plain else {}


def _picture(reference: ReferenceFile) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": reference}}


def _job(body: object) -> dict[str, object] | None:
    """The object of the video: the body, or its `data` where only that has an id."""
    top = json_object(body)
    inner = None if top is None else json_object(top.get("data"))
    if top is not None and inner is not None and identifier(top.get("id")) is None and "status" not in top:
        return inner
    return top


def _normal(word: str) -> str:
    return word.lower().replace(" ", "_").replace("-", "_")
