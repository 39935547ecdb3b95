"""What a model's pictures are."""

import pytest

from bot.jobs.offered_models import OfferedModel, Role, roles_of_pictures


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
