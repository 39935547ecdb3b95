"""What `make release` checks before it tags: each check in a small git repository where that alone is wrong."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from email.message import Message
from pathlib import Path

import pytest

from tests.release import CHECKS, Checkout, is_allowed, licence_of, release, wrong_licences, wrong_requirements
from tests.rules.sources import ROOT

TODAY = date(2026, 12, 1)
PROJECT = """
[project]
name = "discord-video-bot"
version = "0.2.0"
dependencies = ["structlog>=26.1,<27"]
[project.optional-dependencies]
postgresql = ["asyncpg>=0.32,<1"]
tools = ["ruff>=0.17,<1"]
dev = ["discord-video-bot[tools,postgresql]"]
[dependency-groups]
audit = ["pip-audit>=2,<3"]
"""
CHANGELOG = """# Changelog

## Unreleased

## 0.2.0 - 2026-12-01

### Added

- Something.

## 0.1.0 - 2026-01-01

- All.
"""


def pin(name: str, version: str, by: str = "discord-video-bot (pyproject.toml)") -> str:
    return f"{name}=={version} \\\n    --hash=sha256:{'0' * 64}\n    # via {by}\n"


FILES = {
    "pyproject.toml": PROJECT,
    "bot/__init__.py": 'VERSION = "0.2.0"\n',
    "CHANGELOG.md": CHANGELOG,
    "README.md": '<img src="docs/pictures/chat.png">\n',
    "docs/operating.md": "No picture.\n",
    "requirements/run.txt": pin("structlog", "26.1.0") + pin("asyncpg", "0.32.0") + pin("attrs", "26.1.0", "asyncpg"),
    "requirements/dev.txt": pin("structlog", "26.1.0") + pin("asyncpg", "0.32.0") + pin("ruff", "0.17.6"),
    "requirements/audit.txt": pin("pip-audit", "2.10.1", "discord-video-bot (pyproject.toml:audit)"),
    "sandbox/page/look.css": "b { color: red }\n",
}


class Repository:
    """A project that can be released as 0.2.0, after a tagged 0.1.0, once it is filled."""

    def __init__(self, folder: Path) -> None:
        self.checkout = Checkout(folder, "0.2.0", TODAY)

    def fill(self) -> None:
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.org")
        self.write("sandbox/page/look.css", FILES["sandbox/page/look.css"])
        self.commit()
        self.git("tag", "--annotate", "--message", "0.1.0", "v0.1.0")
        for name, text in FILES.items():
            self.write(name, text)
        self.write("docs/pictures/chat.png", "a picture")
        self.write("docs/reliability-rows.json", json.dumps({"failed": 0}))
        self.commit()

    def git(self, *arguments: str) -> str:
        return self.checkout.git(*arguments)

    def write(self, name: str, text: str) -> None:
        path = self.checkout.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        text = self.checkout.read(name)
        assert old in text
        self.write(name, text.replace(old, new))

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change something")

    def wrong(self) -> set[str]:
        return {name for name, check in CHECKS.items() if list(check(self.checkout))}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        # Settings of git that this machine has, such as signing, are none of the test's.
        patch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
        patch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
        Repository(folder).fill()
        yield folder


@pytest.fixture
def repository(filled: Path, tmp_path: Path) -> Repository:
    return Repository(shutil.copytree(filled, tmp_path / "project"))


def test_a_version_that_is_ready_is_tagged_only_on_request(repository: Repository) -> None:
    """Without `tag` nothing changes. With it HEAD gets an annotated tag with the version's part of the changelog."""
    assert release(repository.checkout, tag=False)
    assert repository.git("tag", "--list") == "v0.1.0"
    assert release(repository.checkout, tag=True)
    assert repository.git("rev-parse", "v0.2.0^{commit}") == repository.git("rev-parse", "HEAD")
    assert repository.git("cat-file", "-t", "v0.2.0") == "tag"
    message = repository.git("tag", "--list", "--format=%(contents)", "v0.2.0")
    assert message.splitlines() == ["Version 0.2.0", "", "### Added", "", "- Something."]


def test_a_version_is_released_once(repository: Repository) -> None:
    """With a mistake nothing is tagged, and the same version can't be tagged again."""
    repository.write("new.txt", "")
    assert not release(repository.checkout, tag=True)
    assert repository.git("tag", "--list") == "v0.1.0"
    repository.commit()
    assert release(repository.checkout, tag=True)
    again = Checkout(repository.checkout.root, "0.2.0", TODAY)
    assert not release(again, tag=True)


BREAKAGES: dict[str, tuple[str, Callable[[Repository], None]]] = {
    "a file that is not committed": ("clean", lambda it: it.write("new.txt", "")),
    "another branch": ("clean", lambda it: (it.git("switch", "--quiet", "--create", "side"), None)[1]),
    "an older version in pyproject": ("version", lambda it: it.change("pyproject.toml", "0.2.0", "0.1.9")),
    "an older version in the code": ("version", lambda it: it.change("bot/__init__.py", "0.2.0", "0.1.9")),
    "a newer tag": ("version", lambda it: (it.git("tag", "v0.10.0", "HEAD~1"), None)[1]),
    "no section": ("changelog", lambda it: it.change("CHANGELOG.md", "## 0.2.0 - 2026-12-01", "## Soon")),
    "no date": ("changelog", lambda it: it.change("CHANGELOG.md", "2026-12-01", "soon")),
    "a date in the future": ("changelog", lambda it: it.change("CHANGELOG.md", "2026-12-01", "2026-12-02")),
    "an empty section": ("changelog", lambda it: it.change("CHANGELOG.md", "- Something.", "")),
    "something unreleased": (
        "changelog",
        lambda it: it.change("CHANGELOG.md", "Unreleased\n", "Unreleased\n\n- More\n"),
    ),
    "a pin that is missing": (
        "requirements",
        lambda it: it.change("pyproject.toml", '"structlog>=26.1,<27"', '"structlog>=26.1,<27", "rich>=1"'),
    ),
    "a pin that is too old": ("requirements", lambda it: it.change("requirements/dev.txt", "0.17.6", "0.16.0")),
    "a pin that nothing asks for": (
        "requirements",
        lambda it: it.write("requirements/audit.txt", FILES["requirements/audit.txt"] + pin("left-over", "1.0")),
    ),
    "a picture that is missing": ("pictures", lambda it: it.change("README.md", "chat.png", "other.png")),
    "a page that changed": ("pictures", lambda it: it.change("sandbox/page/look.css", "red", "blue")),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_one_mistake_is_found_by_its_check(repository: Repository, name: str) -> None:
    """Each mistake is found by the check that it belongs to, and by that one alone."""
    expected, act = BREAKAGES[name]
    act(repository)
    if expected != "clean":
        repository.commit()
    assert repository.wrong() == {expected}


def test_a_report_of_the_version_before_is_too_old(repository: Repository) -> None:
    """The reports must have been made since the last tag."""
    repository.git("tag", "--delete", "v0.1.0")
    repository.git("tag", "--annotate", "--message", "0.1.0", "v0.1.0")
    assert repository.wrong() == {"reliability"}


def test_a_word_that_is_no_version_is_refused(repository: Repository) -> None:
    """Versions have three numbers."""
    checkout = Checkout(repository.checkout.root, "2", TODAY)
    assert list(CHECKS["version"](checkout))


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT AND PSF-2.0", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("(MIT)", False),
        ("", False),
    ],
)
def test_licences_are_those_of_the_list(expression: str, allowed: bool) -> None:
    """All of them, or one of several to choose from."""
    assert is_allowed(expression) is allowed


def test_this_project_runs_with_packages_under_allowed_licences() -> None:
    """So it is for the real pins, under each name that the metadata of a package gives its licence."""
    assert list(wrong_licences(Checkout(ROOT, "0.0.0", TODAY))) == []


def test_the_requirements_of_this_project_are_in_step() -> None:
    """The real pins are those that pyproject.toml asks for."""
    assert list(wrong_requirements(Checkout(ROOT, "0.0.0", TODAY))) == []


def test_a_package_without_a_licence_is_not_allowed() -> None:
    """What names none can't be judged."""
    assert not is_allowed(licence_of(Message()))
