"""What holds for all tests: nothing leaves this machine, hypothesis judges behaviour and never milliseconds.

Browser tests don't go missing unseen; tests of reliability run again and again when they are to go all the way; tests
run on either database (tests/databases.py).
"""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from bot.chat.words import _readers
from sandbox.loopback import stay_on_loopback
from tests.databases import POSTGRESQL, SQLITE, choose
from tests.figures import IN_FULL
from tests.postgres import Databases, databases

# Before any test: the bot's own processes do the same (sandbox/bot_child.py).
stay_on_loopback()
# Tests store thousands of transactions; with their files in memory none of these waits for the disk.
MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
# Where a test leaves the log as it is, a fault would be drawn with all values of its frames: that takes a second each.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback
_SQLITE_ONLY = "about SQLite alone"
_WAITING = ("tests/e2e/", "tests/browser/")
settings.register_profile("project", deadline=None, print_blob=True)
settings.load_profile("project")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """A real PostgreSQL server, started by the first test of this process that needs one."""
    with databases() as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def database_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kind of database on which this test's bot or engine runs."""
    kind: str = getattr(request, "param", request.config.getoption("--database"))
    choose(request.getfixturevalue("postgres") if kind == POSTGRESQL else None)
    yield kind
    choose(None)


@pytest.fixture(autouse=True)
def every_sentence_is_filled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sentence that lacks a value is said all the same, so that nothing stops; here that is a mistake.

    A test marked `unfilled` looks at just that.
    """
    unfilled: list[tuple[str, ...]] = []
    if request.node.get_closest_marker("unfilled") is None:
        monkeypatch.setattr(_readers, "_log_fault", lambda *fault: unfilled.append(fault))
    else:
        _readers._log_fault.cache_clear()
    yield
    assert unfilled == []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let all tests run on PostgreSQL."""
    parser.addoption("--database", choices=[SQLITE, POSTGRESQL], default=SQLITE, help="what the tests' bots run on")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what is about SQLite's files alone, and mark what starts a server as slow."""
    for item in items:
        chosen = _callspec(item)
        kind = chosen.get("database_kind", config.getoption("--database"))
        needs_server = POSTGRESQL in (kind, chosen.get("open_another")) or "postgres" in _fixtures(item)
        if config.getoption("--database") == SQLITE and needs_server:
            item.add_marker(pytest.mark.slow)
        about = item.get_closest_marker("sqlite_only")
        if about is not None and kind == POSTGRESQL:
            item.add_marker(pytest.mark.skip(reason=f"{_SQLITE_ONLY}: {about.args[0]}"))
    # Those that wait for other processes come first: several share a core, and what keeps it busy fills the end. By the
    # names of their files, so that few browsers run at once.
    items.sort(key=lambda item: (0, item.path.name) if item.nodeid.startswith(_WAITING) else (1, ""))


def pytest_collection_finish() -> None:
    """Leave what was collected out of each later garbage collection: a twelfth of all their work."""
    gc.collect()
    gc.freeze()


def _callspec(item: pytest.Item) -> dict[str, object]:
    return item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `both_databases` on both; in `make reliability`, one marked `reliability(runs=100)` that often.

    A run with `--database postgresql` is on that one alone.
    """
    is_marked = metafunc.definition.get_closest_marker("both_databases") is not None
    if is_marked and metafunc.config.getoption("--database") == SQLITE:
        metafunc.parametrize("database_kind", [SQLITE, POSTGRESQL], indirect=True, scope="module")
    marker = metafunc.definition.get_closest_marker("reliability")
    runs = 1 if marker is None else marker.kwargs.get("runs", 1)
    if IN_FULL and runs > 1:
        metafunc.fixturenames.append("run")
        metafunc.parametrize("run", range(1, runs + 1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report at the end of a run what was not tried, so that it isn't overlooked: in a browser, or on PostgreSQL."""
    skipped = terminalreporter.stats.get("skipped", [])
    alone = sum(_SQLITE_ONLY in str(report.longrepr) for report in skipped)
    if alone:
        terminalreporter.write_line(f"{alone} TESTS DID NOT RUN ON POSTGRESQL: they are about SQLite alone.", bold=True)
    unruled = sum("NO PROMTOOL" in str(report.longrepr) for report in skipped)
    if unruled:
        said = f"{unruled} TESTS OF ALERT RULES DID NOT RUN: there is no promtool here (Debian's package prometheus)."
        terminalreporter.write_line(said, red=True, bold=True)
    missed = sum(report.nodeid.startswith("tests/browser/") for report in skipped)
    if missed:
        said = f"{missed} BROWSER TESTS DID NOT RUN: there is no Chromium here. `make browser` says how to get one."
        terminalreporter.write_line(said, red=True, bold=True)
