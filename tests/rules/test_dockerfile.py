"""What the image holds, read off the Dockerfile and tried without Docker: its files alone, its packages alone."""

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.rules.sources import parsed

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
OURS = ("bot", "cogs", "migrations")

# Refuses imports that the image does not have, then imports all of our code or runs the process.
IN_THE_IMAGE = """
import importlib, pkgutil, runpy, sys

refused, act = set(sys.argv[1].split(",")), sys.argv[2]

class Image:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Image())
if act == "import":
    for package in ("bot", "cogs"):
        for found in pkgutil.walk_packages([package], package + "."):
            importlib.import_module(found.name)
            print(found.name)
else:
    sys.argv[:] = ["bot", act]
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""


def instructions() -> list[tuple[str, str]]:
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines()) if word]


def said(word: str) -> list[str]:
    return [rest for each, rest in instructions() if each == word]


def copied() -> list[str]:
    return [source for rest in said("COPY") for source in rest.split()[:-1]]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> set[str]:
    """The distributions that `requirements/run.txt` names."""
    return {normal(name) for name in re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements/run.txt").read_text())}


@cache
def brought() -> tuple[set[str], set[str]]:
    """The top-level names that those distributions bring, and those that only others bring."""
    here = importlib.metadata.packages_distributions()
    ours = {name for name, distributions in here.items() if pinned() & {normal(each) for each in distributions}}
    return ours, here.keys() - ours


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the Dockerfile copies, and nothing else; beside them is the data, of the one test that has any."""
    app = tmp_path_factory.mktemp("image") / "app"
    for source in copied():
        target = app / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, target)
    return app


def run(image: Path, act: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", ""), "DATA_DIR": str(image.parent / "data"), **settings}
    _ours, refused = brought()
    return subprocess.run(
        [sys.executable, "-c", IN_THE_IMAGE, ",".join(refused), act],
        cwd=image, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_image_holds_nothing_but_the_bot() -> None:
    """Copied are the run-time requirements, bot, cogs and migrations: no sandbox, no tests, no whole folder."""
    assert sorted(copied()) == ["bot", "cogs", "migrations", "requirements/run.txt"]
    assert not said("ADD")
    assert all((ROOT / source).exists() for source in copied())


def test_the_builder_is_sent_only_what_is_copied() -> None:
    """A `.env`, data or a git history never reach the builder: everything is ignored but what the image copies."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(copied())


def test_the_image_runs_as_a_user_without_rights() -> None:
    """The last USER comes after every RUN and is a number other than root's."""
    words = [word for word, _rest in instructions()]
    users = said("USER")
    assert users
    assert all(part.isdecimal() and int(part) > 0 for part in users[-1].split(":"))
    assert "RUN" not in words[len(words) - words[::-1].index("USER") :]


def test_a_stop_reaches_the_bot_itself() -> None:
    """The command is in exec form, so that no shell swallows SIGTERM."""
    assert [json.loads(command) for command in said("CMD")] == [["python", "-m", "bot"]]
    assert not said("ENTRYPOINT")


def test_data_outlives_the_container() -> None:
    """The data folder is a volume, and a relative DATA_DIR of `.env.example` leads to the same place."""
    assert said("VOLUME") == ["/data"]
    assert any("DATA_DIR=/data" in each for each in said("ENV"))
    assert "DATA_DIR=data" in (ROOT / ".env.example").read_text().splitlines()
    assert said("WORKDIR") == ["/app"]
    assert any("ln -s /data /app/data" in each for each in said("RUN"))


def test_every_package_is_pinned_by_hash() -> None:
    """pip takes only what the requirements name with a hash, and they name no package index."""
    installs = [each for each in said("RUN") if "pip install" in each]
    assert len(installs) == 1
    assert "--require-hashes -r requirements/run.txt" in installs[0]
    text = (ROOT / "requirements/run.txt").read_text()
    entries = [entry for entry in re.split(r"(?m)^(?=[\w.-]+==)", text) if entry.strip()]
    assert len(entries) == len(pinned()) > 10
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index-url" not in text


def test_the_image_has_an_ffmpeg() -> None:
    """It is Debian's own, without recommended packages, and no list of packages is left behind."""
    installs = [each for each in said("RUN") if "apt-get install" in each]
    assert len(installs) == 1
    wanted = "apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*"
    assert " ".join(installs[0].split()) == wanted


def test_the_image_has_the_python_that_is_checked() -> None:
    """The image's Python is the one that types are checked for, and one that the project allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    version = project["tool"]["basedpyright"]["pythonVersion"]
    assert said("FROM") == [f"python:{version}-slim"]
    assert project["project"]["requires-python"] == f">={version}"


def test_the_code_imports_only_what_the_image_has() -> None:
    """Every import of bot, cogs and migrations is the standard library, our own, or pinned for running."""
    ours, _others = brought()
    known = ours | sys.stdlib_module_names | set(OURS)
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for room in OURS
        for path in (ROOT / room).rglob("*.py")
        for name in imports(path)
        if name not in known
    }
    assert not strange


def test_all_code_can_be_imported_in_the_image(image: Path) -> None:
    """With the image's files and packages alone every module of bot and cogs loads, also through its libraries."""
    done = run(image, "import")
    assert done.returncode == 0, done.stderr
    assert {"bot.cli", "bot.app", "cogs.video"} <= set(done.stdout.split())


def test_the_image_migrates_a_database(image: Path) -> None:
    """With the image's files and packages alone the database is built."""
    done = run(image, "migrate", DISCORD_TOKEN="token", VIDEOS_API_KEY="key")
    assert done.returncode == 0, done.stderr
    assert (image.parent / "data/bot.db").stat().st_size > 0


def test_the_image_says_what_it_needs(image: Path) -> None:
    """Started without settings, the image's command ends with code 78 and one line that names what is missing."""
    done = run(image, "run")
    assert (done.returncode, done.stdout) == (78, "")
    assert len(done.stderr.splitlines()) == 1
    assert "DISCORD_TOKEN" in done.stderr
    assert "VIDEOS_API_KEY" in done.stderr
