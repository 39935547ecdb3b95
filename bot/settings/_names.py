"""The setting that an unknown name was probably meant to be. A typo would otherwise silently mean the default."""

from collections import Counter
from collections.abc import Collection

_FILE = "_FILE"
_FAR = 99


def find_meant(name: str, known: Collection[str]) -> str | None:
    """The setting that an unknown name resembles; None for a name that surely belongs to another program.

    It resembles one that is a letter or two away, one with the same words in another order, one that it starts with,
    and one with the same first word that differs in at most a quarter of the letters.
    """
    name = name.upper()
    if name.endswith(_FILE) and name.removesuffix(_FILE) in known:
        return name.removesuffix(_FILE)
    near = [(letters, each) for each in known if (letters := _distance(name, each)) <= _letters_forgiven(name, each)]
    if near:
        return min(near)[1]
    words = name.split("_")
    same_words = [each for each in known if sorted(each.split("_")) == sorted(words)]
    begun = [each for each in known if len(words) > 1 and each.startswith(f"{name}_")]
    return min(same_words or begun, default=None)


def _letters_forgiven(name: str, other: str) -> int:
    few = 2 if min(len(name), len(other)) >= len("DATA_DIR") else 1
    same_beginning = name.partition("_")[0] == other.partition("_")[0]
    return max(few, max(len(name), len(other)) // 4) if same_beginning else few


def _distance(left: str, right: str) -> int:
    """The edit distance: letters added, removed, replaced or swapped with their neighbour."""
    if abs(len(left) - len(right)) > _letters_forgiven(left, right) or not _share_letters(left, right):
        return _FAR
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _share_letters(left: str, right: str) -> bool:
    """Whether they can be near at all: a cheap check before the expensive one, since an environment has many names."""
    apart = (Counter(left) - Counter(right)).total()
    return apart <= _letters_forgiven(left, right)
