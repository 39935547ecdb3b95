"""What holds for all tests: hypothesis judges behaviour, never milliseconds; browser tests don't go missing unseen."""

import pytest
from hypothesis import settings

settings.register_profile("project", deadline=None, print_blob=True)
settings.load_profile("project")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run, so that nobody overlooks it, that the page was not tried in a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = sum(report.nodeid.startswith("tests/browser/") for report in skipped)
    if missed:
        said = f"{missed} BROWSER TESTS DID NOT RUN: there is no Chromium here. `make browser` says how to get one."
        terminalreporter.write_line(said, red=True, bold=True)
