"""The browser that the tests of the page run in: Chromium, found here, or brought by Debian's packages.

`python -m tests.browser.chromium` is what `make browser` does. Playwright's own browsers are not used: they come from
a place of their own, without hashes.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
# The fonts are those of the page: pictures of it look the same on every machine that has them.
PACKAGES = ("chromium", "fonts-inter", "fonts-noto-color-emoji")
MISSING = f"No Chromium here: install Debian's packages {', '.join(PACKAGES)}, or Google Chrome."


def find_chromium() -> str | None:
    """Where Chromium is, if it is anywhere."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (MAC if Path(MAC).exists() else None)


def is_ci() -> bool:
    """Whether a missing browser is a failure, as in CI, or only a pity."""
    return os.environ.get("CI") == "true"


def main() -> int:
    """Have a browser afterwards; 0 when there is one."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        _install([one for one in PACKAGES if not _is_installed(one)])
    if find_chromium() is None:
        print(MISSING, file=sys.stderr)  # noqa: T201  # it is a command
        return 1
    return 0


def _is_installed(package: str) -> bool:
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True, check=False)
    return said.stdout.endswith(" installed")


def _install(packages: list[str]) -> None:
    """apt reports its own errors; what counts is that a browser exists afterwards."""
    if not packages:
        return
    print(f"installing {', '.join(packages)}", flush=True)  # noqa: T201  # it is a command
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *packages]):
        subprocess.run(
            ["apt-get", *command], env=quiet, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )


if __name__ == "__main__":
    sys.exit(main())
