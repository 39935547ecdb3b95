"""The databases that earlier mains left, one for the end of an issue, as `record.py` has written them."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).parent
DUMPS = sorted(path.stem for path in HERE.glob("*.sql"))
NAME = re.compile(r"\{(guild|channel|ada|provider|message_\d+|remote_\d+)\}")


def sql_of(dump: str) -> str:
    """The statements that build it, with names in braces for ids and addresses."""
    return (HERE / f"{dump}.sql").read_text(encoding="utf-8")


def build(dump: str, path: Path) -> None:
    """Put it there as a SQLite file, with a number of its own for each name."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(NAME.sub(_number, sql_of(dump)))


def _number(found: re.Match[str]) -> str:
    return str(int.from_bytes(found[1].encode()[-6:], "big"))
