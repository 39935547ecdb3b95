"""Which values an option takes, and what is sent of them."""

from dataclasses import replace
from typing import Any

import pytest

from bot.jobs.offered_models import OfferedModel, Option, OptionValue
from bot.jobs.option_values import (
    as_column,
    chosen_options,
    joined,
    judge_option,
    judge_value,
    options_on_wire,
    options_that_fit,
    read_column,
)
from bot.jobs.reasons import Reason, Refusal

SEED = Option("seed", "integer", "seed", "A number", minimum=0, maximum=100)
STYLE = Option("style", "choice", "style_name", "A style", choices=("anime", "film"), default="film")
SOUND = Option("sound", "switch", "generate_audio", "With sound")
AVOID = Option("avoid", "text", "negative_prompt", "What to avoid", max_length=10)
MODEL = OfferedModel("cinema-2", "Cinema 2", (), ("1280x720",), ("8",), options=(SEED, STYLE, SOUND, AVOID))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (SEED, 0), (SEED, 100), (replace(SEED, maximum=None), 10**15), (replace(SEED, minimum=None), -7),
        (STYLE, "anime"), (SOUND, True), (SOUND, False), (AVOID, "x" * 10), (replace(AVOID, max_length=None), "x" * 99),
    ],
)  # fmt: skip
def test_a_value_within_the_bounds_is_taken(option: Option, value: OptionValue) -> None:
    """The bounds belong to it; what has no bound takes all."""
    assert judge_value(option, value) is None
    assert judge_option(replace(MODEL, options=(option,)), option.name, value) is None


@pytest.mark.parametrize(
    ("option", "value", "reason", "named"),
    [
        (SEED, 101, Reason.OPTION_RANGE, {"given": 101, "minimum": 0, "maximum": 100}),
        (SEED, -1, Reason.OPTION_RANGE, {"given": -1, "minimum": 0, "maximum": 100}),
        (replace(SEED, maximum=None), -1, Reason.OPTION_TOO_LOW, {"given": -1, "minimum": 0}),
        (replace(SEED, minimum=None), 101, Reason.OPTION_TOO_HIGH, {"given": 101, "maximum": 100}),
        (STYLE, "oil", Reason.OPTION_CHOICE, {"given": "oil", "choices": ("anime", "film")}),
        (STYLE, "o" * 100, Reason.OPTION_CHOICE, {"given": "o" * 60, "choices": ("anime", "film")}),
        (AVOID, "x" * 11, Reason.OPTION_TOO_LONG, {"given": 11, "limit": 10}),
        # A stored value of an option that has changed.
        (SEED, "7", Reason.OPTION_CHANGED, {}),
        (SEED, True, Reason.OPTION_CHANGED, {}),
        (STYLE, 7, Reason.OPTION_CHANGED, {}),
        (SOUND, 1, Reason.OPTION_CHANGED, {}),
        (SOUND, "yes", Reason.OPTION_CHANGED, {}),
        (AVOID, False, Reason.OPTION_CHANGED, {}),
    ],
)
def test_any_other_value_is_refused_with_the_bounds(
    option: Option, value: OptionValue, reason: Reason, named: dict[str, object]
) -> None:
    """The refusal names the option, what was given, and what it takes."""
    assert judge_value(option, value) == Refusal(reason, {"option": option.name, **named})


def test_an_option_that_the_model_lacks_is_refused() -> None:
    """By its name."""
    assert judge_option(MODEL, "camera", "low") == Refusal(Reason.OPTION_UNKNOWN, {"option": "camera"})


def test_what_is_left_out_or_empty_is_not_chosen() -> None:
    """Zero and off are values; text is what both databases can hold."""
    given: dict[str, Any] = {"style": None, "seed": 0, "sound": False, "avoid": "a\0b", "note": ""}
    assert chosen_options(given) == (("avoid", "ab"), ("seed", 0), ("sound", False))


def test_what_fits_is_kept() -> None:
    """For another model, or after the model was changed."""
    chosen = (("avoid", "x" * 11), ("camera", "low"), ("seed", 7), ("sound", True))
    assert options_that_fit(MODEL, chosen) == (("seed", 7), ("sound", True))


def test_values_and_defaults_are_sent_under_the_providers_names() -> None:
    """In the order of the model's options; one without a default is left out."""
    chosen = (("seed", 0), ("sound", False))
    assert options_on_wire(MODEL, chosen) == (("seed", 0), ("style_name", "film"), ("generate_audio", False))
    assert options_on_wire(MODEL, (("style", "anime"),)) == (("style_name", "anime"),)


def test_a_command_shows_one_option_for_all_models() -> None:
    """It takes what any of them takes."""
    both = joined([SEED, replace(SEED, description="Other", minimum=-5, maximum=50)])
    assert (both.name, both.description, both.minimum, both.maximum) == ("seed", "A number", -5, 100)
    assert joined([SEED, replace(SEED, maximum=None)]).maximum is None
    assert joined([STYLE, replace(STYLE, choices=("film", "oil"))]).choices == ("anime", "film", "oil")
    assert joined([AVOID, replace(AVOID, max_length=20)]).max_length == 20


def test_a_column_holds_each_value_as_it_is() -> None:
    """The types survive; older rows have none."""
    chosen = (("avoid", "fog"), ("seed", 7), ("sound", True))
    assert read_column(as_column(chosen)) == chosen
    assert read_column(None) == ()


@pytest.mark.parametrize("column", [[["seed", 1.5]], [[1, 2]], [["seed"]], [["seed", None]], [7], [["a", {}]]])
def test_any_other_column_is_unreadable(column: object) -> None:
    """A manual edit, or a value of a newer version."""
    with pytest.raises((TypeError, ValueError)):
        read_column(column)
