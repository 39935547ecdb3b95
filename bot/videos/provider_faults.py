"""The faults of requests to the provider, as one tree.

    VideosFault
    ├── SubmitFault             a paid request without a video to poll
    │   ├── SpendingStopped       nothing was sent: the hard stop on paid requests
    │   ├── Leaving               nothing was sent: the process ends
    │   ├── NotSent               nothing was sent: no connection
    │   ├── Busy                  not taken: the provider is busy
    │   ├── CleanRefusal          not taken: a 500 with that meaning in JSON
    │   ├── AccountRefused        not taken: the provider itself refuses the key, or has no credit for this account
    │   ├── Blocked               not taken: refused without the provider's own words (a firewall, perhaps)
    │   ├── RequestRefused        not taken: the provider refused this very request
    │   └── Doubtful              unknown outcome; it must never be sent again by itself
    ├── PollFault               a poll failed; no evidence about the video
    │   ├── PollFailed            try again later
    │   ├── PollForbidden         the key is refused
    │   ├── PollRefused           the provider refuses this very video; several of these end the job
    │   ├── NotFound              the provider doesn't have the video (now), or no longer
    │   └── NoList                the provider has no list of its videos
    └── NotImproved             the chat model made no better version of a prompt

`detail` holds the provider's own words, escaped, without addresses and at most 500 characters, for the log only. Which
answer becomes which fault: `bot.videos.submit_responses` and `bot.videos.poll_responses`.
"""

from bot.jobs.model import Cause
from bot.videos.values import About


class VideosFault(Exception):  # noqa: N818 - the tree is named after what happened; "Error" would only pad every name
    """A fault between us and the provider. `status` is the HTTP status, None if none arrived."""

    def __init__(self, *, status: int | None = None, detail: str = "") -> None:
        super().__init__()
        self.status = status
        self.detail = detail

    def __str__(self) -> str:
        """One line for the log."""
        return " ".join(str(part) for part in (type(self).__name__, self.status, self.detail) if part)


class _ExplainedRefusal(VideosFault):
    """A refusal whose words were read.

    `about` is prompt or picture, `field` the one field that was blamed, `code` the provider's own.
    """

    def __init__(
        self,
        *,
        cause: Cause,
        about: About | None = None,
        field: str | None = None,
        code: str | None = None,
        status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(status=status, detail=detail)
        self.cause = cause
        self.about: About | None = about
        self.field = field
        self.code = code


class SubmitFault(VideosFault):
    """A paid request without a video to poll."""


class SpendingStopped(SubmitFault):
    """The hard stop refused the request: as many as allowed were sent within the last 60 s. Not a byte was sent."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class Leaving(SubmitFault):
    """The process ends before a paid request. Not a byte was sent."""


class NotSent(SubmitFault):
    """No connection: name not found, refused, TLS failure, connection timeout."""


class Busy(SubmitFault):
    """429 that isn't about credit, 503 with an envelope or Retry-After, a 409 that means busy, a rate code.

    `retry_after_seconds` is the requested wait (0 to 600), None if there was none.
    """

    def __init__(self, *, status: int, detail: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(status=status, detail=detail)
        self.retry_after_seconds = retry_after_seconds


class CleanRefusal(SubmitFault):
    """500 with a JSON error envelope whose words leave nothing open: the provider took nothing."""


class AccountRefused(SubmitFault):
    """401, 402 and 403 in the provider's own envelope, and codes for credit or key at any status.

    `cause` is CREDIT or KEY. `sure`: a code or a 402 means it, or a text that repeats nothing of the prompt; any other
    text may be about this request alone.
    """

    def __init__(
        self,
        *,
        cause: Cause,
        status: int | None,
        detail: str = "",
        sure: bool = False,
    ) -> None:
        super().__init__(status=status, detail=detail)
        self.cause = cause
        self.sure = sure


class Blocked(SubmitFault):
    """401, 403 or 407 outside of the provider's envelope (a firewall's page, an empty body), and redirects.

    The words of this one request may be the reason. It is evidence about the key, the account or the address only when
    a different job, or a free request with the same key, is refused the same way. `cause` is KEY, or PROVIDER for a
    redirect.
    """

    def __init__(self, *, cause: Cause, status: int, detail: str = "") -> None:
        super().__init__(status=status, detail=detail)
        self.cause = cause


class RequestRefused(_ExplainedRefusal, SubmitFault):
    """400, 404, 413, 422 and similar, a 2xx with an error envelope and no id, and a missing picture.

    It is about this request alone: content (CONTENT), a field (INPUT, SIZE, LENGTH), a model that the provider or this
    key doesn't have (MODEL), a remix whose source is gone (SOURCE_GONE) or that can't be made (UNSUPPORTED).
    """


class Doubtful(SubmitFault):
    """Silence or an unreadable response after the first byte: timeout, disconnect, 502/504, HTML, a 2xx without a
    usable id.

    Also any response whose words leave the outcome open, at any status (`bot.videos.open_outcome`).
    """


class PollFault(VideosFault):
    """A poll failed; the video itself may be fine."""


class PollFailed(PollFault):
    """A fault that may pass: timeouts, resets, 408, 425, 429, 5xx, HTML, bad or too large JSON, foreign redirects.

    `provider_at_fault`: a breaker counts it (a 429 and a 400 come from a working provider); `too_many` is true for a
    429.
    """

    def __init__(
        self,
        *,
        status: int | None = None,
        detail: str = "",
        retry_after_seconds: float | None = None,
        provider_at_fault: bool = True,
    ) -> None:
        super().__init__(status=status, detail=detail)
        self.retry_after_seconds = retry_after_seconds
        self.provider_at_fault = provider_at_fault

    @property
    def too_many(self) -> bool:
        """Whether it is a rate limit."""
        return self.status == 429


class PollForbidden(PollFault):
    """401, 402 and 403, unless the words are about content or this video.

    Only a second, different video's, or a free request's, is evidence about the key.
    """


class PollRefused(_ExplainedRefusal, PollFault):
    """Error words at any status: the provider refuses to make or show this video; it concerns only that video.

    Several such polls end the job. `cause` is CONTENT; the rest as in `RequestRefused`.
    """


class NotFound(PollFault):
    """404 and 410, and words for it at 200, 400 or 500; only several over time mean that the video is lost.

    `cause` is LOST, or EXPIRED where the words mean that it was kept for a while and is gone.
    """

    def __init__(
        self,
        *,
        cause: Cause = Cause.LOST,
        code: str | None = None,
        status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(status=status, detail=detail)
        self.cause = cause
        self.code = code


class NoList(PollFault):
    """Any 4xx but 408, 425, 429, and 501, on a request for the list: this provider has none."""


class NotImproved(VideosFault):
    """No usable answer of the chat model, for any reason: it is no evidence about the videos of that provider."""
