"""`python -m tests.release VERSION`: whether the checkout can be released as that version; `--tag` tags it then.

Everything is checked and nothing is changed, unless `--tag` is given and no check fails: then HEAD gets an annotated
tag with the version's section of CHANGELOG.md. Nothing is pushed. No network is needed. `make release` calls it.
"""

import argparse
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
ALLOWED_LICENCES = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-CMU", "PSF-2.0"})
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_BEFORE_SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}
_PIN = re.compile(r"(?m)^([\w.-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+?))?\s*\\$")
_ASKED_FOR = re.compile(r"# +(?:via )?discord-video-bot \(")


@dataclass(frozen=True)
class Checkout:
    """The folder that is to be released as `version`, on that day."""

    root: Path
    version: str
    today: date

    def git(self, *arguments: str) -> str:
        """What git prints. Raises subprocess.CalledProcessError."""
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def read(self, name: str) -> str:
        """The text of a file; nothing if there is none."""
        path = self.root / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    @cached_property
    def project(self) -> dict[str, Any]:
        """What pyproject.toml says."""
        return tomllib.loads(self.read("pyproject.toml"))

    @cached_property
    def last_tag(self) -> str | None:
        """The tag of the newest version before."""
        tags = [tag for tag in self.git("tag", "--list", "v*").split() if _VERSION.fullmatch(tag[1:])]
        return max(tags, key=lambda tag: _numbers(tag[1:]), default=None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def unclean(checkout: Checkout) -> Iterator[str]:
    """All is committed, on main."""
    if checkout.git("branch", "--show-current") != "main":
        yield "this is not main"
    if changed := checkout.git("status", "--porcelain").splitlines():
        yield f"{len(changed)} files are not committed, such as {changed[0][3:]}"


def wrong_versions(checkout: Checkout) -> Iterator[str]:
    """pyproject.toml and the code name this version, which is newer than the last tag."""
    if not _VERSION.fullmatch(checkout.version):
        yield f"{checkout.version} is no version like 1.2.3"
        return
    in_code = re.search(r'(?m)^VERSION = "(.*)"$', checkout.read("bot/__init__.py"))
    found = {"pyproject.toml": checkout.project["project"]["version"], "bot/__init__.py": in_code and in_code[1]}
    for name, version in found.items():
        if version != checkout.version:
            yield f"{name} says {version}"
    last = checkout.last_tag
    if last is not None and _numbers(checkout.version) <= _numbers(last[1:]):
        yield f"it is not newer than {last}"


def changelog_section(checkout: Checkout) -> tuple[str, str] | None:
    """The date and the text of this version's section in CHANGELOG.md."""
    pattern = rf"(?ms)^## {re.escape(checkout.version)} - (\S+)$\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, checkout.read("CHANGELOG.md"))
    return (found[1], found[2].strip()) if found else None


def wrong_changelog(checkout: Checkout) -> Iterator[str]:
    """CHANGELOG.md has a section with its date and content, and nothing is left under Unreleased."""
    section = changelog_section(checkout)
    if section is None:
        yield f'there is no section "## {checkout.version} - {checkout.today.isoformat()}"'
        return
    day, text = section
    try:
        if date.fromisoformat(day) > checkout.today:
            yield f"its date {day} is in the future"
    except ValueError:
        yield f"{day} is no date like {checkout.today.isoformat()}"
    if not re.search(r"(?m)^- ", text):
        yield "its section is empty"
    rest = re.search(r"(?ms)^## Unreleased$\n(.*?)(?=^## |\Z)", checkout.read("CHANGELOG.md"))
    if rest and re.search(r"(?m)^- ", rest[1]):
        yield "there are entries under Unreleased"


def wrong_requirements(checkout: Checkout) -> Iterator[str]:
    """Each file pins exactly what pyproject.toml asks for, in a version that it allows."""
    project = checkout.project
    extras: dict[str, list[str]] = project["project"].get("optional-dependencies", {})
    groups: dict[str, list[str]] = project.get("dependency-groups", {})
    own: list[str] = project["project"]["dependencies"]
    wanted = {"run": [*own, *extras.get("postgresql", [])]}
    wanted |= {name: [*own, *extras[name]] for name in ("dev", "bench") if name in extras}
    wanted |= {name: list(lines) for name, lines in groups.items()}
    for name, lines in wanted.items():
        text = checkout.read(f"requirements/{name}.txt")
        pins = {canonicalize_name(pin[1]): pin[2] for pin in _PIN.finditer(text)}
        asked = {each.name: each for each in _unfolded(lines, extras, project["project"]["name"])}
        for requirement in asked.values():
            pin = pins.get(canonicalize_name(requirement.name))
            if pin is None:
                yield f"requirements/{name}.txt lacks {requirement.name}: run make lock"
            elif not requirement.specifier.contains(pin, prereleases=True):
                yield f"requirements/{name}.txt has {requirement.name} {pin}, but it must be {requirement.specifier}"
        for stray in sorted(_asked_for(text) - {canonicalize_name(each) for each in asked}):
            yield f"requirements/{name}.txt has {stray}, which pyproject.toml doesn't name: run make lock"


def _unfolded(lines: list[str], extras: Mapping[str, list[str]], ours: str) -> Iterator[Requirement]:
    """The requirements, with our own extras replaced by what they name."""
    for line in lines:
        requirement = Requirement(line)
        if canonicalize_name(requirement.name) != canonicalize_name(ours):
            yield requirement
            continue
        for extra in requirement.extras:
            yield from _unfolded(extras[extra], extras, ours)


def _asked_for(text: str) -> set[str]:
    """Of a file of requirements: what is there because pyproject.toml names it."""
    entries = re.split(r"(?m)^(?=[\w.-]+==)", text)
    return {canonicalize_name(entry.partition("==")[0]) for entry in entries if _ASKED_FOR.search(entry)}


def wrong_licences(checkout: Checkout) -> Iterator[str]:
    """What the bot runs with is under a licence that asks for no more than its text."""
    for name, _version, marker in _PIN.findall(checkout.read("requirements/run.txt")):
        if marker and not Requirement(f"{name}; {marker}").marker.evaluate():  # pyright: ignore - it has a marker
            continue
        try:
            licence = licence_of(importlib.metadata.metadata(name))
        except importlib.metadata.PackageNotFoundError:
            yield f"{name} is not installed here, so its licence can't be read"
            continue
        if not is_allowed(licence):
            yield f"{name} is under {licence or 'an unnamed licence'}"


def licence_of(about: Any) -> str:
    """The licence that the metadata of a package names, as an SPDX expression where we know it."""
    if expression := about.get("License-Expression"):
        return str(expression)
    classifiers = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or [] if "License ::" in each]
    named = classifiers or [str(about.get("License") or "").strip().partition("\n")[0]]
    return " AND ".join(_BEFORE_SPDX.get(each, each) for each in named)


def is_allowed(expression: str) -> bool:
    """Whether one of its alternatives has allowed licences alone; parentheses are not understood, so not allowed."""
    alternatives = [each.split(" AND ") for each in expression.split(" OR ")]
    return any(all(one.strip() in ALLOWED_LICENCES for one in each) for each in alternatives)


def wrong_pictures(checkout: Checkout) -> Iterator[str]:
    """Every picture that the pages show exists, and the sandbox page has not changed since they were taken."""
    for page in ("README.md", "docs/operating.md"):
        for name in re.findall(r'(?:src|srcset)="([^"]+)"', checkout.read(page)):
            if not ((checkout.root / page).parent / name).is_file():
                yield f"{page} shows {name}, which doesn't exist"
    taken = checkout.git("log", "-1", "--format=%H", "--", "docs/pictures")
    if not taken:
        yield "no picture was ever committed"
        return
    look = ("sandbox/page/*.css", "sandbox/page/*.js", "sandbox/page/*.html")
    if later := checkout.git("log", "--format=%s", f"{taken}..HEAD", "--", *look).splitlines():
        yield f'they are older than the page ("{later[0]}"): run make pictures'


def old_reports(checkout: Checkout) -> Iterator[str]:
    """Each report of `make reliability` was committed after the last version."""
    reports = sorted((checkout.root / "docs").glob("reliability-*.json"))
    if not reports:
        yield "there is no report: run make reliability"
    since = () if checkout.last_tag is None else (f"{checkout.last_tag}..HEAD",)
    for path in reports:
        name = path.relative_to(checkout.root).as_posix()
        if not checkout.git("log", "-1", "--format=%H", *since, "--", name):
            yield f"{name} is not of this version: run make reliability"


CHECKS: Mapping[str, Callable[[Checkout], Iterator[str]]] = {
    "clean": unclean,
    "version": wrong_versions,
    "changelog": wrong_changelog,
    "requirements": wrong_requirements,
    "licences": wrong_licences,
    "pictures": wrong_pictures,
    "reliability": old_reports,
}


def release(checkout: Checkout, *, tag: bool) -> bool:
    """Print what each check finds; with `tag`, and without a finding, tag HEAD. Whether there was no finding."""
    ready = True
    for name, check in CHECKS.items():
        mistakes = list(check(checkout))
        ready = ready and not mistakes
        for line in mistakes or ["ok"]:
            sys.stdout.write(f"{name}: {line}\n")
    if not ready:
        sys.stdout.write("Not ready.\n")
    elif not tag:
        sys.stdout.write(f"Ready. `make release VERSION={checkout.version} TAG=yes` tags it.\n")
    else:
        _day, text = changelog_section(checkout) or ("", "")
        message = f"Version {checkout.version}\n\n{text}\n"
        name = f"v{checkout.version}"
        # The headings of the changelog would pass for comments.
        checkout.git("tag", "--annotate", "--cleanup=whitespace", "--message", message, name)
        sys.stdout.write(f"{name} is tagged here. Publish it with: git push origin main {name}\n")
    return ready


def main() -> int:
    """0 if the version can be released, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.release")
    parser.add_argument("version")
    parser.add_argument("--tag", action="store_true", help="tag HEAD if every check passes; otherwise nothing changes")
    given = parser.parse_args()
    checkout = Checkout(ROOT, given.version, datetime.now(UTC).date())
    return 0 if release(checkout, tag=given.tag) else 1


if __name__ == "__main__":
    sys.exit(main())
