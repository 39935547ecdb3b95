"""`python -m tests.mutants` changes the code a little at a time, and looks whether a test fails (docs/mutants.md).

Exits with 1 if a change that no test noticed has no explanation.
"""

import argparse
import sys

from tests.mutants import campaign, page
from tests.mutants.modules import GROUPS, SAMPLE, SEED, modules_of
from tests.mutants.outcomes import ModuleOutcome, unexplained


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def sample_of(text: str) -> int | None:
    """How many of each module; None for all."""
    if text == "all":
        return None
    if (sample := int(text)) < 1:
        raise ValueError(text)
    return sample


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.mutants", description="Test the tests.")
    arguments.add_argument("modules", nargs="*", metavar="MODULE", help="such as bot/jobs/backoff.py; all by default")
    arguments.add_argument("--sample", type=sample_of, default=SAMPLE, help="mutants of each module, or `all`")
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--write", action="store_true", help="rewrite docs/mutants.md; only for all modules")
    given = arguments.parse_args()
    chosen = {group: modules_of(group, page.ROOT, given.modules) for group in GROUPS}
    if unknown := set(given.modules) - {module for modules in chosen.values() for module in modules}:
        arguments.error(f"not among the modules: {', '.join(sorted(unknown))}")
    if given.write and given.modules:
        arguments.error("the page is about all modules: leave out --write or the modules")
    outcomes: list[ModuleOutcome] = []
    for group, modules in chosen.items():
        if modules:
            outcomes += campaign.run(group, modules, page.ROOT, seed=given.seed, sample=given.sample)
    why = page.explanations()
    say(page.figures(outcomes, seed=given.seed, sample=given.sample))
    say(page.survivors(outcomes, why))
    if given.write:
        page.write(outcomes, seed=given.seed, sample=given.sample)
    return 1 if unexplained(outcomes, list(why)) else 0


if __name__ == "__main__":
    sys.exit(main())
