"""Every fault that the bot knows, carrying every kind of secret, through the log at DEBUG: not a byte comes out."""

import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal

import aiohttp
import discord
import pytest
import structlog
from multidict import CIMultiDict, CIMultiDictProxy
from sqlalchemy.exc import OperationalError
from yarl import URL

from bot.chat import courier
from bot.connection import DiscordRefusedError
from bot.jobs.database import StoreConflictError, StoreUnavailableError
from bot.jobs.migrating import DamagedDatabaseError
from bot.jobs.model import Cause
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import IllegalMoveError
from bot.media import fetch_faults as media
from bot.media.address_guard import ForbiddenAddressError
from bot.media.references import ReferenceRefused
from bot.ops.logs import start_logging
from bot.settings import SettingsError
from bot.videos import provider_faults as videos

TOKEN, KEY = "MTE4.canary-token.zzz", "sk-canary-key"
# How each secret appears in messages of servers and libraries.
CARRIED = {
    "bot token": f"401 for Bot {TOKEN}",
    "api key": f"Incorrect API key provided: {KEY}",
    "authorization": "{'Authorization': 'Bearer canary-other'}",
    "interaction token": "https://discord.test/api/v10/webhooks/123/canary-aW50/messages/@original",
    "callback": "https://discord.test/api/v10/interactions/123/canary-aW50/callback",
    "signed link": "https://bucket.test/v.mp4?X-Amz-Signature=canary-sig&Expires=canary",
    "signed link as Go writes it": r'{"url":"https://bucket.test/v.mp4?Expires=1\u0026Signature=canary"}',
    "signed link as PHP writes it": r'{"url":"https:\/\/bucket.test\/v.mp4?Expires=1&Signature=canary"}',
    "signed link in capitals": "HTTPS://BUCKET.TEST/v.mp4?Signature=canary",
    "password": "https://anna:canary-pw@proxy.test/x",
    "password as PHP writes it": r'{"url":"https:\/\/anna:canary-pw@proxy.test\/x"}',
}
Make = Callable[[str], BaseException]


def response_error(text: str) -> BaseException:
    """What aiohttp raises about an answer; its address is the secret, where that is an address."""
    url = URL(text) if text.startswith("http") else URL("https://api.test/")
    headers: Any = CIMultiDictProxy(CIMultiDict({"Authorization": "Bearer canary-header"}))
    return aiohttp.ClientResponseError(aiohttp.RequestInfo(url, "GET", headers, url), (), status=500, message=text)


def discord_error(kind: type[discord.HTTPException], status: int) -> Make:
    """What discord.py raises about an answer that says those words."""

    class FakeResponse:
        def __init__(self) -> None:
            self.status = status
            self.reason = "No"

    return lambda text: kind(FakeResponse(), {"code": 1, "message": text})  # type: ignore[arg-type]


FAULTS: dict[str, Make] = {
    "SpendingStopped": lambda _: videos.SpendingStopped(1.0),
    "Leaving": lambda _: videos.Leaving(),
    "NotSent": lambda text: videos.NotSent(detail=text),
    "NotImproved": lambda text: videos.NotImproved(detail=text),
    "Busy": lambda text: videos.Busy(status=429, detail=text),
    "CleanRefusal": lambda text: videos.CleanRefusal(status=500, detail=text),
    "AccountRefused": lambda text: videos.AccountRefused(cause=Cause.CREDIT, status=401, detail=text),
    "Blocked": lambda text: videos.Blocked(cause=Cause.KEY, status=403, detail=text),
    "RequestRefused": lambda text: videos.RequestRefused(cause=Cause.INPUT, field=text, status=400, detail=text),
    "Doubtful": lambda text: videos.Doubtful(status=502, detail=text),
    "PollFailed": lambda text: videos.PollFailed(status=503, detail=text),
    "PollForbidden": lambda text: videos.PollForbidden(status=403, detail=text),
    "PollRefused": lambda text: videos.PollRefused(cause=Cause.CONTENT, code=text, status=400, detail=text),
    "NotFound": lambda text: videos.NotFound(status=404, detail=text),
    "NoList": lambda text: videos.NoList(status=405, detail=text),
    "FetchRefusedByGuard": lambda text: media.FetchRefusedByGuard(text, detail=text),
    "LinkExpired": lambda text: media.LinkExpired(text, status=403, detail=text),
    "FetchFailed": lambda text: media.FetchFailed(text, status=500, detail=text),
    "NotAVideo": lambda text: media.NotAVideo(text, detail=text),
    "TooLarge": lambda _: media.TooLarge(1, 2),
    "NoRoom": lambda _: media.NoRoom(),
    "courier Refused": lambda _: courier.Refused(50013),
    "courier TooLarge": courier.TooLarge,
    "courier NotTaken": lambda _: courier.NotTaken(1.0),
    "courier OutcomeUnknown": courier.OutcomeUnknown,
    "ForbiddenAddressError": ForbiddenAddressError,
    "ReferenceRefused": lambda text: ReferenceRefused(Refusal(Reason.REFERENCE_TYPE, {"file": text})),
    "StoreUnavailableError": StoreUnavailableError,
    "StoreConflictError": StoreConflictError,
    "DamagedDatabaseError": DamagedDatabaseError,
    "IllegalMoveError": IllegalMoveError,
    "SettingsError": SettingsError,
    "DiscordRefusedError": DiscordRefusedError,
    "aiohttp answer": response_error,
    "aiohttp payload": aiohttp.ClientPayloadError,
    "aiohttp cut": aiohttp.ServerDisconnectedError,
    "aiohttp address": aiohttp.InvalidURL,
    "discord not found": discord_error(discord.NotFound, 404),
    "discord forbidden": discord_error(discord.Forbidden, 403),
    "discord down": discord_error(discord.DiscordServerError, 503),
    "discord login": discord.LoginFailure,
    "database": lambda text: OperationalError("UPDATE jobs SET x = ?", (text,), Exception(text)),
    "operating system": lambda text: OSError(5, text, text),
    "time-out": TimeoutError,
    "value": lambda text: ValueError({"token": text}, [text]),
}


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch, form: Literal["json", "console"]) -> Iterator[io.StringIO]:
    """The log at DEBUG as a text; everything is put back afterwards."""
    root = logging.getLogger()
    kept, level, shown = root.handlers[:], root.level, warnings.showwarning
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    start_logging("debug", form, [TOKEN, KEY])
    yield written
    logging.captureWarnings(capture=False)
    warnings.showwarning = shown
    root.handlers[:] = kept
    root.setLevel(level)
    structlog.reset_defaults()


def log_all_ways(make: Make, text: str) -> None:
    """As the bot, discord.py and asyncio log what broke: as a value, as words, with its traceback, as a cause."""
    ours, theirs = structlog.stdlib.get_logger("bot.x"), logging.getLogger("discord.client")
    try:
        try:
            raise make(text)
        except BaseException as first:
            error = first
            ours.exception("it broke", error=str(first), detail=getattr(first, "detail", ""))
            ours.warning("it broke", error=repr(first), fault=first, named=vars(first))
            theirs.error("Ignoring exception in %s: %r", "on_x", first, exc_info=first)
            theirs.debug("%s", first.args)
            raise RuntimeError("because of") from first
    except RuntimeError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    asked = ExceptionGroup("several", [error]) if isinstance(error, Exception) else error
    logging.getLogger("asyncio").error("group", exc_info=asked)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_brings_a_secret_into_the_log(out: io.StringIO, name: str) -> None:
    """Eleven kinds of secrets in each fault: 0 bytes of them in any line."""
    for text in CARRIED.values():
        log_all_ways(FAULTS[name], text)
    written = out.getvalue()
    assert len(written.splitlines()) >= 6 * len(CARRIED)
    assert "canary" not in written


def test_every_fault_of_ours_is_tried() -> None:
    """A fault that is added has to be added here, too."""

    def below(kind: type[BaseException]) -> Iterator[str]:
        for one in kind.__subclasses__():
            yield one.__name__
            yield from below(one)

    made = {type(make("x")).__name__ for make in FAULTS.values()}
    roots = (videos.VideosFault, media.FetchFault, courier.CourierFault)
    trees = {name for root in roots for name in below(root)}
    assert trees - made == {"SubmitFault", "PollFault", "_ExplainedRefusal"}
    assert len(FAULTS) * len(CARRIED) > 60


@pytest.mark.parametrize(
    "name", ["SpendingStopped", "courier Refused", "courier NotTaken", "ReferenceRefused", "NoRoom"]
)
def test_faults_that_say_a_sentence_of_their_own_say_nothing_else(name: str) -> None:
    """What Discord and files say is not in the text of a fault of ours to begin with."""
    for text in CARRIED.values():
        assert "canary" not in str(FAULTS[name](text))
