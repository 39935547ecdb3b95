"""How far the tests of docs/reliability.md go: a little way in `make test`, all the way in `make reliability`."""

import os
from typing import TypeVar

T = TypeVar("T")
IN_FULL = os.environ.get("RELIABILITY") == "full"


def figure(usual: T, full: T) -> T:
    """A count, a size or a time that a test goes to: `usual` for everybody, `full` before a release."""
    return full if IN_FULL else usual
