"""What the client and the judges ask of a dialect: where requests go, how bodies are written and videos are read.

Each dialect is one file beside this one; `bot.app` chooses it. Errors are read the same way in all of them
(`bot.videos.error_bodies`, `bot.videos.vocabulary`).
"""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from bot.jobs.offered_models import Role
from bot.videos.request_bodies import Body
from bot.videos.values import Order, RemoteVideo


@dataclass(frozen=True, slots=True)
class PaidRequest:
    """A POST that makes a video: its path below the base URL, and its body."""

    path: str
    body: Body


class Dialect(Protocol):
    """One shape of a Videos API. Paths are percent-encoded and relative to the base URL, without a leading slash.

    Readers are pure and raise nothing because of a body: an unreadable part counts as missing. `secret` is removed from
    the words for the log.
    """

    @property
    def probe_paths(self) -> tuple[str, ...]:
        """Free requests that need the key; the next one is tried where the first has never worked."""
        ...

    @property
    def own_fields(self) -> frozenset[str]:
        """The fields of a request that the dialect writes itself. The client refuses an option with such a name."""
        ...

    @property
    def roles(self) -> frozenset[Role]:
        """The roles of pictures that a request can name. The client refuses an order with another one."""
        ...

    @property
    def lacks(self) -> frozenset[str]:
        """The abilities, by the names of `Abilities`, that the API has no request for."""
        ...

    def has_length(self, seconds: str) -> bool:
        """Whether a request can have that length, a number as people choose it: `8`, `2.5`."""
        ...

    async def create(self, order: Order, files: ExitStack) -> PaidRequest:
        """The request for a new video; `files` closes the opened pictures. Raises OSError for an unreadable one.

        Raises `RequestRefused` for what the API has no field for, before anything is sent.
        """
        ...

    async def remix(self, parent_remote_id: str, order: Order, files: ExitStack) -> PaidRequest:
        """The request for a video made from a finished one. Raises like `create`.

        A dialect without remixes raises `RequestRefused` with UNSUPPORTED.
        """
        ...

    def poll_path(self, remote_id: str) -> str:
        """Where one video is read."""
        ...

    def list_path(self, limit: int) -> str:
        """Where the latest videos are listed, at most `limit` of them. A dialect without a list raises `NoList`."""
        ...

    def cancel_path(self, remote_id: str) -> str | None:
        """Where a DELETE stops a render; None if the API has no such request."""
        ...

    def content_path(self, remote_id: str) -> str:
        """Where a finished video's bytes are, with the key, if it has no URL of its own."""
        ...

    def read_video(
        self, body: object, base_url: str, known_id: str | None = None, secret: str = ""
    ) -> RemoteVideo | None:
        """The video in a decoded body, or None if there is none that can be polled.

        `known_id` is the polled id; without it (after a create) the body must contain a usable one. An unknown word for
        the state means that the video is running.
        """
        ...

    def read_list(self, body: object, base_url: str, secret: str = "") -> tuple[RemoteVideo, ...] | None:
        """The videos in a decoded list, each with its known facts; None if the body is no list."""
        ...

    def speaks_of_a_video(self, body: object) -> bool:
        """Whether a body contains an id, usable or not, or a word for a running video: then it is no mere refusal."""
        ...

    def knows_word(self, raw_status: str) -> bool:
        """Whether the provider's word for a state is known; an unknown one is logged."""
        ...
