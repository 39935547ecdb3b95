"""Writes the figures and survivors of a run between the markers of docs/mutants.md."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.mutants.outcomes import Change, ModuleOutcome, Status

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mutants.md"
EXPLAINED = Path(__file__).with_name("explained.toml")
NOT_EXPLAINED = "**not explained**"
_COLUMNS = tuple(Status)
_HEAD = f"| module | mutants | tried | {' | '.join(_COLUMNS)} |\n|{'---|' * (3 + len(_COLUMNS))}\n"


def explanations() -> dict[Change, str]:
    """Why each known survivor does no harm, from explained.toml beside this file."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("survivor", [])
    return {Change(one["module"], one["function"], one["was"], one["now"]): one["why"] for one in entries}


def figures(outcomes: Sequence[ModuleOutcome], *, seed: int, sample: int | None) -> str:
    """The sentence with the sums, and the table of modules."""
    sums = {status: sum(outcome.statuses[status] for outcome in outcomes) for status in Status}
    mutants, tried = sum(outcome.mutants for outcome in outcomes), sum(sums.values())
    size = "all mutants" if sample is None else f"up to {sample} mutants of each module, seed {seed}"
    day = datetime.now(UTC).date().isoformat()
    parts = ", ".join(f"{sums[status]} {status}" for status in Status)
    rows = (
        f"| `{outcome.module}` | {outcome.mutants} | {outcome.tried} | "
        f"{' | '.join(str(outcome.statuses[status]) for status in _COLUMNS)} |\n"
        for outcome in outcomes
    )
    return f"On {day}, {size}: {tried} of {mutants} tried; {parts}.\n\n{_HEAD}{''.join(rows)}"


def survivors(outcomes: Sequence[ModuleOutcome], why: Mapping[Change, str]) -> str:
    """A line for each survivor; a sentence where there is none."""
    changes = [change for outcome in outcomes for change in outcome.survivors]
    return "".join(f"- {_described(change)}: {why.get(change, NOT_EXPLAINED)}\n" for change in changes) or "None.\n"


def _described(change: Change) -> str:
    return f"`{change.function}` in `{change.module}`, `{change.was}` → `{change.now}`"


def between(text: str, mark: str, content: str) -> str:
    """The page with that content between the markers of that name."""
    marked = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"docs/mutants.md has no markers for {mark!r}")
    return marked.sub(lambda found: f"{found[1]}\n{content}\n{found[2]}", text)


def write(outcomes: Sequence[ModuleOutcome], *, seed: int, sample: int | None) -> None:
    """Rewrite the page; what is between no markers stays."""
    text = PAGE.read_text(encoding="utf-8")
    text = between(text, "mutants:figures", figures(outcomes, seed=seed, sample=sample))
    PAGE.write_text(between(text, "mutants:survivors", survivors(outcomes, explanations())), encoding="utf-8")
