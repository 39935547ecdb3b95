"""Fixtures of the browser tests: one browser for a file of tests, and for each test a stage of its own.

Without a Chromium the tests are skipped, and the end of the run says so loudly; in CI that is a failure.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import MISSING, find_chromium, is_ci
from tests.browser.visit import Visit, a_browser, a_visit


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser for a whole file of tests."""
    if find_chromium() is None:
        if is_ci():
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    async with a_browser() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, tmp_path: Path) -> AsyncIterator[Visit]:
    """Ada looks at the page in a wide window; the bot is there."""
    async with a_visit(tmp_path, browser) as visit:
        yield visit
