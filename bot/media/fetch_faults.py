"""Everything that can go wrong while a finished video is fetched, as one tree; it knows no wire and no job.

    FetchFault
    ├── FetchRefusedByGuard   the address itself is not to be asked, however often
    ├── LinkExpired           the address does not give the video to us (401, 403, 404, 410)
    ├── FetchFailed           it did not work this time
    │   └── NotAVideo           what came whole was something else: a page, JSON, a picture, a broken file
    ├── TooLarge              the video is over the limit
    └── NoRoom                our own disk has too little space

`str(fault)` is one sentence fit for a person. `detail` is for the log only; no URL with its query is ever in either.
"""


class FetchFault(Exception):  # noqa: N818 - the tree is named after what happened; "Error" would only pad every name
    """A video could not be fetched. `status` is the HTTP status, None if none arrived or it was not to blame.

    `said` is the beginning of the body with which the API's own origin refused it; never shown, only read.
    """

    def __init__(self, sentence: str, *, status: int | None = None, detail: str = "", said: bytes = b"") -> None:
        super().__init__(sentence)
        self.status = status
        self.detail = detail
        self.said = said


class FetchRefusedByGuard(FetchFault):
    """When an address is private, of another scheme, has a user name, steps down to http, or redirects too often."""


class LinkExpired(FetchFault):
    """On 401, 403, 404 and 410. At the content endpoint a 404 may mean "not ready": the caller knows which it was."""


class FetchFailed(FetchFault):
    """On anything that may pass: network, time-outs, other statuses, a body shorter or longer than promised."""


class NotAVideo(FetchFailed):
    """When the body came whole and is no video: nothing, a page, JSON without a link, a picture, a truncated file."""


class TooLarge(FetchFault):
    """When the video is larger than `limit_bytes`; `length_bytes` is what was announced, None if nothing was."""

    def __init__(self, limit_bytes: int, length_bytes: int | None = None) -> None:
        super().__init__(f"The video is larger than {limit_bytes // 1024 // 1024} MiB.")
        self.limit_bytes = limit_bytes
        self.length_bytes = length_bytes


class NoRoom(FetchFault):
    """When our disk has too little space for the video; a later try may find more."""

    def __init__(self) -> None:
        super().__init__("There is not enough free disk space for the video.")
