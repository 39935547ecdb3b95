"""Carries out the commands of docs/operating.md as they are written there, in the folder of a bot of the stage."""

import asyncio
import os
import re
import sys
from pathlib import Path
from textwrap import dedent

from sandbox.stage import Stage

ROOT = Path(__file__).resolve().parents[2]


def commands_of(section: str) -> str:
    """The first block of commands in that section of the page."""
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    found = re.search(r"(?ms)^ *```\n(.*?)^ *```", page.partition(f"\n### {section}\n")[2])
    assert found is not None
    return dedent(found[1])


async def follow(stage: Stage, section: str) -> str:
    """Run the section's commands in a shell; they succeed. Returns what they print."""
    folder = stage.bot.data_dir.parent
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(sys.prefix)
    shell = await asyncio.create_subprocess_exec(
        "sh", "-ec", commands_of(section), cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await shell.communicate()
    assert shell.returncode == 0, said.decode()
    return said.decode()
