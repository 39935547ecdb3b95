"""From any file to the schema of today, whole or not at all."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.jobs import migrating
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import DamagedDatabaseError, migrate
from bot.jobs.tables import metadata

pytestmark = pytest.mark.sqlite_only("migrates its file")


HEAD = migrating.newest_revision()
INSERT_POST = """INSERT INTO posts (job_id, kind, number, state, channel_id, tries, not_before)
    VALUES (?, 'card', 1, 'due', 7, 0, 0)"""
FAILING_STEP = '''"""A step that breaks after it has changed something."""

import sqlalchemy as sa
from alembic import op

revision = "broken"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("half_done", sa.Integer()))
    op.create_table("half_done", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE jobs SET fence = fence + 1000")
    op.execute("INSERT INTO no_such_table VALUES (1)")
'''


def schema_of(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_master"))


def print_of(folder: Path) -> dict[str, str]:
    """The bytes of every file in the folder; an empty log and the shared-memory index hold nothing of anybody's."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if not path.name.endswith("-shm") and path.stat().st_size
    }


@contextmanager
def inspected(path: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations that a test may spoil."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrating._SCRIPTS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrating, "_SCRIPTS", copy)
    return copy


def spoil(scripts: Path) -> None:
    head = max(path.name.split("_")[0] for path in (scripts / "versions").glob("*.py"))
    (scripts / "versions" / "9999_broken.py").write_text(FAILING_STEP.format(head=head))


def test_the_migrations_build_the_tables(built_file: Path, tmp_path: Path) -> None:
    """The schema that migrations leave is the one that the code writes: columns, types, keys and partial indexes."""
    path = Path(shutil.copy(built_file, tmp_path / "bot.db"))
    with inspected(path) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        looked = sa.inspect(connection)
        for table in metadata.sorted_tables:
            built = {index["name"]: index.get("dialect_options", {}) for index in looked.get_indexes(table.name)}
            assert {name: str(options.get("sqlite_where")) for name, options in built.items()} == {
                index.name: str(index.dialect_options["sqlite"]["where"]) for index in table.indexes
            }
            assert {unique["name"] for unique in looked.get_unique_constraints(table.name)} == {
                constraint.name for constraint in table.constraints if isinstance(constraint, sa.UniqueConstraint)
            }
            assert looked.get_pk_constraint(table.name)["constrained_columns"] == [
                column.name for column in table.primary_key
            ]
        assert set(looked.get_table_names()) == {table.name for table in metadata.sorted_tables} | {"alembic_version"}


def test_migrating_twice_is_harmless(built_file: Path, tmp_path: Path) -> None:
    """At the second start nothing changes and nothing is lost."""
    path = Path(shutil.copy(built_file, tmp_path / "bot.db"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(INSERT_POST, ("K3M9Q2XA",))
    before = schema_of(path)
    migrate(path)
    assert schema_of(path) == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM posts").fetchone() == (1,)


def test_a_first_migration_that_fails_leaves_nothing(scripts: Path, tmp_path: Path) -> None:
    """When a later step of the first start breaks, not even the earlier ones stay."""
    spoil(scripts)
    path = tmp_path / "new.db"
    with pytest.raises(StoreUnavailableError, match="no_such_table"):
        migrate(path)
    assert schema_of(path) == []


def test_a_later_migration_that_fails_leaves_nothing(built_file: Path, scripts: Path, tmp_path: Path) -> None:
    """A new step that breaks half-way undoes its tables, columns and rows; the old version is still noted."""
    spoil(scripts)
    path = Path(shutil.copy(built_file, tmp_path / "bot.db"))
    before = schema_of(path)
    with pytest.raises(StoreUnavailableError, match="no_such_table"):
        migrate(path)
    assert schema_of(path) == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_a_database_of_a_newer_bot_is_refused(built_file: Path, tmp_path: Path) -> None:
    """A version that this bot does not know is an error that says so, not a traceback, and nothing is changed."""
    path = Path(shutil.copy(built_file, tmp_path / "bot.db"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '7777'")
    before = schema_of(path)
    with pytest.raises(StoreUnavailableError, match="newer"):
        migrate(path)
    assert schema_of(path) == before


def filled(built_file: Path, folder: Path) -> Path:
    """A database with enough rows to have pages in its middle."""
    folder.mkdir(exist_ok=True)
    path = Path(shutil.copy(built_file, folder / "bot.db"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            INSERT_POST,
            [(f"{number:08}",) for number in range(5_000)],
        )
    return path


def overwrite(path: Path) -> None:
    path.write_bytes(b"This is no database. " * 400)


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scratch(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 64] = b"\xff" * 64
    path.write_bytes(content)


def crashed_copy(path: Path, folder: Path) -> Path:
    """The database as a crash leaves it: its newest row is in the log only."""
    folder.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute(INSERT_POST, ("K3M9Q2XA",))
        for file in path.parent.iterdir():
            if not file.name.endswith("-shm"):
                shutil.copy(file, folder / file.name)
    assert (folder / f"{path.name}-wal").stat().st_size > 0
    return folder / path.name


@pytest.mark.parametrize("damage", [overwrite, cut_off, scratch])
def test_a_damaged_file_is_refused_and_kept(built_file: Path, tmp_path: Path, damage: object) -> None:
    """A file that is not a whole database is kept byte for byte; one line says what it is and what to do."""
    path = filled(built_file, tmp_path / "data")
    assert callable(damage)
    damage(path)
    before = print_of(path.parent)
    with pytest.raises(DamagedDatabaseError) as caught:
        migrate(path)
    assert print_of(path.parent) == before
    said = str(caught.value)
    assert str(path) in said
    assert "backup" in said
    assert "\n" not in said


def test_a_damaged_file_keeps_the_log_of_its_last_writes(built_file: Path, tmp_path: Path) -> None:
    """After a crash the newest rows are in the write-ahead log: of a damaged database that log is kept too."""
    damaged = crashed_copy(filled(built_file, tmp_path / "data"), tmp_path / "crashed")
    content = bytearray(damaged.read_bytes())
    for start in range(40 * 4096, len(content), 4096):
        content[start : start + 64] = b"\xff" * 64
    damaged.write_bytes(content)
    before = print_of(damaged.parent)
    with pytest.raises(DamagedDatabaseError):
        migrate(damaged)
    assert print_of(damaged.parent) == before


def test_a_whole_file_with_a_log_is_taken_up(built_file: Path, tmp_path: Path) -> None:
    """After a crash a sound database with its log is opened, and the rows of the log are there."""
    crashed = crashed_copy(filled(built_file, tmp_path / "data"), tmp_path / "crashed")
    migrate(crashed)
    with closing(sqlite3.connect(crashed)) as connection:
        assert connection.execute("SELECT count(*) FROM posts").fetchone() == (5_001,)


def empty_it(path: Path) -> None:
    path.write_bytes(b"")


def take_away(path: Path) -> None:
    path.unlink()


def never_migrated(path: Path) -> None:
    """As half a copy, or another program's: a whole SQLite file in which no migration is noted."""
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE jobs (id TEXT)")


@pytest.mark.parametrize("damage", [empty_it, take_away])
def test_a_log_without_its_database_never_starts_empty(
    built_file: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """After a crash the rows may be in the log alone: without the file it belongs to, nothing is begun or deleted."""
    crashed = crashed_copy(filled(built_file, tmp_path / "data"), tmp_path / "crashed")
    damage(crashed)
    before = print_of(crashed.parent)
    with pytest.raises(DamagedDatabaseError, match="backup"):
        migrate(crashed)
    assert print_of(crashed.parent) == before


@pytest.mark.parametrize("damage", [empty_it, never_migrated])
def test_a_file_without_a_migration_never_starts_empty(
    built_file: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """A first start makes the file whole or not at all, so one of no bytes or no revision was something before."""
    path = Path(shutil.copy(built_file, tmp_path / "bot.db"))
    damage(path)
    before = print_of(tmp_path)
    with pytest.raises(DamagedDatabaseError, match="backup"):
        migrate(path)
    assert print_of(tmp_path) == before


def test_a_link_to_nowhere_never_starts_empty(tmp_path: Path) -> None:
    """Where the file is a link and what it leads to is away, nothing is begun in its place."""
    (tmp_path / "bot.db").symlink_to(tmp_path / "away" / "bot.db")
    with pytest.raises(StoreUnavailableError):
        migrate(tmp_path / "bot.db")
    assert [path.name for path in tmp_path.iterdir()] == ["bot.db"]


def test_a_first_start_after_the_file_was_moved_away(built_file: Path, tmp_path: Path) -> None:
    """After the advice (the damaged file and its log moved away) it starts with an empty database."""
    path = Path(shutil.copy(built_file, tmp_path / "bot.db"))
    (tmp_path / "bot.db-wal").write_bytes(b"")
    path.unlink()
    (tmp_path / "commands.json").write_text("{}")
    migrate(path)
    assert schema_of(path) == schema_of(built_file)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bot.db", "bot.generation", "commands.json"]


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    """What cannot be opened at all is an error of ours with the path in it."""
    path = tmp_path / "bot.db"
    path.mkdir()
    with pytest.raises(StoreUnavailableError, match=str(path)):
        migrate(path)


@pytest.mark.parametrize("name", ["a?b", "a%20b", "100%"])
def test_any_folder_name_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the data folder nor the bot's own may have a name that breaks a start."""
    home = tmp_path / name
    shutil.copytree(migrating._SCRIPTS, home / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrating, "_SCRIPTS", home / "migrations")
    migrate(home / "bot.db")
    assert schema_of(home / "bot.db")


@pytest.mark.slow
def test_the_newest_step_is_known_without_alembic(built_file: Path) -> None:
    """The names of the steps tell the newest revision, as Alembic finds it; a start at it imports no Alembic."""
    config = Config()
    config.set_main_option("script_location", str(migrating._SCRIPTS))
    assert migrating.newest_revision() == ScriptDirectory.from_config(config).get_current_head()
    code = f"import sys, pathlib; from bot.jobs.migrating import migrate; migrate(pathlib.Path({str(built_file)!r}))"
    subprocess.run([sys.executable, "-c", f"{code}; sys.exit('alembic' in sys.modules)"], check=True, timeout=60)


def test_the_log_of_another_database_is_named(built_file: Path, tmp_path: Path) -> None:
    """A copy was put in the place of a database, whose log is still there: both files to remove are named."""
    path = tmp_path / "bot.db"
    with closing(sqlite3.connect(built_file)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    log = path.with_name("bot.db-wal")
    log.write_bytes(b"of another database")
    with pytest.raises(DamagedDatabaseError) as caught:
        migrate(path)
    assert str(caught.value) == (
        f"{log} belongs to the database that was there before {path}: remove {log} and {tmp_path / 'bot.db-shm'}, then "
        "start again. Nothing was changed."
    )
    assert log.read_bytes() == b"of another database"
