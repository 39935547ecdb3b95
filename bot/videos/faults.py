"""Everything that can go wrong at the provider's edge, as one tree; it knows no wire and no job.

    VideosFault
    ├── SubmitFault             a paid request did not end in a video that can be followed
    │   ├── SpendingStopped       nothing was sent: the hard stop on paid requests said no
    │   ├── Leaving               nothing was sent: the process is told to stop
    │   ├── NotSent               nothing was sent: no connection came about
    │   ├── Busy                  not taken: the provider says "later"
    │   ├── CleanRefusal          not taken: a 500 that says so in JSON
    │   ├── AccountRefused        not taken: the key, the credit or the address is wrong, whatever was asked for
    │   ├── RequestRefused        not taken: the provider said no to this very request
    │   └── Doubtful              nobody knows whether it was taken; it must never be sent again by itself
    └── LookFault               a video could not be looked at; says nothing about the video
        ├── LookFailed            try again later
        ├── LookForbidden         the key is refused
        ├── NotFound              the provider does not know the video (now)
        └── NoList                the provider does not say which videos it has

`str(fault)` is one sentence fit for a person. `detail` holds the provider's own words, escaped, without addresses
and at most 500 characters, for the log only. Which answer becomes which fault is written in `bot.videos.law`.
"""

from bot.jobs.model import Cause
from bot.videos.values import About


class VideosFault(Exception):  # noqa: N818 - the tree is named after what happened; "Error" would only pad every name
    """Anything that went wrong between us and the provider. `status` is the HTTP status, None if none arrived."""

    def __init__(self, sentence: str, *, status: int | None = None, detail: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.detail = detail


class SubmitFault(VideosFault):
    """A paid request did not end in a video that can be followed."""


class SpendingStopped(SubmitFault):
    """Before a paid request, when as many as allowed were sent within the last 60 s. Not a byte was sent."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__("The limit on paid requests per minute is reached.")
        self.retry_after_seconds = retry_after_seconds


class Leaving(SubmitFault):
    """Before a paid request, when the process is told to stop. Not a byte was sent."""

    def __init__(self) -> None:
        super().__init__("The bot is restarting.")


class NotSent(SubmitFault):
    """When no connection came about: name not found, refused, TLS failure, connection time-out."""


class Busy(SubmitFault):
    """On 429 that isn't about credit, on 503 with an error envelope or Retry-After, and on a 409 that says busy.

    `retry_after_seconds` is what the provider asked for (0 to 600), None if it didn't say.
    """

    def __init__(
        self, sentence: str, *, status: int, detail: str = "", retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(sentence, status=status, detail=detail)
        self.retry_after_seconds = retry_after_seconds


class CleanRefusal(SubmitFault):
    """On 500 with a JSON error envelope: the provider's word that it took nothing."""


class AccountRefused(SubmitFault):
    """On 401, 402, 403 and out-of-credit codes at any status, and when the base URL redirects.

    Nothing about the request can mend it, so all submitting should pause. `cause` is CREDIT or PROVIDER.
    """

    def __init__(self, sentence: str, *, cause: Cause, status: int | None, detail: str = "") -> None:
        super().__init__(sentence, status=status, detail=detail)
        self.cause = cause


class RequestRefused(SubmitFault):
    """On 400, 404, 413, 422 and their like, on a 2xx with an error envelope and no id, and when a picture is gone.

    `cause` says why, `about` whether prompt or picture was meant, `field` the request field the provider named.
    """

    def __init__(
        self,
        sentence: str,
        *,
        cause: Cause,
        about: About | None = None,
        field: str | None = None,
        status: int | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(sentence, status=status, detail=detail)
        self.cause = cause
        self.about: About | None = about
        self.field = field


class Doubtful(SubmitFault):
    """On silence or mess after the first byte: time-out, disconnect, 502/504, HTML, a 2xx that can't be followed."""


class LookFault(VideosFault):
    """A video could not be looked at; the video itself may be well."""


class LookFailed(LookFault):
    """On anything that passes: time-outs, resets, 408, 425, 429, 5xx, HTML, bad or too large JSON, foreign redirects.

    `provider_at_fault` tells a breaker whether to count it (a 429 and a 400 come from a provider that is well);
    `too_many` is true for a 429.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        detail: str = "",
        retry_after_seconds: float | None = None,
        provider_at_fault: bool = True,
    ) -> None:
        super().__init__(sentence, status=status, detail=detail)
        self.retry_after_seconds = retry_after_seconds
        self.provider_at_fault = provider_at_fault

    @property
    def too_many(self) -> bool:
        """Whether the provider said that it is asked too often."""
        return self.status == 429


class LookForbidden(LookFault):
    """On 401, 402 and 403: the key is refused or the account is closed, so looking should pause."""


class NotFound(LookFault):
    """On 404 and 410: the provider does not know the video; only several over time mean that it is lost."""


class NoList(LookFault):
    """On 404, 405, 410 and 501 when the latest videos were asked for: this provider has no list."""
