"""What is logged: one line per event, and never a secret, however it got in."""

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
import structlog

from bot.jobs.database import StoreUnavailableError
from bot.ops.logs import Redactor, start_logging

SECRET = "MTE4.token-canary.zzz"
KEY = 'sk-canary"with\\odd ✓ letters'
Start = Callable[..., io.StringIO]


class FakeTerminal(io.StringIO):
    """Standard error that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts logging to a text that the test can read, and puts everything back."""
    root = logging.getLogger()
    kept_handlers, kept_level, kept_warnings = root.handlers[:], root.level, warnings.showwarning

    def begin(
        level: str = "debug",
        form: Literal["auto", "json", "console"] = "json",
        out: io.StringIO | None = None,
        **more: Any,
    ) -> io.StringIO:
        out = out or io.StringIO()
        monkeypatch.setattr(sys, "stderr", out)
        start_logging(level, form, [SECRET, KEY, ""], **more)
        return out

    yield begin
    logging.captureWarnings(capture=False)
    warnings.showwarning = kept_warnings
    root.handlers[:] = kept_handlers
    root.setLevel(kept_level)
    structlog.reset_defaults()


def lines_of(out: io.StringIO) -> list[dict[str, Any]]:
    """Every line, each of which must be a whole JSON object."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def assert_clean(out: io.StringIO) -> None:
    text = out.getvalue()
    assert text
    assert "canary" not in text
    assert "[hidden]" in text


def break_with(text: str) -> None:
    raise RuntimeError(f"could not use {text}")


ANY_FORM = pytest.mark.parametrize("form", ["json", "console"])


@ANY_FORM
@pytest.mark.parametrize("secret", [SECRET, KEY])
def test_a_known_secret_never_comes_out(start: Start, form: Literal["json", "console"], secret: str) -> None:
    """Not in a message, an argument, a field, a nested value, an exception or its traceback, of either logger."""
    out = start(form=form)
    plain, ours = logging.getLogger("discord.http"), structlog.stdlib.get_logger("bot.x")
    plain.warning(f"sent {secret}")
    plain.warning("sent %s and %r", secret, {"key": secret})
    ours.warning("sent", key=secret, nested={"deep": [secret, {"x": secret}]}, raw=secret.encode("utf-8", "replace"))
    ours.warning(f"sent {secret}")
    for logger in (plain, ours):
        try:
            break_with(secret)
        except RuntimeError:
            logger.exception("it broke")
    assert_clean(out)


@ANY_FORM
@pytest.mark.parametrize(
    "said",
    [
        "POST https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb24-canary with {} has returned 200",
        "POST https://discord.com/api/v10/webhooks/123/canary-1/messages/@original?wait=true",
        "POST https://discord.com/api/v10/interactions/123456/canary-2/callback",
        "Authorization: Bearer canary-3",
        "headers {'Authorization': 'Bot canary-4', 'X': '1'}",
        'headers {"authorization": "Bearer canary-5"}',
        "headers <CIMultiDict('Authorization': 'Bearer canary-6')>",
        "headers ((b'Host', b'x'), (b'Authorization', b'Bearer canary-7'))",
        "authorization=Basic canary-8",
        "GET https://cdn.discordapp.com/attachments/1/2/a.png?ex=canary&is=canary&hm=canary has returned 200",
        "fetching <https://bucket.test/v.mp4?X-Amz-Signature=canary-9>",
        "fetching 'https://bucket.test/v.mp4?sig=canary' now",
        "WebSocket Event: {'t': 'INTERACTION_CREATE', 'd': {'token': 'canary-10', 'id': '1'}}",
        'with data {"type": 5, "token": "canary-11"}',
        'with data {"type": 5, "token":"canary-12"}',
        "{'session': {'token': \"canary-13\"}}",
        "https://anna:canary-14@proxy.test/x?y=1 was asked",
    ],
)
def test_what_looks_like_a_secret_never_comes_out(start: Start, form: Literal["json", "console"], said: str) -> None:
    """Tokens of interactions and webhooks, authorization headers, passwords and signed links, in text or in fields."""
    out = start(form=form)
    logging.getLogger("discord.http").debug(said)
    logging.getLogger("aiohttp").debug("%s", said)
    structlog.stdlib.get_logger("bot.x").info("event", detail=said, nested=[{"x": said}])
    try:
        break_with(said)
    except RuntimeError:
        structlog.stdlib.get_logger("bot.x").exception("it broke")
    assert_clean(out)


def test_structured_payloads_are_cleaned(start: Start) -> None:
    """A payload given as a value, not as text, hides its token too, and stays JSON."""
    out = start()
    payload = {"d": {"token": "canary-1", "id": "1"}, "headers": {"Authorization": "Bot canary-2"}}
    structlog.stdlib.get_logger("bot.x").info("event", payload=payload, authorization="Bearer canary-3")
    logging.getLogger("discord.gateway").debug("For Shard ID %s: WebSocket Event: %s", None, payload)
    logging.getLogger("discord.http").debug("sent %s", json.dumps(payload))
    assert_clean(out)
    assert len(lines_of(out)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "a video of 8 seconds was made",
        "GET https://api.test/v1/videos/video_1 has returned 404",
        "authorization is checked for each press",
        "the token bucket is empty",
    ],
)
def test_harmless_text_stays_readable(text: str) -> None:
    """What is no secret is not touched more than by a word."""
    cleaned = Redactor([SECRET]).clean(text)
    assert cleaned == text or cleaned.replace("[hidden]", "").strip() in text or text.startswith("authorization")


@pytest.mark.parametrize(
    "text",
    [
        "one\ntwo",
        "one\r\ntwo\rthree",
        '{"event": "forged"}\n{"event": "forged too"}',
        "\x1b[31mred\x1b[0m \x1b]0;title\x07",
        "line\u2028separator\u2029\x85\x0b\x0c",
        "\x00 and \ud800 alone",
        "“quotes” 'and' \"quotes\" \\ and 🦊",
    ],
)
def test_one_event_is_one_line(start: Start, text: str) -> None:
    """For any message and values: one JSON object on one line, with no control character in it."""
    out = start()
    logging.getLogger("x").warning(text.replace("%", "%%"))
    structlog.stdlib.get_logger("bot.x").warning("event", prompt=text)
    try:
        break_with(text)
    except RuntimeError:
        structlog.stdlib.get_logger("bot.x").exception("it broke", prompt=text)
    assert len(lines_of(out)) == 3
    assert not [letter for letter in out.getvalue() if letter != "\n" and not letter.isprintable()]
    assert lines_of(out)[1]["prompt"] == text


def test_an_event_has_its_facts(start: Start) -> None:
    """Who says it, how grave it is, when, in UTC, and the values under their names."""
    out = start()
    structlog.stdlib.get_logger("bot.x").warning("job moved", job="K3M9Q2XA", progress=40)
    (line,) = lines_of(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "job moved",
        "job": "K3M9Q2XA",
        "progress": 40,
        "level": "warning",
        "logger": "bot.x",
    }


def test_a_traceback_is_part_of_its_line(start: Start) -> None:
    """An exception does not break the form of the log, and is all there."""
    out = start()
    try:
        break_with("it")
    except RuntimeError:
        logging.getLogger("x").exception("it broke")
    (line,) = lines_of(out)
    assert "Traceback" in line["exception"]
    assert "RuntimeError: could not use it" in line["exception"]


def test_an_outage_is_one_short_line(start: Start) -> None:
    """An error that says all in its message is logged without the traceback of the place that met it."""
    out = start()
    try:
        raise StoreUnavailableError("The database can't be reached.")
    except StoreUnavailableError:
        structlog.stdlib.get_logger("bot.x").exception("not stored")
    (line,) = lines_of(out)
    assert (line["event"], line["error"]) == ("not stored", "The database can't be reached.")
    assert "exception" not in line


def test_the_level_holds(start: Start) -> None:
    """What is less grave than LOG_LEVEL is not logged, by whichever logger."""
    out = start(level="warning")
    logging.getLogger("x").info("no")
    structlog.stdlib.get_logger("bot.x").info("no")
    structlog.stdlib.get_logger("bot.x").error("yes")
    assert [line["event"] for line in lines_of(out)] == ["yes"]


@pytest.mark.parametrize(("out", "is_json"), [(io.StringIO(), True), (FakeTerminal(), False)])
def test_auto_is_colour_on_a_terminal_and_json_otherwise(start: Start, out: io.StringIO, is_json: bool) -> None:
    """LOG_FORMAT=auto looks at standard error."""
    start(form="auto", out=out)
    structlog.stdlib.get_logger("bot.x").info("event", x=1)
    assert out.getvalue().startswith("{") == is_json
    assert ("\x1b[" in out.getvalue()) != is_json


@pytest.mark.parametrize("out", [io.StringIO(), FakeTerminal()])
def test_values_cannot_forge_lines_on_a_terminal(start: Start, out: io.StringIO) -> None:
    """In the form for people, too, a value neither begins a line nor changes colours or titles."""
    start(form="console", out=out)
    structlog.stdlib.get_logger("bot.x").info("event", prompt="a\n2026-01-01 [error] forged\x1b]0;owned\x07\r")
    assert out.getvalue().count("\n") == 1
    assert "\x1b]0" not in out.getvalue()
    assert "\x07" not in out.getvalue()


def test_a_broken_log_call_is_one_clean_line(start: Start) -> None:
    """A logger called with the wrong arguments, as other people's code may do, shows no secret and no traceback."""
    out = start()
    logging.getLogger("x").warning("number %d", SECRET)
    assert "canary" not in out.getvalue()
    assert len(lines_of(out)) == 1


def test_warnings_are_logged(start: Start) -> None:
    """Python's own warnings are lines of the log like any other."""
    out = start()
    with warnings.catch_warnings():
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.simplefilter("always")
        warnings.warn(f"careful with {SECRET}", UserWarning, stacklevel=1)
    assert_clean(out)
    assert lines_of(out)[0]["logger"] == "py.warnings"


def test_the_longest_secret_is_hidden_first() -> None:
    """A secret that contains another leaves no rest of itself."""
    assert Redactor(["abc", "abc-def"]).clean("abc-def abc") == "[hidden] [hidden]"


def test_no_secret_hides_nothing() -> None:
    """Empty secrets do not eat the text."""
    assert Redactor(["", ""]).clean("all of it") == "all of it"


def test_colours_hide_no_secret(start: Start) -> None:
    """On a terminal colours stand between a name and its value; the value is hidden all the same."""
    out = start(form="console", out=FakeTerminal())
    structlog.stdlib.get_logger("bot.x").info("event", authorization="Bearer canary-1", headers={"token": "canary-2"})
    assert_clean(out)


def test_a_line_has_the_time_of_the_bots_clock(start: Start) -> None:
    """So a log of hours that a sandbox let pass reads as people there lived them."""
    out = start(now=lambda: 1_000_000_000.25)
    structlog.stdlib.get_logger("ours").info("said")
    logging.getLogger("theirs").info("said")
    assert [line["timestamp"] for line in lines_of(out)] == ["2001-09-09T01:46:40.250000Z"] * 2
