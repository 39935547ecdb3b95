"""The faults of fetching a finished video, as one tree.

    FetchFault
    ├── FetchRefusedByGuard   the address itself is never requested
    ├── LinkExpired           the address refuses the video (401, 403, 404, 410)
    ├── FetchFailed           a fault that may pass
    │   └── NotAVideo           the body is something else: a page, JSON, a picture, a broken file
    ├── TooLarge              the video is over the limit
    └── NoRoom                our own disk has too little space

`str(fault)` is one sentence fit for a person. `detail` is for the log only; no URL with its query is ever in either.
"""


class FetchFault(Exception):  # noqa: N818 - the tree is named after what happened; "Error" would only pad every name
    """A video could not be fetched. `status` is the HTTP status, None if none arrived or it was not to blame.

    `said` is the beginning of the body with which the API's own origin refused it; it is only read, never shown.
    """

    def __init__(self, sentence: str, *, status: int | None = None, detail: str = "", said: bytes = b"") -> None:
        super().__init__(sentence)
        self.status = status
        self.detail = detail
        self.said = said


class FetchRefusedByGuard(FetchFault):
    """The address is private, of another scheme, has a user name, steps down to http, or redirects too often."""


class LinkExpired(FetchFault):
    """401, 403, 404 or 410. At the content endpoint a 404 may mean "not ready": the caller decides."""


class FetchFailed(FetchFault):
    """A fault that may pass: network, timeouts, other statuses, a body shorter or longer than announced."""


class NotAVideo(FetchFailed):
    """The body is complete and is no video: empty, a page, JSON without a link, a picture, a truncated file."""


class TooLarge(FetchFault):
    """The video is larger than `limit_bytes`; `length_bytes` is the announced length, None if there was none."""

    def __init__(self, limit_bytes: int, length_bytes: int | None = None) -> None:
        super().__init__(f"The video is larger than {limit_bytes // 1024 // 1024} MiB.")
        self.limit_bytes = limit_bytes
        self.length_bytes = length_bytes


class NoRoom(FetchFault):
    """Our disk has too little space for the video; a later try may find more."""

    def __init__(self) -> None:
        super().__init__("There is not enough free disk space for the video.")
