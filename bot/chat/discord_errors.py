"""Classification of Discord's responses: the outcome for the message, and for the breaker.

CourierFault        a message could not be sent, edited, found or deleted
├── Refused         Discord refuses it permanently, with the kind of the refusal (`bot.jobs.denials`)
├── TooLarge        the file is over the channel's limit (413, or a code for it)
├── NotTaken        surely not posted, may be tried again: rate limit, no connection, a refusal by a proxy
└── OutcomeUnknown  it may or may not exist: 5xx, a cut connection, a timeout
"""

import aiohttp
import discord

from bot.chat.discord_health import RequestOutcome
from bot.jobs.denials import denial_of

_NETWORK_REST_SECONDS = 600.0
_TOO_LARGE = frozenset({40005, 50045})
# Codes that pass: none at all (not from Discord itself), slow mode, write limits, features switched off for now, edits
# of an old message, an overloaded part of Discord (docs/facts/discord.md, "Refusals").
_PASSING = frozenset({0, 20016, 20022, 20028, 20029, 30046, 40003, 40004, 40006, 130000})
# From the network before Discord, like a 403 without a code.
_NETWORK_REFUSES = 40333
_PASSING_REST_SECONDS = 60.0
# Of the proxy before Discord, if there is one.
_PROXY_WANTS_PASSWORD = 407

_Error = discord.DiscordException | aiohttp.ClientError | OSError  # TimeoutError is an OSError


class CourierFault(Exception):  # noqa: N818  # the tree is named for what happened, as in bot.videos.provider_faults
    """A message could not be sent, edited, found or deleted."""


class Refused(CourierFault):
    """Discord refuses it permanently."""

    def __init__(self, code: int, status: int = 403) -> None:
        super().__init__(f"Discord refused with code {code}.")
        self.code = code
        self.denial = denial_of(status, code)


class TooLarge(CourierFault):
    """The file is over the channel's limit."""


class NotTaken(CourierFault):
    """Surely not posted; may be tried again after that many seconds."""

    def __init__(self, retry_after_seconds: float = 0.0) -> None:
        super().__init__("Discord could not be reached or asked to wait.")
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknown(CourierFault):
    """The request was sent and got no reliable response."""


def judge(error: _Error) -> tuple[CourierFault, RequestOutcome]:
    """What an exception means for the message, and for the breaker (docs/facts/discord.md, "Retries")."""
    if isinstance(error, discord.HTTPException):
        return _judge_answer(error)
    if isinstance(error, discord.RateLimited):
        return NotTaken(error.retry_after), RequestOutcome.ANSWERED
    if isinstance(error, discord.DiscordException):
        return OutcomeUnknown("discord.py could make nothing of it."), RequestOutcome.ANSWERED
    if isinstance(error, aiohttp.ClientConnectorError):
        return NotTaken(), RequestOutcome.SILENT
    if isinstance(error, aiohttp.ClientHttpProxyError):
        # The proxy (DISCORD_PROXY) opened no tunnel, so Discord got nothing.
        return NotTaken(_PASSING_REST_SECONDS), RequestOutcome.SILENT
    return OutcomeUnknown("The connection to Discord broke or gave no answer in time."), RequestOutcome.SILENT


def is_refused_by_proxy(error: Exception) -> bool:
    """Whether the proxy before Discord wants a name and password, or others."""
    is_answer = isinstance(error, discord.HTTPException | aiohttp.ClientHttpProxyError)
    return is_answer and error.status == _PROXY_WANTS_PASSWORD


def _judge_answer(error: discord.HTTPException) -> tuple[CourierFault, RequestOutcome]:
    if error.status == 413 or error.code in _TOO_LARGE:
        return TooLarge("The file is larger than this place takes."), RequestOutcome.ANSWERED
    if error.status == 429:
        headers = error.response.headers
        if "Via" in headers and headers.get("Content-Type") == "application/json":
            # Discord's own limit, for this request only: discord.py has waited five times, and gives up.
            return NotTaken(_asked_seconds(headers.get("Retry-After", ""))), RequestOutcome.ANSWERED
        return NotTaken(_NETWORK_REST_SECONDS), RequestOutcome.FORBIDDEN
    if error.status >= 500:
        return OutcomeUnknown(f"Discord answered {error.status}."), RequestOutcome.SILENT
    if error.status == _PROXY_WANTS_PASSWORD:
        return NotTaken(_PASSING_REST_SECONDS), RequestOutcome.SILENT
    if error.status == 401:
        # A token that is being changed: the same for every message.
        return NotTaken(_PASSING_REST_SECONDS), RequestOutcome.FORBIDDEN
    if error.code == _NETWORK_REFUSES or (error.status == 403 and error.code == 0):
        # A network before Discord: it refuses everything, or only the words of one message.
        return NotTaken(_PASSING_REST_SECONDS), RequestOutcome.REFUSED
    if error.code in _PASSING:
        return NotTaken(_PASSING_REST_SECONDS), RequestOutcome.ANSWERED
    return Refused(error.code, error.status), RequestOutcome.ANSWERED


def _asked_seconds(header: str) -> float:
    """The wait that Discord requests, in whole seconds, if any."""
    return float(header) if header.isdecimal() else _PASSING_REST_SECONDS
