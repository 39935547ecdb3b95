"""What is written about the project is true of it: citations, links, commands, settings, codes, dependencies."""

import os
import re
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import discord
import pytest

from bot.chat.permissions import missing_permissions
from bot.cli import ExitCode
from bot.jobs.alerts import AlertKind
from bot.settings import NAMES
from tests.databases import build_file
from tests.readers import READERS

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDERS = {"APPLICATION_ID", "ORIG_HEAD"}
# A page, and the sections that are named right after it: docs/x.md, "One" and "Two" or docs/x.md ("One").
CITATION = re.compile(r'(docs/[\w/-]+\.md)`?((?:(?:,| and|,? \() ?"[^"]+")*)')


def files(pattern: str) -> list[Path]:
    """The project's own files: not those of tools, nor what the bot or the demo has left here."""
    theirs = {"data", "demo-videos"}
    found = (path.relative_to(ROOT).parts for path in ROOT.rglob(pattern))
    return sorted(ROOT.joinpath(*parts) for parts in found if parts[0] not in theirs and not parts[0].startswith("."))


def pages() -> list[Path]:
    return files("*.md")


def citations() -> Iterator[tuple[str, str, str | None]]:
    """Who cites which page and which of its sections."""
    for path in [*files("*.py"), ROOT / "pyproject.toml", ROOT / "Makefile"]:
        if path == Path(__file__):
            continue
        text = re.sub(r"\n[ \t]*#?[ \t]*", " ", path.read_text())
        for page, named in CITATION.findall(text):
            sections = re.findall(r'"([^"]+)"', named)
            for section in sections or [None]:
                yield str(path.relative_to(ROOT)), page, section


def headings(page: Path) -> set[str]:
    return set(re.findall(r"(?m)^#+ (.+?)\s*$", page.read_text()))


def test_every_page_and_section_that_code_cites_exists() -> None:
    """Every citation in the code leads to an existing page and section."""
    found = list(citations())
    assert any(section == "Retries" for _path, _page, section in found)
    missing = {
        f"{path}: {page}" + (f', "{section}"' if section else "")
        for path, page, section in found
        if not (ROOT / page).is_file() or (section is not None and section not in headings(ROOT / page))
    }
    assert not missing


def test_every_link_leads_somewhere() -> None:
    """Links in the documents are relative, lead to files of the project, and their anchors are headings there."""
    broken: list[str] = []
    for page in pages():
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            name, _, anchor = target.partition("#")
            there = (page.parent / name).resolve() if name else page
            known = headings(there) if there.is_file() else set[str]()
            anchors = {heading.lower().replace(" ", "-") for heading in known}
            inside = there.exists() and there.is_relative_to(ROOT)
            if "://" in name or not inside or (anchor and anchor not in anchors):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_every_make_target_that_is_named_exists() -> None:
    """The documents name only targets that the Makefile has, and the first screen names the two that matter."""
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    for page in pages():
        assert set(re.findall(r"`make ([a-z-]+)`", page.read_text())) <= targets, page
    first_screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:20])
    assert "`make demo`" in first_screen
    assert "`make test`" in first_screen


def test_every_setting_that_is_named_exists() -> None:
    """README, changelog, contributing, decisions and `.env.example` name no setting that the bot doesn't read."""
    for page in pages():
        if (ROOT / "docs/facts") not in page.parents:
            named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", page.read_text()))
            # A providers file names its keys as it likes.
            keys = {name for name in named if name.endswith(("_API_KEY", "_API_KEY_FILE"))}
            assert named - PLACEHOLDERS - keys <= NAMES, page
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert {line.partition("=")[0] for line in lines if line and not line.startswith("#")} <= NAMES
    mentioned = re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", "\n".join(lines))
    assert set(mentioned) <= NAMES


@pytest.mark.parametrize("page", ["README.md", "docs/operating.md"])
def test_the_pages_know_all_exit_codes(page: str) -> None:
    """The table of exit codes has those that the process can end with, argparse's own 2 among them."""
    table = (ROOT / page).read_text().partition("### Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"(?m)^\| (\d+) \|", table)} == {*ExitCode, 2}


def test_every_alert_has_its_row() -> None:
    """The table of alerts has the first words of each alert, a gap as an ellipsis, so that an operator finds it."""
    table = (ROOT / "docs/operating.md").read_text().partition("\n## Alerts")[2].partition("\n## ")[0]
    begins = [cell for cell in re.findall(r"(?m)^\| (.+?) \|", table) if cell != "alert begins with"]
    texts = [READERS.languages["en"].sentences[f"alerts.{kind}.what"] for kind in AlertKind]
    shown = [re.sub(r"\{[^}]*\}", "…", text) for text in texts if isinstance(text, str)]
    assert len(shown) == len(texts) == len(begins)
    assert [text for text in shown if sum(text.startswith(begin) for begin in begins) != 1] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/operating.md"])
def test_the_backup_command_copies_an_open_database(page: str, tmp_path: Path) -> None:
    """The command for backups gives a private copy while a process has the database open and writes to it."""
    command = re.search(r"(?m)^```\n(\S+ -m bot backup \S+)\n```$", (ROOT / page).read_text())
    assert command is not None
    (tmp_path / "data").mkdir()
    (tmp_path / ".venv").symlink_to(sys.prefix)
    build_file(tmp_path / "data" / "bot.db")
    with closing(sqlite3.connect(tmp_path / "data" / "bot.db", isolation_level=None)) as writer:
        writer.execute("INSERT INTO marks VALUES ('stored', '')")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO marks VALUES ('not stored yet', '')")
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        subprocess.run(["sh", "-ec", command[1]], cwd=tmp_path, env=environment, check=True, timeout=60)
    with closing(sqlite3.connect(tmp_path / "backup.db")) as copy:
        names = {name for (name,) in copy.execute("SELECT name FROM marks")}
    assert {"stored", "copy"} <= names
    assert "not stored yet" not in names
    assert (tmp_path / "backup.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("way", ["Docker Compose", "systemd"])
def test_a_restore_keeps_what_it_replaces(way: str, tmp_path: Path) -> None:
    """The command of each way puts the backup in place, private, as often as it is run, and loses no database."""
    page = (ROOT / "docs/deploy.md").read_text().partition(f"\n## {way}\n")[2].partition("\n## ")[0]
    command = re.search(r"(?m) sh -c '(.*mv .*)'(?: < backup\.db)?$", page)
    assert command is not None
    for copy in ("first", "second"):
        (tmp_path / "bot.db-wal").write_text(f"beside the database before the {copy}")
        (tmp_path / "bot.db").write_text(f"before the {copy}")
        (tmp_path / "backup.db").write_text(copy)
        (tmp_path / "backup.db").chmod(0o600)
        here = command[1].replace("/data", str(tmp_path))
        subprocess.run(["sh", "-ec", here], cwd=tmp_path, input=copy, text=True, check=True, timeout=60)
        assert [path.read_text() for path in tmp_path.glob("bot.db*")] == [copy]
        assert (tmp_path / "bot.db").stat().st_mode & 0o077 == 0
    assert {path.read_text() for path in tmp_path.glob("*/bot.db")} == {"before the first", "before the second"}
    assert len(list(tmp_path.glob("*/bot.db-wal"))) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("before*"))


def test_the_page_says_what_is_in_a_backup() -> None:
    """The database alone: an operator who needs pictures and unposted videos has to copy their folders, too."""
    table = (ROOT / "docs/operating.md").read_text().partition("\n## Back up and restore")[2].partition("\n### ")[0]
    rows = dict(re.findall(r"(?m)^\| (`.*?) \| .* \| (yes|no)\b[^|]*\|$", table))
    assert [files for files, answer in rows.items() if answer == "yes"] == ["`bot.db`, `bot.db-wal`, `bot.db-shm`"]
    assert "`references/`, `videos/`" in rows


def test_the_invitation_asks_for_exactly_what_is_needed() -> None:
    """The link in the README grants what the bot checks for in channels and threads, and to open threads."""
    link = re.search(r"oauth2/authorize\?\S*permissions=(\d+)", (ROOT / "README.md").read_text())
    assert link is not None
    assert "scope=bot+applications.commands" in link[0]
    kinds = (discord.ChannelType.text, discord.ChannelType.public_thread)
    needed = {name for kind in kinds for name in missing_permissions(discord.Permissions.none(), kind)}
    needed.add("create_public_threads")
    assert discord.Permissions(int(link[1])) == discord.Permissions(**dict.fromkeys(needed, True))


def test_every_dependency_has_its_reason() -> None:
    """The page of dependencies names each one of `pyproject.toml` and no other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    wanted = [
        *project["project"]["dependencies"],
        *project["build-system"]["requires"],
        *(one for e in extras for one in e),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    names = {re.split(r"[\[<>=~! ]", one)[0] for one in wanted} - {project["project"]["name"]}
    text = (ROOT / "docs/decisions/0002-dependencies.md").read_text()
    reasons = re.findall(r"(?m)^- ((?:`[\w.-]+`(?:, )?)+): \S", text)
    assert {name for reason in reasons for name in re.findall(r"`([\w.-]+)`", reason)} == names


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda page: page.stem)
def test_a_decision_is_short_and_whole(page: Path) -> None:
    """Each decision has its number, its context and what follows from it, on at most 40 lines."""
    lines = page.read_text().splitlines()
    assert lines[0].startswith(f"# {int(page.stem[:4])}. ")
    assert [line[3:] for line in lines if line.startswith("## ")] == ["Context", "Decision", "Consequence"]
    assert len(lines) <= 40


def test_decisions_are_numbered_without_gaps() -> None:
    """The decisions are 1, 2, 3 and so on."""
    numbers = sorted(int(page.stem[:4]) for page in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
