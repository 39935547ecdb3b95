"""Runs mutmut on modules, in a copy of the checkout: the checkout itself is never changed."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.modules import Group, draw, tests_of
from tests.mutants.outcomes import ModuleOutcome, Status, Tried, change_in, status_of

_MUTMUT = Path(sys.executable).with_name("mutmut")
# A mutant may take this many times as long as its tests do, plus the constant as often; then it counts as noticed.
_TIMES_USUAL, _CONSTANT_SECONDS = 4.0, 5.0
_SHOW_SECONDS = 120
# What tests below tests/unit read, apart from tests and bot.
_READ = ("cogs", "sandbox", "migrations", "docs", "README.md", ".env.example")


class CampaignFailedError(Exception):
    """mutmut ended without an outcome, for example because a test fails without any change."""


def run(group: Group, modules: Sequence[str], root: Path, *, seed: int, sample: int | None) -> list[ModuleOutcome]:
    """Try a sample of each module's mutants with the tests of that module; what they don't notice, with all of the
    group. Of those tests, each mutant is tried with those that call its function.

    Raises CampaignFailedError.
    """
    mutants = mutants_of(modules, root)
    drawn = {module: draw(names, module, seed=seed, sample=sample) for module, names in mutants.items()}
    own_tests = {module: tests for module in modules if (tests := tests_of(module, root))}
    tried = _try(own_tests, {module: drawn[module] for module in own_tests}, root)
    left = {module: [name for name in names if not _is_noticed(tried.get(name))] for module, names in drawn.items()}
    tried |= _try({module: list(group.tests) for module in left}, left, root)
    return [_outcome(module, len(mutants[module]), {name: tried[name] for name in drawn[module]}) for module in modules]


def _try(tests: Mapping[str, list[str]], mutants: Mapping[str, Sequence[str]], root: Path) -> dict[str, Tried]:
    """Try mutants of modules, by module, with those modules' tests."""
    names = [name for drawn in mutants.values() for name in drawn]
    if not names:
        return {}
    modules = [module for module, drawn in mutants.items() if drawn]
    with TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        _copy(root, copy)
        selected = sorted({test for module in modules for test in tests[module]})
        (copy / "setup.cfg").write_text(configuration(modules, selected), encoding="utf-8")
        if subprocess.run([_MUTMUT, "run", "--max-children", "2", *names], cwd=copy, check=False).returncode:
            raise CampaignFailedError(f"mutmut could not try mutants with {', '.join(selected)}; its output is above")
        return {name: _tried(copy, module, name) for module in modules for name in mutants[module]}


def configuration(modules: Sequence[str], tests: Sequence[str]) -> str:
    """mutmut's setup.cfg for those modules and tests."""
    lists = {
        "only_mutate": modules,
        "also_copy": _READ,
        # Each run tries the same examples, so that a mutant doesn't survive one day and die the next.
        "pytest_add_cli_args": ("--hypothesis-seed=0",),
        "pytest_add_cli_args_test_selection": ("-m", "not slow", *tests),
    }
    settings = {
        "source_paths": "bot",
        # Each mutant's process comes from one that has only imported the tests, not from one with their threads.
        "process_isolation": "forkserver",
        "timeout_multiplier": str(_TIMES_USUAL),
        "timeout_constant": str(_CONSTANT_SECONDS),
        "track_dependencies": "false",
        "use_git_change_detection": "false",
    }
    lines = [f"{name}={value}" for name, value in settings.items()]
    lines += ["\n    ".join((f"{name}=", *values)) for name, values in lists.items()]
    return "\n".join(("[mutmut]", *lines, ""))


def _copy(root: Path, copy: Path) -> None:
    """Copy what git knows or would add, as it is now."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)


def mutants_of(modules: Sequence[str], root: Path) -> dict[str, list[str]]:
    """The names of all mutants of each module."""
    # Only `make mutants` installs it.
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.utils.format_utils import get_mutant_name

    found: dict[str, list[str]] = {}
    with TemporaryDirectory(prefix="mutants-") as folder, chdir(folder):
        # mutmut reads its settings where it is called, once.
        Path("setup.cfg").write_text(configuration(modules, []), encoding="utf-8")
        for module in modules:
            made = mutate_file_contents(module, (root / module).read_text(encoding="utf-8"))
            found[module] = [get_mutant_name(Path(module), name) for name in made.mutant_names]
    return found


def _tried(copy: Path, module: str, mutant: str) -> Tried:
    stored = json.loads((copy / "mutants" / f"{module}.meta").read_text(encoding="utf-8"))
    status = status_of(stored["exit_code_by_key"][mutant])
    if status is not Status.SURVIVED:
        return Tried(status)
    shown = subprocess.run(
        [_MUTMUT, "show", mutant], cwd=copy, check=True, capture_output=True, text=True, timeout=_SHOW_SECONDS
    )
    return Tried(status, change_in(shown.stdout, module, mutant))


def _is_noticed(tried: Tried | None) -> bool:
    return tried is not None and tried.status in (Status.KILLED, Status.TIMEOUT)


def _outcome(module: str, mutants: int, tried: Mapping[str, Tried]) -> ModuleOutcome:
    survivors = tuple(one.change for one in tried.values() if one.status is Status.SURVIVED and one.change is not None)
    statuses = Counter(one.status for one in tried.values() if one.status is not None)
    return ModuleOutcome(module, mutants, statuses, survivors)
