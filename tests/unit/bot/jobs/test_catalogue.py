"""What people may choose from."""

from dataclasses import replace
from typing import Any

import pytest

from bot.jobs.catalogue import Catalogue
from bot.jobs.model import JobId, Reference, VideoRequest
from bot.jobs.offered_models import OfferedModel, Option
from bot.jobs.reasons import Reason, Refusal

OFFERED = Catalogue.of(["gpt-4o-video", "sora-2"], ["1280x720", "1920x1080"], ["4", "8", "12"])
CINEMA = OfferedModel("cinema-2", "Cinema 2", (), ("1280x720", "1920x1080"), ("4", "8"), references=1)
CARTOON = OfferedModel("cartoon-1", "Cartoon", (), ("512x512", "1280x720"), ("4", "12"), references=0)
SKETCH = OfferedModel("sketch-3", "Sketch", (), ("512x512",), ("12",))
DIFFERENT = Catalogue((CINEMA, CARTOON, SKETCH))


def a_request(model: str | None = None, size: str | None = None, seconds: str | None = None) -> VideoRequest:
    return VideoRequest("a fox", model, size, seconds)


def test_what_is_on_offer_may_be_chosen() -> None:
    """Every offered choice passes, and so does an unset one; the first model is the default."""
    assert OFFERED.check(a_request("sora-2", "1920x1080", "12"), 4) is None
    assert OFFERED.check(a_request()) is None
    assert OFFERED.default.name == "gpt-4o-video"


@pytest.mark.parametrize(
    ("choice", "reason", "choices"),
    [
        (("dall-e", None, None), Reason.MODEL_UNKNOWN, OFFERED.names),
        ((None, "640x480", None), Reason.SIZE_UNKNOWN, OFFERED.sizes),
        ((None, None, "9"), Reason.SECONDS_UNKNOWN, OFFERED.seconds),
        (("", None, None), Reason.MODEL_UNKNOWN, OFFERED.names),
        ((None, None, "8 "), Reason.SECONDS_UNKNOWN, OFFERED.seconds),
    ],
)
def test_what_is_not_on_offer_is_refused_with_the_choices(
    choice: tuple[str | None, str | None, str | None], reason: Reason, choices: tuple[str, ...]
) -> None:
    """Anything outside the catalogue is a reason that names what was given and what there is."""
    given = next(value for value in choice if value is not None)
    assert OFFERED.check(a_request(*choice)) == Refusal(reason, {"given": given, "choices": choices})


def of_model(reason: Reason, model: OfferedModel, *models: OfferedModel, **named: object) -> Refusal:
    return Refusal(reason, {**named, "model": model.label, "models": tuple(one.label for one in models)})


@pytest.mark.parametrize(
    ("request_", "uploads", "refusal"),
    [
        (
            a_request("cinema-2", "512x512"), 0,
            of_model(Reason.SIZE_UNKNOWN, CINEMA, CARTOON, SKETCH, given="512x512", choices=CINEMA.sizes),
        ),
        (
            # Cartoon makes that length, but not the other settings.
            a_request("cinema-2", "1920x1080", "12"), 0,
            of_model(Reason.SECONDS_UNKNOWN, CINEMA, CARTOON, SKETCH, given="12", choices=CINEMA.seconds),
        ),
        (
            # Of two models with that length one takes the pictures, too.
            a_request(None, None, "12"), 1,
            of_model(Reason.SECONDS_UNKNOWN, CINEMA, SKETCH, given="12", choices=CINEMA.seconds),
        ),
        (a_request("cinema-2"), 2, of_model(Reason.REFERENCES_TOO_MANY, CINEMA, SKETCH, limit=1)),
        (a_request("cartoon-1"), 1, of_model(Reason.REFERENCES_NONE, CARTOON, CINEMA, SKETCH)),
        (a_request("sketch-3"), 5, Refusal(Reason.REFERENCES_TOO_MANY, {"limit": 4})),
        (a_request("cartoon-1", "9x9"), 0, Refusal(Reason.SIZE_UNKNOWN, {"given": "9x9", "choices": CARTOON.sizes})),
        (a_request("gone"), 9, Refusal(Reason.MODEL_UNKNOWN, {"given": "gone", "choices": DIFFERENT.labels})),
    ],
)  # fmt: skip
def test_what_a_model_cannot_make_is_refused_with_those_that_can(
    request_: VideoRequest, uploads: int, refusal: Refusal
) -> None:
    """A request is judged for its model. The refusal names the models that take all of it, else that part of it."""
    assert DIFFERENT.check(request_, uploads) == refusal


def test_an_option_is_judged_like_all_else() -> None:
    """Its bounds are those of the model; the models that take the value, or have the option, are named."""
    seed = Option("seed", "integer", "seed", "A number", minimum=0, maximum=9)
    sound = Option("sound", "switch", "audio", "With sound")
    wide = replace(SKETCH, options=(replace(seed, maximum=99), sound))
    offered = Catalogue((replace(CINEMA, options=(seed,)), CARTOON, wide))
    assert [option.name for option in offered.options] == ["seed", "sound"]
    assert offered.options[0].maximum == 99
    assert offered.check(replace(a_request(), options=(("seed", 9),))) is None
    assert offered.check(replace(a_request(), options=(("seed", 10),))) == of_model(
        Reason.OPTION_RANGE, CINEMA, SKETCH, option="seed", given=10, minimum=0, maximum=9
    )
    unoffered = replace(a_request("cartoon-1"), options=(("seed", 100),))
    assert offered.check(unoffered) == of_model(Reason.OPTION_UNKNOWN, CARTOON, CINEMA, SKETCH, option="seed")
    gone = replace(a_request(), options=(("camera", "low"),))
    assert offered.check(gone) == Refusal(Reason.OPTION_UNKNOWN, {"option": "camera"})
    assert offered.check(replace(a_request(), options=(("seed", 5), ("sound", True)))) == of_model(
        Reason.OPTION_UNKNOWN, CINEMA, SKETCH, option="sound"
    )


def test_a_last_frame_is_taken_by_models_with_both_frames() -> None:
    """A last picture and a loop are refused by the others, with the models that take them."""
    framed = replace(SKETCH, roles=("reference", "first", "last"))
    offered = Catalogue((CINEMA, framed))
    pair, loop = replace(a_request(), frames="pair"), replace(a_request(), frames="loop")
    assert offered.has_frames
    assert not DIFFERENT.has_frames
    assert offered.check(replace(pair, model=framed.name), 2) is None
    assert offered.check(pair, 2) == of_model(Reason.LAST_UNSUPPORTED, CINEMA, framed)
    assert offered.check(loop, 1) == of_model(Reason.LOOP_UNSUPPORTED, CINEMA, framed)
    assert DIFFERENT.check(pair, 2) == Refusal(Reason.LAST_UNSUPPORTED)


def test_no_picture_is_taken_where_no_model_takes_one() -> None:
    """Then no other model is named."""
    assert Catalogue((CARTOON,)).check(a_request(), 1) == Refusal(Reason.REFERENCES_NONE)


def test_kept_pictures_count_like_new_ones() -> None:
    """Those that a request has already, and those that come with it."""
    request = VideoRequest("a fox", references=(Reference("0" * 64, "png", 3),))
    assert DIFFERENT.check(request) is None
    assert DIFFERENT.check(request, 1) == of_model(Reason.REFERENCES_TOO_MANY, CINEMA, SKETCH, limit=1)


def test_a_remix_without_a_model_is_judged_by_that_of_its_parent() -> None:
    """Its own model counts first; a parent's model that isn't offered any more is refused like any other."""
    remix = VideoRequest("at night", size="512x512", parent_id=JobId("K3M9Q2XA"))
    assert DIFFERENT.check(remix, inherited="sketch-3") is None
    refused = of_model(Reason.SIZE_UNKNOWN, CINEMA, CARTOON, SKETCH, given="512x512", choices=CINEMA.sizes)
    assert DIFFERENT.check(remix, inherited="cinema-2") == refused
    gone = Refusal(Reason.MODEL_UNKNOWN, {"given": "gone", "choices": DIFFERENT.labels})
    assert DIFFERENT.check(remix, inherited="gone") == gone


def test_a_model_is_meant_by_its_name_or_label() -> None:
    """What is neither stays what it is."""
    assert [DIFFERENT.named(typed) for typed in ("cinema-2", "Cinema 2", "cinema 2")] == [
        "cinema-2", "cinema-2", "cinema 2",
    ]  # fmt: skip


def test_sizes_and_lengths_of_all_models_are_in_their_order() -> None:
    """Each once."""
    assert DIFFERENT.sizes == ("1280x720", "1920x1080", "512x512")
    assert DIFFERENT.seconds == ("4", "8", "12")


def test_lists_may_be_written_carelessly() -> None:
    """Blanks, repeats, empty entries and a capital X are forgiven."""
    tidy = Catalogue.of([" a ", "", "a", "b"], ["1280X720 ", "1280x720"], [" 8", "4.5"])
    assert (tidy.names, tidy.sizes, tidy.seconds) == (("a", "b"), ("1280x720",), ("8", "4.5"))


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


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"name": "cinema-2", "label": "Other"}, "A model is offered twice."),
        ({"name": "other", "label": "Cinema 2"}, "A label is offered twice."),
        ({"name": "other", "label": "x" * 101}, f"'{'x' * 60}' cannot be the name of a model."),
    ],
)
def test_names_and_labels_of_models_differ(second: dict[str, Any], sentence: str) -> None:
    """People tell models apart by their labels."""
    other = OfferedModel(**second, routes=(), sizes=("1280x720",), seconds=("4",))
    with pytest.raises(ValueError, match=r"\.$") as caught:
        Catalogue((CINEMA, other))
    assert str(caught.value) == sentence
