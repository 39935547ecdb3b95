"""What an answer of Discord's, or none, means for a message and for the way to Discord; it asks for nothing itself.

CourierFault        something kept a message from being carried
├── Refused         Discord said no and would say no again, and of which kind that no is (`bot.jobs.denials`)
├── TooLarge        the file is over what this place takes (413, or a code that says so)
├── NotTaken        surely not posted, may be tried again: rate limit, no connection, a no that is not Discord's own
└── OutcomeUnknown  it may or may not stand there: 5xx, a cut connection, a time-out
"""

import aiohttp
import discord

from bot.chat.discord_health import RequestOutcome
from bot.jobs.denials import denial_of

_NETWORK_REST_SECONDS = 600.0
_TOO_LARGE = frozenset({40005, 50045})
# Codes that pass: none at all (not Discord's own word on a message), slow mode, write limits, what is switched off for
# now, edits of an old message, an overloaded part of Discord (docs/facts/discord.md, "Refusals").
_PASSING = frozenset({0, 20016, 20022, 20028, 20029, 30046, 40003, 40004, 40006, 130000})
# Said by the network before Discord, like a 403 without a code.
_NETWORK_REFUSES = 40333
_PASSING_REST_SECONDS = 60.0

_Error = discord.DiscordException | aiohttp.ClientError | OSError  # TimeoutError is an OSError


class CourierFault(Exception):  # noqa: N818  # the tree is named for what happened, as in bot.videos.provider_faults
    """Something kept a message from being carried."""


class Refused(CourierFault):
    """Discord said no and would say no again."""

    def __init__(self, code: int, status: int = 403) -> None:
        super().__init__(f"Discord refused with code {code}.")
        self.code = code
        self.denial = denial_of(status, code)


class TooLarge(CourierFault):
    """The file is over what this place takes."""


class NotTaken(CourierFault):
    """Surely not posted; may be tried again after that many seconds."""

    def __init__(self, retry_after_seconds: float = 0.0) -> None:
        super().__init__("Discord could not be reached or asked to wait.")
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknown(CourierFault):
    """The request went out and no answer came back that could be trusted."""


def judge(error: _Error) -> tuple[CourierFault, RequestOutcome]:
    """What an exception says about the message, and about the way to Discord (docs/facts/discord.md, "Retries")."""
    if isinstance(error, discord.HTTPException):
        return _judge_answer(error)
    if isinstance(error, discord.RateLimited):
        return NotTaken(error.retry_after), RequestOutcome.ANSWERED
    if isinstance(error, discord.DiscordException):
        return OutcomeUnknown("discord.py could make nothing of it."), RequestOutcome.ANSWERED
    if isinstance(error, aiohttp.ClientConnectorError):
        return NotTaken(), RequestOutcome.SILENT
    return OutcomeUnknown("The connection to Discord broke or gave no answer in time."), RequestOutcome.SILENT


def _judge_answer(error: discord.HTTPException) -> tuple[CourierFault, RequestOutcome]:
    if error.status == 413 or error.code in _TOO_LARGE:
        return TooLarge("The file is larger than this place takes."), RequestOutcome.ANSWERED
    if error.status == 429:
        headers = error.response.headers
        if "Via" in headers and headers.get("Content-Type") == "application/json":
            # Discord's own limit, for what was asked only: discord.py has waited it out five times, and gives up.
            return NotTaken(_asked_seconds(headers.get("Retry-After", ""))), RequestOutcome.ANSWERED
        return NotTaken(_NETWORK_REST_SECONDS), RequestOutcome.FORBIDDEN
    if error.status >= 500:
        return OutcomeUnknown(f"Discord answered {error.status}."), RequestOutcome.SILENT
    if error.status == 401:
        # A token that is being changed: the same for every message.
        return NotTaken(_PASSING_REST_SECONDS), RequestOutcome.FORBIDDEN
    if error.code == _NETWORK_REFUSES or (error.status == 403 and error.code == 0):
        # Something before Discord: it refuses everybody, or dislikes the words of one message.
        return NotTaken(_PASSING_REST_SECONDS), RequestOutcome.REFUSED
    if error.code in _PASSING:
        return NotTaken(_PASSING_REST_SECONDS), RequestOutcome.ANSWERED
    return Refused(error.code, error.status), RequestOutcome.ANSWERED


def _asked_seconds(header: str) -> float:
    """How long Discord wants to be left alone: whole seconds, if it says so."""
    return float(header) if header.isdecimal() else _PASSING_REST_SECONDS
