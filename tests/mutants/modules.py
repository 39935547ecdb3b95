"""Which modules are mutated, with which tests their mutants are tried, and which mutants a sample has."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SEED = 1
# Of each module.
SAMPLE = 3


@dataclass(frozen=True)
class Group:
    """Modules, as patterns below the checkout, and the tests that have to notice a change of them."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


_DELIVERY = ("compose", "fitting", "history_search", "ladder", "outbox", "outdated", "sending", "turn_queue")
GROUPS = (
    Group(
        "jobs",
        ("bot/jobs/**/*.py",),
        ("tests/unit/bot/jobs", "tests/unit/bot/chat/test_denials.py", "tests/unit/bot/media/test_delivery_plan.py"),
    ),
    Group("videos", ("bot/videos/**/*.py",), ("tests/unit/bot/videos",)),
    Group(
        "outbox",
        (
            *(f"bot/engine/delivery/{name}.py" for name in (*_DELIVERY, "undeliverable")),
            "bot/engine/due_queue.py",
            "bot/media/delivery_plan.py",
        ),
        (
            "tests/unit/bot/engine/delivery",
            "tests/unit/bot/engine/test_due_queue.py",
            "tests/unit/bot/media/test_delivery_plan.py",
        ),
    ),
)


def modules_of(group: Group, root: Path, wanted: Sequence[str] = ()) -> list[str]:
    """The group's modules by path, sorted; only those in `wanted`, unless that is empty."""
    paths = {path.relative_to(root).as_posix() for pattern in group.modules for path in root.glob(pattern)}
    return sorted(path for path in paths if not wanted or path in wanted)


def tests_of(module: str, root: Path) -> list[str]:
    """The test files of one module, such as `test_outbox.py` and `test_outbox_ends.py` of `outbox.py`."""
    path = Path(module)
    found = (root / "tests" / "unit" / path.parent).glob(f"test_{path.stem.strip('_')}*.py")
    return sorted(one.relative_to(root).as_posix() for one in found)


def draw(mutants: Sequence[str], module: str, *, seed: int, sample: int | None) -> list[str]:
    """So many of the module's mutants, all if `sample` is None. A module's draw doesn't depend on other modules."""
    if sample is None or sample >= len(mutants):
        return list(mutants)
    return sorted(random.Random(f"{seed} {module}").sample(list(mutants), sample))
