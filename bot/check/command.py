"""The command: checks, then prints the report."""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping

from bot import VERSION
from bot.chat.words import Language
from bot.check.findings import Outcome, Report
from bot.check.run import run_checks
from bot.check.showing import as_json, as_text
from bot.client import quiet_voice_warnings
from bot.ops.clock import Clock
from bot.ops.logs import Redactor
from bot.ops.terminal import print_to
from bot.settings import ReadSettings


async def check(
    found: ReadSettings,
    clock: Clock,
    languages: Mapping[str, Language],
    secrets: Iterable[str],
    *,
    json: bool,
    everything: bool,
) -> Outcome:
    """Print the report to standard output; returns how the process ends. No line has any of the `secrets`."""
    quiet_voice_warnings()
    report = await run_checks(found, clock, languages, Redactor(secrets), everything=everything)
    text = as_json(report, VERSION) if json else _for_terminal(report)
    print_to(sys.stdout, text)
    return report.outcome


def _for_terminal(report: Report) -> str:
    if not sys.stdout.isatty():
        return as_text(report)
    columns = shutil.get_terminal_size().columns
    return as_text(report, width=columns, coloured=not os.environ.get("NO_COLOR"))
