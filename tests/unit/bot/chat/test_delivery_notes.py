"""The video's message says in one line what was done with it, and why."""

from dataclasses import replace

import pytest

from bot.chat import cards
from bot.chat.views import DeliveryNote, JobView
from bot.jobs.model import Job
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import State
from tests.readers import ENGLISH

MB = 1024 * 1024
LINK = "https://files.test/v.mp4"
READY = "<@42> Your video is ready."


def said(job: Job, note: DeliveryNote) -> str:
    view = JobView(replace(job, state=State.POSTING, video_bytes=30 * MB, fitted_bytes=9 * MB), 1_000.0)
    if note.rung is Rung.LINK:
        return cards.video_link(view, ENGLISH, 1, LINK, note).content
    return cards.video(view, ENGLISH, 1, note).content


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (DeliveryNote(), READY),
        (DeliveryNote(why=Why.MAY_FIT), READY),
        (DeliveryNote(why=Why.INDEX), READY),
        (DeliveryNote(Rung.REPACK, Why.INDEX), READY),
        (
            DeliveryNote(why=Why.CODEC),
            f"{READY} Not every device can play this kind of file here. If yours can't, download it.",
        ),
        (DeliveryNote(Rung.CONVERT, Why.CODEC), f"{READY} Converted so that it plays everywhere."),
        (
            DeliveryNote(Rung.FIT, Why.SIZE),
            f"{READY} Compressed from 30 MB to 9 MB: bigger files can't be posted here.",
        ),
        (
            DeliveryNote(Rung.SMALLER, Why.SIZE, pixels=(640, 360)),
            f"{READY} Made smaller (640×360) and compressed from 30 MB to 9 MB: bigger files can't be posted here.",
        ),
    ],
)
def test_what_was_done_with_the_file(job: Job, note: DeliveryNote, expected: str) -> None:
    """A repack changes neither picture nor sound, so nothing is said; everything else has a line."""
    assert said(job, note) == expected


@pytest.mark.parametrize("why", [why for why in Why if why not in (Why.FITS, Why.MAY_FIT, Why.INDEX, Why.CODEC)])
def test_why_it_is_elsewhere(job: Job, why: Why) -> None:
    """Each reason for another place has its own sentence, beside what was done with the file."""
    note = DeliveryNote(Rung.FIT, Why.SIZE, why)
    line = said(job, note)
    assert line.startswith(f"{READY} ")
    assert ", so here it is. Compressed from 30 MB to 9 MB" in line
    assert "\n" not in line
    in_parent = said(job, replace(note, in_parent=True))
    assert ("Its thread is gone, so here it is." in in_parent) == (why is Why.GONE)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (DeliveryNote(Rung.LINK, Why.SIZE, limit_bytes=10 * MB), "It's too big to upload here (30 MB, limit 10 MB)."),
        (DeliveryNote(Rung.LINK, Why.SIZE), "but at 30 MB it's too big to upload here."),
        (DeliveryNote(Rung.LINK, Why.EXPLICIT), "but Discord's filter for explicit content blocks it here."),
        (DeliveryNote(Rung.LINK, Why.UPLOADS), "but Discord has limited file uploads in this server for now."),
        (DeliveryNote(Rung.LINK, Why.OTHER), "but Discord refuses the file here."),
    ],
)
def test_why_it_is_linked_and_until_when(job: Job, note: DeliveryNote, why: str) -> None:
    """With its expiry as a live timestamp, when that is known."""
    assert said(job, note).endswith(f"{why} Watch it here before the link expires:\n{LINK}")
    until = replace(note, expires_at=5_000.0)
    assert said(job, until).endswith(f"{why} Watch it here (expires <t:5000:R>):\n{LINK}")


def test_a_notice_with_a_link_says_when_it_expires(job: Job) -> None:
    """A video that can't be posted may still be watched at its provider."""
    notice = cards.failure(replace(job, state=State.UNDELIVERABLE), ENGLISH, link=LINK, expires_at=5_000.0)
    assert notice.content.endswith(f"Watch it here (expires <t:5000:R>): {LINK}")
