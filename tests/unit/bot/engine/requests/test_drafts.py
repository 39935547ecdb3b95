"""What the form after a refusal shows of a draft."""

from dataclasses import replace

import pytest

from bot.engine.requests.drafts import revised
from bot.jobs.catalogue import Catalogue
from bot.jobs.drafts import Draft
from bot.jobs.model import ChannelId, Place, Reference, Upload, UserId, VideoRequest
from bot.jobs.reasons import Reason, Refusal

OFFERED = Catalogue.of(("sora-2", "veo-3"), ("1280x720",), ("4",))
KEPT = tuple(Reference(letter * 64, "png", 1) for letter in "ab")
FILES = tuple(Upload(f"https://cdn/{letter}", f"{letter}.png", 1) for letter in "ab")
PAIR = VideoRequest("fox", "sora-2", frames="pair")


def draft(request: VideoRequest, *uploads: Upload) -> Draft:
    return Draft("1", UserId(1), Place(ChannelId(2), None), request, None, 0.0, uploads=uploads)


@pytest.mark.parametrize("reason", [Reason.LAST_UNSUPPORTED, Reason.LOOP_UNSUPPORTED])
def test_frames_that_no_model_takes_are_left_out(reason: Reason) -> None:
    """A last picture goes, the first one stays; where another model takes them, all is kept for that one."""
    no = Refusal(reason)
    assert revised(draft(PAIR, *FILES), no, OFFERED) == draft(replace(PAIR, frames=None), FILES[0])
    stored = replace(PAIR, references=KEPT)
    assert revised(draft(stored), no, OFFERED) == draft(replace(stored, frames=None, references=KEPT[:1]))
    loop = draft(replace(PAIR, frames="loop"), FILES[0])
    assert revised(loop, no, OFFERED) == replace(loop, request=replace(PAIR, frames=None))
    named = Refusal(reason, {"model": "sora-2", "models": ("veo-3",)})
    assert revised(draft(PAIR, *FILES), named, OFFERED) == draft(PAIR, *FILES)
