"""Dialects that no server speaks: one without a path, field or word in common with another one, and a poorer one."""

from contextlib import ExitStack
from dataclasses import dataclass

from bot.jobs.model import Cause
from bot.jobs.offered_models import Role
from bot.videos.causes import remote_error
from bot.videos.dialects import PaidRequest
from bot.videos.error_bodies import job_error
from bot.videos.json_values import at, json_object, line
from bot.videos.provider_faults import NoList, RequestRefused
from bot.videos.request_bodies import Body, json_body
from bot.videos.urls import resolve, segment, usable_id
from bot.videos.values import Order, RemoteState, RemoteVideo

_STATES = {"oven": RemoteState.RUNNING, "served": RemoteState.COMPLETED, "burnt": RemoteState.FAILED}


@dataclass(frozen=True, slots=True)
class MadeUpDialect:
    """Pictures are plain `data:` URLs, and a remix is a create that names its source."""

    @property
    def probe_paths(self) -> tuple[str, ...]:
        return ("account",)

    @property
    def own_fields(self) -> frozenset[str]:
        return frozenset({"wish", "time", "views", "like"})

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset({"reference"})

    @property
    def lacks(self) -> frozenset[str]:
        return frozenset()

    def has_length(self, seconds: str) -> bool:
        return True

    async def create(self, order: Order, files: ExitStack) -> PaidRequest:
        return PaidRequest("dishes/new", await self._body_of(order, {}, files))

    async def remix(self, parent_remote_id: str, order: Order, files: ExitStack) -> PaidRequest:
        return PaidRequest("dishes/new", await self._body_of(order, {"like": parent_remote_id}, files))

    def poll_path(self, remote_id: str) -> str:
        return f"dishes/{segment(remote_id)}/phase"

    def list_path(self, limit: int) -> str:
        return f"dishes?first={limit}"

    def cancel_path(self, remote_id: str) -> str | None:
        return f"dishes/{segment(remote_id)}"

    def content_path(self, remote_id: str) -> str:
        return f"plates/{segment(remote_id)}"

    async def _body_of(self, order: Order, more: dict[str, object], files: ExitStack) -> Body:
        seconds = None if order.seconds is None else float(order.seconds)
        fields = {"wish": order.prompt, "time": seconds, "views": order.references, **more}
        return await json_body({**dict(order.options), **fields}, files)

    def read_video(
        self, body: object, base_url: str, known_id: str | None = None, secret: str = ""
    ) -> RemoteVideo | None:
        dish = json_object(at(body, ("dish",)))
        remote_id = known_id if known_id is not None else line(at(dish, ("ticket",)), 1_024)
        if dish is None or remote_id is None or not usable_id(remote_id):
            return None
        word, link = line(dish.get("phase"), 64), dish.get("plate")
        state = _STATES.get(word or "", RemoteState.RUNNING)
        return RemoteVideo(
            id=remote_id,
            state=state,
            raw_status=word,
            url=resolve(link, base_url) if isinstance(link, str) else None,
            error=remote_error(job_error(dish), Cause.PROVIDER, secret) if state is RemoteState.FAILED else None,
        )

    def read_list(self, body: object, base_url: str, secret: str = "") -> tuple[RemoteVideo, ...] | None:
        dishes = at(body, ("dishes",))
        if not isinstance(dishes, list):
            return None
        videos = [self.read_video({"dish": dish}, base_url, secret=secret) for dish in dishes]
        return tuple(video for video in videos if video is not None)

    def speaks_of_a_video(self, body: object) -> bool:
        return at(body, ("dish", "ticket")) is not None

    def knows_word(self, raw_status: str) -> bool:
        return raw_status in _STATES


class BareDialect(MadeUpDialect):
    """One without remixes, without a list, and without a request that stops a render."""

    @property
    def lacks(self) -> frozenset[str]:
        return frozenset({"cancel", "remix", "list"})

    async def remix(self, parent_remote_id: str, order: Order, files: ExitStack) -> PaidRequest:
        raise RequestRefused(cause=Cause.UNSUPPORTED, field="video")

    def list_path(self, limit: int) -> str:
        raise NoList

    def cancel_path(self, remote_id: str) -> str | None:
        return None
