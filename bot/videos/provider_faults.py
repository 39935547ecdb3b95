"""Everything that can go wrong at the provider's edge, as one tree; it knows no wire and no job.

    VideosFault
    ├── SubmitFault             a paid request did not end in a video that can be followed
    │   ├── SpendingStopped       nothing was sent: the hard stop on paid requests said no
    │   ├── Leaving               nothing was sent: the process is told to stop
    │   ├── NotSent               nothing was sent: no connection came about
    │   ├── Busy                  not taken: the provider says "later"
    │   ├── CleanRefusal          not taken: a 500 that says so in JSON
    │   ├── AccountRefused        not taken: the provider itself refuses the key, or has no credit for this account
    │   ├── Blocked               not taken: something refused it without the provider's own words (a firewall, perhaps)
    │   ├── RequestRefused        not taken: the provider said no to this very request
    │   └── Doubtful              nobody knows whether it was taken; it must never be sent again by itself
    └── PollFault               a video could not be polled; says nothing about the video
        ├── PollFailed            try again later
        ├── PollForbidden         the key is refused
        ├── PollRefused           the provider has refused this very video; seen several times, that is its end
        ├── NotFound              the provider does not know the video (now), or no longer has it
        └── NoList                the provider does not say which videos it has

`detail` holds the provider's own words, escaped, without addresses and at most 500 characters, for the log only. Which
answer becomes which fault: `bot.videos.submit_responses` and `bot.videos.poll_responses`.
"""

from bot.jobs.model import Cause
from bot.videos.values import About


class VideosFault(Exception):  # noqa: N818 - the tree is named after what happened; "Error" would only pad every name
    """Anything that went wrong between us and the provider. `status` is the HTTP status, None if none arrived."""

    def __init__(self, *, status: int | None = None, detail: str = "") -> None:
        super().__init__()
        self.status = status
        self.detail = detail

    def __str__(self) -> str:
        """One line for the log."""
        return " ".join(str(part) for part in (type(self).__name__, self.status, self.detail) if part)


class _ExplainedRefusal(VideosFault):
    """A refusal whose words were read.

    `about` tells whether prompt or picture was meant, `field` the one field that was blamed, `code` the provider's own.
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
    """A paid request did not end in a video that can be followed."""


class SpendingStopped(SubmitFault):
    """Before a paid request, when as many as allowed were sent within the last 60 s. Not a byte was sent."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class Leaving(SubmitFault):
    """Before a paid request, when the process is told to stop. Not a byte was sent."""


class NotSent(SubmitFault):
    """When no connection came about: name not found, refused, TLS failure, connection time-out."""


class Busy(SubmitFault):
    """On 429 that isn't about credit, on 503 with an envelope or Retry-After, on a 409 that says busy, on a rate code.

    `retry_after_seconds` is what the provider asked for (0 to 600), None if it didn't say.
    """

    def __init__(self, *, status: int, detail: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(status=status, detail=detail)
        self.retry_after_seconds = retry_after_seconds


class CleanRefusal(SubmitFault):
    """On 500 with a JSON error envelope whose words leave nothing open: the provider took nothing."""


class AccountRefused(SubmitFault):
    """On 401, 402 and 403 in the provider's own envelope, and on codes for credit or key at any status.

    `cause` is CREDIT or KEY. `sure`: a code or a 402 says so, or a text that repeats nothing of the prompt; any other
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
    """On 401, 403 or 407 outside of the provider's envelope (a firewall's page, an empty body), and on a redirect.

    The words of this one request may have brought it. It says something about the key, the account or the address only
    when a different job, or a free request with the same key, is refused the same way. `cause` is KEY, or PROVIDER for
    a redirect.
    """

    def __init__(self, *, cause: Cause, status: int, detail: str = "") -> None:
        super().__init__(status=status, detail=detail)
        self.cause = cause


class RequestRefused(_ExplainedRefusal, SubmitFault):
    """On 400, 404, 413, 422 and their like, on a 2xx with an error envelope and no id, and when a picture is gone.

    It is about this request alone: content (CONTENT), a field (INPUT, SIZE, LENGTH), a model that the provider or this
    key doesn't have (MODEL), a remix whose source is gone (SOURCE_GONE) or that can't be made (UNSUPPORTED).
    """


class Doubtful(SubmitFault):
    """On silence or mess after the first byte: time-out, disconnect, 502/504, HTML, a 2xx that can't be followed.

    Also on any answer whose words leave the outcome open, whatever its status (`bot.videos.open_outcome`).
    """


class PollFault(VideosFault):
    """A video could not be polled; the video itself may be well."""


class PollFailed(PollFault):
    """On anything that passes: time-outs, resets, 408, 425, 429, 5xx, HTML, bad or too large JSON, foreign redirects.

    `provider_at_fault` tells a breaker whether to count it (a 429 and a 400 come from a provider that is well);
    `too_many` is true for a 429.
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
        """Whether the provider said that it is asked too often."""
        return self.status == 429


class PollForbidden(PollFault):
    """On 401, 402 and 403, unless the words are about content or this video.

    Only a second, different video's, or a free request's, says something about the key.
    """


class PollRefused(_ExplainedRefusal, PollFault):
    """On error words at any status that say that the provider won't make or show this video; it concerns it alone.

    Several polls that say so end the job. `cause` is CONTENT; the rest as in `RequestRefused`.
    """


class NotFound(PollFault):
    """On 404 and 410, and on words for it at 200, 400 or 500; only several over time mean that the video is lost.

    `cause` is LOST, or EXPIRED where the words say that it was kept for a while and is no longer.
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
    """On any 4xx but 408, 425, 429 and on 501 when the latest videos were asked for: this provider has no list."""
