"""Writes the figures of a run between the markers of docs/performance.md, and draws its plots."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.report import Report, Row, reasons
from tests.bench.world import ROOT

PAGE = ROOT / "docs" / "performance.md"
FOLDER = ROOT / "docs" / "plots"
_HEAD = "| | limit | instead | goal | today | reached |\n|---|---|---|---|---|---|\n"
_REACHED = {None: "–", True: "yes", False: "**no**"}
PLOTS = {
    "delay": ("polls per job", "mean delay, s", "How late a video is seen, for so many polls"),
    "acknowledgement": ("jobs rendering", "ms", "The first response to /video"),
    "cost": ("jobs rendering", "CPU s per 1,000 polls", "The cost of a poll"),
    "waiting": ("jobs in the queue", "% of a core", "The cost of waiting"),
}
_BOTH_LOGARITHMIC = frozenset({"delay"})


def check() -> None:
    """Raises ImportError now, not after a quarter of an hour, if the plots can't be drawn."""
    _pyplot()


def _pyplot() -> Any:
    import matplotlib  # only `make bench` installs it

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bench"
    from matplotlib import pyplot

    return pyplot


def table(report: Report) -> str:
    """The rows and why goals were not reached, or why there are none."""
    rows = "".join(f"| {' | '.join(row[:5])} | {_REACHED[row.reached]} |\n" for row in report.rows)
    missed = dict.fromkeys(row.reason for row in report.rows if row.reached is False)
    why = "".join(f"- **{name}**: {reasons()[name]}\n" for name in missed)
    if report.failed:
        return f"This measure failed in the last run: {report.failed}\n"
    return _HEAD + rows + (f"\nNot reached:\n\n{why}" if why else "")


def goals(reports: dict[str, Report]) -> str:
    """How many goals were reached, and by how much the others were missed."""
    rows = [row for report in reports.values() for row in report.rows if row.reached is not None]
    missed = [row for row in rows if not row.reached]
    failed = [name for name, report in reports.items() if report.failed]
    said = f"{len(rows) - len(missed)} of {len(rows)} goals are reached.\n"
    if failed:
        said += f"\nThese measures failed, so their goals are missing: {', '.join(failed)}.\n"
    return said + (_missed(missed) if missed else "")


def _missed(rows: list[Row]) -> str:
    lines = "".join(f"| {row.metric} | {row.goal} | {row.today} |\n" for row in rows)
    return f"\n| not reached | goal | today |\n|---|---|---|\n{lines}"


def machine() -> str:
    about = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in about if line.startswith("model name")]
    day, cores = datetime.now(UTC).date().isoformat(), os.cpu_count()
    return f"Measured on {day}: {cores} cores ({', '.join(models[:1])}), Python {platform.python_version()}.\n"


def between(text: str, mark: str, content: str) -> str:
    """The page with that content between the markers of that name."""
    marked = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"docs/performance.md has no markers for {mark!r}")
    return marked.sub(lambda found: f"{found[1]}\n{content}\n{found[2]}", text)


def write(reports: dict[str, Report], *, is_whole: bool = False) -> None:
    """Write what was measured; other tables stay as they are, and without a whole run so does the sum of all goals."""
    text = between(PAGE.read_text(encoding="utf-8"), "bench:machine", machine())
    if is_whole:
        text = between(text, "bench:goals", goals(reports))
    for name, report in reports.items():
        text = between(text, f"bench:{name}", table(report))
        for plot, series in report.series.items():
            text = between(text, f"plot:{plot}", f"![{PLOTS[plot][2]}](plots/{plot}.svg)\n")
            _draw(plot, series)
    PAGE.write_text(text, encoding="utf-8")


def _draw(name: str, series: dict[str, list[tuple[float, float]]]) -> None:
    pyplot = _pyplot()
    FOLDER.mkdir(exist_ok=True)
    across, up, title = PLOTS[name]
    figure, axes = pyplot.subplots(figsize=(6.4, 4.0))
    for label, points in series.items():
        xs, ys = zip(*sorted(points), strict=True)
        axes.plot(xs, ys, "--" if label == "limit" else "o-", label=label)
    axes.set(xlabel=across, ylabel=up, title=title, xscale="log")
    if name in _BOTH_LOGARITHMIC:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0.0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")
        axis.set_minor_formatter("")
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend()
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
