"""B6: Discord's "no" is judged by its kind, also where its code is not listed."""

from types import SimpleNamespace

import discord
import pytest

from bot.chat.discord_errors import NotTaken, Refused, TooLarge, judge
from bot.chat.discord_health import RequestOutcome
from bot.jobs.denials import ENDS_PLACE, REFUSES_FILE, Denial, denial_of, stored_denial


def an_answer(status: int, code: int) -> discord.HTTPException:
    """Discord's answer of that status and code, as discord.py raises it."""
    response = SimpleNamespace(status=status, reason="No", headers={})
    return discord.HTTPException(response, {"code": code, "message": "No."})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("status", "code", "denial"),
    [
        (403, 50001, Denial.ACCESS),
        (403, 50013, Denial.ACCESS),
        (403, 50009, Denial.ACCESS),  # the server's verification level
        (403, 40007, Denial.ACCESS),  # banned
        (404, 10003, Denial.GONE),
        (404, 10004, Denial.GONE),
        (404, 10005, Denial.GONE),
        (400, 50008, Denial.TYPE),
        (400, 50024, Denial.TYPE),
        (400, 160005, Denial.CLOSED),
        (400, 160006, Denial.CLOSED),
        (400, 50083, Denial.CLOSED),
        (403, 50007, Denial.DM),
        (403, 50278, Denial.DM),
        (400, 200000, Denial.AUTOMOD),
        (400, 200001, Denial.AUTOMOD),
        (400, 240000, Denial.AUTOMOD),
        (400, 20009, Denial.EXPLICIT),
        (403, 20009, Denial.EXPLICIT),
        (403, 400001, Denial.UPLOADS),
        (400, 50035, Denial.OTHER),
        (400, 30033, Denial.OTHER),
    ],
)
def test_a_no_is_judged_by_its_kind(status: int, code: int, denial: Denial) -> None:
    """The table knows kinds; an unlisted code has the kind of its status."""
    fault, outcome = judge(an_answer(status, code))
    assert isinstance(fault, Refused)
    assert outcome is RequestOutcome.ANSWERED
    assert fault.denial is denial
    assert stored_denial(denial.value) is denial
    assert denial_of(status, code) is denial


@pytest.mark.parametrize("code", [20016, 20022, 20028, 20029, 30046, 40003, 40004, 40006, 130000])
def test_a_no_that_passes_is_tried_again(code: int) -> None:
    """Slow mode, write limits, an overloaded Discord: the message rests for a minute."""
    fault, outcome = judge(an_answer(400, code))
    assert isinstance(fault, NotTaken)
    assert outcome is RequestOutcome.ANSWERED
    assert fault.retry_after_seconds == 60.0


def test_the_network_before_discord_is_not_discord() -> None:
    """40333 comes from the network in front of Discord: it is no refusal of the place."""
    fault, outcome = judge(an_answer(403, 40333))
    assert isinstance(fault, NotTaken)
    assert outcome is RequestOutcome.REFUSED


@pytest.mark.parametrize(("status", "code"), [(413, 0), (400, 40005), (413, 40005), (400, 50045)])
def test_a_file_that_is_too_large_is_no_place_that_is_closed(status: int, code: int) -> None:
    """Its size is the trouble, and a link is the way out."""
    assert isinstance(judge(an_answer(status, code))[0], TooLarge)


def test_no_kind_is_both_a_closed_place_and_a_refused_file() -> None:
    """A refused file leaves the place open: a link can be posted."""
    assert not ENDS_PLACE & REFUSES_FILE
    assert stored_denial("size") is None
    assert stored_denial(None) is None
