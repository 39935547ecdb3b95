"""What people may choose from."""

import pytest

from bot.jobs.reasons import Reason, Refusal
from bot.videos.catalogue import Catalogue

OFFERED = Catalogue.of(["gpt-4o-video", "sora-2"], ["1280x720", "1920x1080"], ["4", "8", "12"])


def test_what_is_on_offer_may_be_chosen() -> None:
    """Every offered choice passes, and so does an unset one; the first model is the default."""
    assert OFFERED.check("sora-2", "1920x1080", "12") is None
    assert OFFERED.check(None, None, None) is None
    assert OFFERED.default_model == "gpt-4o-video"


@pytest.mark.parametrize(
    ("choice", "reason", "choices"),
    [
        (("dall-e", None, None), Reason.MODEL_UNKNOWN, OFFERED.models),
        ((None, "640x480", None), Reason.SIZE_UNKNOWN, OFFERED.sizes),
        ((None, None, "9"), Reason.SECONDS_UNKNOWN, OFFERED.seconds),
        (("", None, None), Reason.MODEL_UNKNOWN, OFFERED.models),
        ((None, None, "8 "), Reason.SECONDS_UNKNOWN, OFFERED.seconds),
    ],
)
def test_what_is_not_on_offer_is_refused_with_the_choices(
    choice: tuple[str | None, str | None, str | None], reason: Reason, choices: tuple[str, ...]
) -> None:
    """Anything outside the catalogue is a reason that names what was given and what there is."""
    given = next(value for value in choice if value is not None)
    assert OFFERED.check(*choice) == Refusal(reason, {"given": given, "choices": choices})


def test_lists_may_be_written_carelessly() -> None:
    """Blanks, repeats, empty entries and a capital X are forgiven."""
    tidy = Catalogue.of([" a ", "", "a", "b"], ["1280X720 ", "1280x720"], [" 8", "4.5"])
    assert (tidy.models, tidy.sizes, tidy.seconds) == (("a", "b"), ("1280x720",), ("8", "4.5"))


@pytest.mark.parametrize(
    ("models", "sizes", "seconds", "sentence"),
    [
        ([], ["1280x720"], ["8"], "At least one model must be offered."),
        (["m"], [" "], ["8"], "At least one size must be offered."),
        (["m"], ["1280x720"], [], "At least one length must be offered."),
        (["m"], ["720p"], ["8"], "'720p' is not a size like 1280x720."),
        (["m"], ["0x720"], ["8"], "'0x720' is not a size like 1280x720."),
        (["m"], ["1280x720x3"], ["8"], "'1280x720x3' is not a size like 1280x720."),
        (["m"], ["1280x720"], ["eight"], "'eight' is not a number of seconds like 8."),
        (["m"], ["1280x720"], ["-8"], "'-8' is not a number of seconds like 8."),
        (["m"], ["1280x720"], ["0"], "'0' is not a number of seconds like 8."),
        (["m"], ["1280x720"], ["1e3"], "'1e3' is not a number of seconds like 8."),
        (["m\nn"], ["1280x720"], ["8"], "'m\nn' cannot be the name of a model."),
    ],
)
def test_a_catalogue_that_cannot_be_is_named_in_one_sentence(
    models: list[str], sizes: list[str], seconds: list[str], sentence: str
) -> None:
    """A wrong entry stops the building of the catalogue with one sentence that names it."""
    with pytest.raises(ValueError, match=r"\.$") as caught:
        Catalogue.of(models, sizes, seconds)
    assert str(caught.value) == sentence
