"""C12: a migration that is killed at any of its steps is begun again at the next start, and nothing is lost."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.jobs import migrating
from bot.jobs.generation import Generation, generation_path, read_generation
from bot.jobs.migrating import migrate
from tests.figures import figure
from tests.unit.bot.jobs.test_migrating import INSERT_POST

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only("migrates its file; migrate_shared does it in one transaction")]

ROOT = Path(__file__).parents[4]
BOUND_SECONDS = 300
ROWS = 2_000

LATER_STEP = '''"""A step that changes the schema and every row, as steps to come will."""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("kept_{number}", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("what", sa.String()))
    op.add_column("posts", sa.Column("words_{number}", sa.String()))
    op.create_index("ix_posts_words_{number}", "posts", ["words_{number}"])
    op.execute("UPDATE posts SET words_{number} = hex(randomblob(500))")
    op.execute("INSERT INTO kept_{number} (what) SELECT words_{number} FROM posts")
    op.drop_index("ix_posts_words_{number}", table_name="posts")
'''


def kill_at_steps(scripts: Path, database: Path, copies: Path, stride: int) -> int:
    """Kill at one step of so many. How many kills it took; each has left its folder behind."""
    copies.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-m",
            "tests.unit.bot.jobs.kill_while_migrating",
            str(scripts),
            str(database),
            str(copies),
            str(stride),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=BOUND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def judge(path: Path, revision: str, rows: int) -> list[tuple[str, str]]:
    """The schema of a database that is whole, at that revision, and has its rows."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]
        assert connection.execute("SELECT count(*) FROM posts").fetchone() == (rows,)
        return sorted(connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_master"))


def counts_as_its_own(path: Path) -> bool:
    """Whether the file beside the database is the one that was written for it, so that it doesn't count as restored."""
    with closing(sqlite3.connect(path)) as connection:
        marks = dict(connection.execute("SELECT name, value FROM marks"))
    return read_generation(generation_path(path)) == Generation(marks["lineage"], int(marks["generation"]))


@pytest.mark.reliability
def test_a_first_start_that_is_killed_anywhere_is_begun_again(built_file: Path, tmp_path: Path) -> None:
    """Killed at each step of building a database, the bot opens at the next start, with the schema of today."""
    revision = migrating.newest_revision()
    kills = kill_at_steps(migrating._SCRIPTS, tmp_path / "none.db", tmp_path / "copies", figure(9, 1))
    print(f"{kills} kills")  # noqa: T201  # pytest shows it with a failure
    assert kills > figure(6, 20)
    whole = judge(built_file, revision, 0)
    for folder in sorted((tmp_path / "copies").iterdir()):
        migrate(folder / "bot.db")
        assert judge(folder / "bot.db", revision, 0) == whole, folder.name
        assert sorted(file.name for file in folder.iterdir()) == ["bot.db", "bot.generation"], folder.name
        assert counts_as_its_own(folder / "bot.db"), folder.name


@pytest.mark.reliability
def test_a_later_migration_that_is_killed_anywhere_is_begun_again(
    built_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at each step of two pending migrations, every row is there at the next start, and both are applied."""
    path = Path(shutil.copy(built_file, tmp_path / "old.db"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            INSERT_POST,
            [(f"{number:08}",) for number in range(ROWS)],
        )
    scripts = tmp_path / "migrations"
    shutil.copytree(migrating._SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    before = migrating.newest_revision()
    for number in ("9001", "9002"):
        (scripts / "versions" / f"{number}_later.py").write_text(LATER_STEP.format(number=number, before=before))
        before = number
    kills = kill_at_steps(scripts, path, tmp_path / "copies", figure(3, 1))
    print(f"{kills} kills")  # noqa: T201  # pytest shows it with a failure
    assert kills > figure(6, 20)
    monkeypatch.setattr(migrating, "_SCRIPTS", scripts)
    migrate(path)
    whole = judge(path, "9002", ROWS)
    for folder in sorted((tmp_path / "copies").iterdir()):
        migrate(folder / "bot.db")
        assert judge(folder / "bot.db", "9002", ROWS) == whole, folder.name
