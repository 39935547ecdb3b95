"""What a model's pictures are."""

import pytest

from bot.jobs.offered_models import OfferedModel, Role, can_end, roles_of_pictures, uses_of_pictures


@pytest.mark.parametrize(
    ("roles", "pictures", "meant"),
    [
        (("reference",), 2, ("reference", "reference")),
        (("reference", "first", "last"), 3, ("reference", "reference", "reference")),
        (("first", "last"), 2, ("first", "last")),
        (("last", "first"), 2, ("first", "last")),
        (("last", "first"), 1, ("first",)),
        (("last",), 1, ("last",)),
        (("first",), 0, ()),
        ((), 0, ()),
    ],
)
def test_pictures_are_references_or_frames(roles: tuple[Role, ...], pictures: int, meant: tuple[Role, ...]) -> None:
    """Frames where the model takes no references, the first one first."""
    model = OfferedModel("fox", "Fox", (), ("1x1",), ("4",), 4, roles)
    assert roles_of_pictures(model, pictures) == meant


def test_of_an_unknown_model_all_are_references() -> None:
    """So are more pictures than there are frames, in a request that is older than the file."""
    assert roles_of_pictures(None, 2) == ("reference", "reference")
    model = OfferedModel("fox", "Fox", (), ("1x1",), ("4",), 1, ("first",))
    assert roles_of_pictures(model, 2) == ("reference", "reference")


def test_frames_are_the_first_and_the_last_picture() -> None:
    """Also where the model takes references, too; the picture of a loop is sent twice."""
    model = OfferedModel("fox", "Fox", (), ("1x1",), ("4",), 4, ("reference", "first", "last"))
    assert uses_of_pictures(model, 2) == ((0, "reference"), (1, "reference"))
    assert uses_of_pictures(model, 2, "pair") == ((0, "first"), (1, "last"))
    assert uses_of_pictures(model, 1, "loop") == ((0, "first"), (0, "last"))


@pytest.mark.parametrize(
    ("roles", "references", "can"),
    [
        (("reference", "first", "last"), 4, True),
        (("first", "last"), 2, True),
        (("first", "last"), 1, False),
        (("reference", "first"), 4, False),
        (("reference", "last"), 4, False),
        (("reference",), 4, False),
    ],
)
def test_a_model_ends_with_a_picture_if_it_takes_both_frames(
    roles: tuple[Role, ...], references: int, can: bool
) -> None:
    """It needs room for two pictures."""
    assert can_end(OfferedModel("fox", "Fox", (), ("1x1",), ("4",), references, roles)) == can
