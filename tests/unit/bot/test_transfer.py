"""`python -m bot migrate --from`: a stopped bot's data in another database, whole or not at all."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.jobs.generation import Generation, generation_path, read_generation, write_generation
from bot.jobs.migrating import migrate
from tests.postgres import Databases
from tests.unit.bot.forked import run
from tests.unit.bot.moved_data import (
    PICTURE,
    REFERENCE,
    change,
    fill_folder,
    rows_of_file,
    rows_of_server,
    without_owners,
)
from tests.unit.bot.test_process import NOWHERE, SECRETS, LockHolder, the_line

pytestmark = pytest.mark.slow
UPGRADES = Path(__file__).parents[2] / "upgrades"


def settings_for(url: sa.URL) -> dict[str, str]:
    return {"DATABASE_URL": url.render_as_string(hide_password=False)}


@pytest.fixture
def target(postgres: Databases) -> Iterator[sa.URL]:
    url = postgres.empty()
    yield url
    postgres.release(url)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a stopped bot left it."""
    return fill_folder(tmp_path_factory.mktemp("left") / "data").parent


@pytest.fixture
def path(left: Path, tmp_path: Path) -> Path:
    """The database of a copy of that folder, in the working directory."""
    return shutil.copytree(left, tmp_path / "data") / "bot.db"


def move(folder: Path, source: str, **settings: str) -> tuple[int, str]:
    """Exit code and what was said on standard error."""
    done = run(folder, "migrate", "--from", source, **settings)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_all_rows_and_pictures_come_to_postgresql(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """Equal as values, owned by no process; the database keeps its lineage and count."""
    before = rows_of_file(path)
    code, said = move(tmp_path, "sqlite:///data/bot.db", **settings_for(target))
    assert (code, "data moved" in said) == (0, True), said
    moved = rows_of_server(target)
    assert moved["pictures"][0] | {"stored_at": 0} == {
        "file_name": REFERENCE.file_name, "content": PICTURE, "stored_at": 0,
    }  # fmt: skip
    assert without_owners(moved) == without_owners(before)
    marks = {row["name"]: row["value"] for row in moved["marks"]}
    assert read_generation(path.with_suffix(".generation")) == (marks["lineage"], int(marks["generation"]))
    assert "copy" not in marks


def test_a_bot_refuses_a_database_whose_data_was_moved(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """Its rows are as they were; one line says where they went, without a password."""
    before = rows_of_file(path)
    secret = target.set(password="canary-password")
    assert move(tmp_path, f"sqlite:///{path}", **settings_for(secret))[0] == 0
    after = rows_of_file(path)
    assert [row for row in after["marks"] if row["name"] != "moved to"] == before["marks"]
    assert {**after, "marks": []} == {**before, "marks": []}
    for command in ("run", "migrate"):
        done = run(tmp_path, command, **SECRETS, **NOWHERE)
        assert done.returncode == 78
        line = the_line(done)
        assert f"was moved to postgresql+asyncpg://bot:***@127.0.0.1:{target.port}/{target.database}" in line


def test_data_comes_back_to_sqlite(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """Into another data folder, with the pictures as files and the count beside the database."""
    before = without_owners(rows_of_file(path))
    assert move(tmp_path, f"sqlite:///{path}", **settings_for(target))[0] == 0
    code, said = move(tmp_path, settings_for(target)["DATABASE_URL"], DATA_DIR="back")
    assert code == 0, said
    assert without_owners(rows_of_file(tmp_path / "back" / "bot.db")) == before
    assert (tmp_path / "back" / "references" / REFERENCE.file_name).read_bytes() == PICTURE
    generation = read_generation(tmp_path / "back" / "bot.generation")
    assert generation == read_generation(path.with_suffix(".generation"))
    done = run(tmp_path, **SECRETS, **NOWHERE, **settings_for(target), DATA_DIR="again")
    assert (done.returncode, "was moved to" in the_line(done)) == (78, True)


def test_data_moves_between_two_postgresql_databases(
    tmp_path: Path, path: Path, postgres: Databases, target: sa.URL
) -> None:
    """As between any two."""
    first = postgres.empty()
    assert move(tmp_path, f"sqlite:///{path}", **settings_for(first))[0] == 0
    before = rows_of_server(first)
    code, said = move(tmp_path, settings_for(first)["DATABASE_URL"], **settings_for(target))
    assert code == 0, said
    moved = rows_of_server(target)
    assert without_owners(moved) == without_owners(before)
    assert [row["content"] for row in moved["pictures"]] == [PICTURE]
    postgres.release(first)


def test_a_pause_and_a_restore_go_along(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """A paused bot is paused in the other database; one that was restored starts there as restored."""
    (tmp_path / "data" / "PAUSED").touch()
    path.with_suffix(".generation").unlink()
    assert move(tmp_path, f"sqlite:///{path}", **settings_for(target))[0] == 0
    assert {"paused", "copy"} <= {row["name"] for row in rows_of_server(target)["marks"]}


def test_a_move_that_broke_off_is_repeated(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """The source was marked, the target did not commit: the same command ends it, and no other."""
    before = without_owners(rows_of_file(path))
    address = target.render_as_string(hide_password=False)
    change(path, "INSERT INTO marks VALUES ('moved to', ?)", address)
    code, said = move(tmp_path, f"sqlite:///{path}", DATA_DIR="other")
    assert (code, "was moved to" in said) == (78, True)
    assert move(tmp_path, f"sqlite:///{path}", **settings_for(target))[0] == 0
    assert without_owners(rows_of_server(target)) == before


SPOILT = [
    ("prompt", "a\0b", "has a NUL character"),
    ("prompt", b"\xff\xfe", "is bytes, not str"),
    ("remote_id", "x" * 1_025, "has 1025 characters, 1024 are allowed"),
    ("user_id", "someone", "is str, not int"),
    ("progress", 2**31, "is too large a number"),
    ("references", "[", "is not valid JSON"),
    ("withheld", 7, "is neither true nor false"),
]


@pytest.mark.parametrize(("column", "value", "wrong"), SPOILT)
def test_a_value_that_postgresql_cannot_hold_is_named(
    tmp_path: Path, path: Path, target: sa.URL, column: str, value: object, wrong: str
) -> None:
    """Table, row and column in one line; nothing is moved, and the source goes on."""
    change(path, "UPDATE jobs SET id = 'SPOILTID' WHERE ROWID = 1100")
    change(path, f"UPDATE jobs SET \"{column}\" = ? WHERE id = 'SPOILTID'", value)  # noqa: S608  # our own names
    done = run(tmp_path, "migrate", "--from", f"sqlite:///{path}", **settings_for(target))
    assert done.returncode == 78
    assert f"In jobs, row SPOILTID, column {column} {wrong}." in the_line(done)
    assert {name for name, rows in rows_of_server(target).items() if rows} == {"marks"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM marks WHERE name = 'moved to'").fetchone() == (0,)


def test_text_that_is_no_unicode_is_named(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """SQLite stores any bytes as text."""
    change(path, "UPDATE drafts SET prompt = CAST(x'41ff' AS TEXT)")
    code, said = move(tmp_path, f"sqlite:///{path}", **settings_for(target))
    assert (code, "In drafts, row draft, column prompt is not valid Unicode" in said) == (78, True), said


def test_a_database_in_use_is_not_moved(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """75 while a bot serves the source's folder, or a process lives in the source or the target."""
    with closing(LockHolder(tmp_path / "data")):
        code, said = move(tmp_path, f"sqlite:///{path}", DATA_DIR="mine", **settings_for(target))
        assert (code, "Another process serves" in said) == (75, True)
    assert move(tmp_path, f"sqlite:///{path}", **settings_for(target))[0] == 0


def test_living_processes_keep_the_data_where_it_is(tmp_path: Path, path: Path, postgres: Databases) -> None:
    """75 for a source or a target that they use."""
    served = postgres.new()
    postgres.server.execute(
        "INSERT INTO processes VALUES ('a', extract(epoch FROM clock_timestamp()) + 30, '{}')", str(served.database)
    )
    done = run(tmp_path, "migrate", "--from", settings_for(served)["DATABASE_URL"], DATA_DIR="mine")
    assert (done.returncode, "stop all of them" in the_line(done)) == (75, True)
    done = run(tmp_path, "migrate", "--from", f"sqlite:///{path}", **settings_for(served))
    assert (done.returncode, "stop all of them" in the_line(done)) == (75, True)
    postgres.release(served)


def test_a_process_that_only_slept_can_not_go_on_where_the_data_was(
    tmp_path: Path, postgres: Databases, target: sa.URL
) -> None:
    """Its lease is over, so the data moves; it finds itself buried, in the source and in the target."""
    source = postgres.new()
    for url in (source, target):
        assert run(tmp_path, "migrate", DATA_DIR="mine", **settings_for(url)).returncode == 0
        postgres.server.execute("INSERT INTO processes VALUES ('sleeper', 1.0, '{}')", str(url.database))
        postgres.server.execute("UPDATE roles SET holder = 'sleeper'", str(url.database))
    code, said = move(tmp_path, settings_for(source)["DATABASE_URL"], DATA_DIR="mine", **settings_for(target))
    assert code == 0, said
    for url in (source, target):
        assert postgres.server.execute("SELECT count(*) FROM processes", str(url.database)) == "0"
    assert postgres.server.execute("SELECT count(*) FROM roles WHERE holder IS NOT NULL", str(target.database)) == "0"
    postgres.release(source)


def test_only_an_empty_database_takes_data(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """78 for a target with rows, which stay as they are."""
    second = shutil.copytree(tmp_path / "data", tmp_path / "second") / "bot.db"
    assert move(tmp_path, f"sqlite:///{path}", **settings_for(target))[0] == 0
    before = rows_of_server(target)
    done = run(tmp_path, "migrate", "--from", f"sqlite:///{second}", DATA_DIR="mine", **settings_for(target))
    assert (done.returncode, "is not empty" in the_line(done)) == (78, True)
    assert rows_of_server(target) == before


def test_a_bot_leaves_no_jobs_behind(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """DATABASE_URL beside a database file with jobs: 78, and both ways are named."""
    done = run(tmp_path, **SECRETS, **NOWHERE, **settings_for(target))
    assert done.returncode == 78
    line = the_line(done)
    assert "migrate --from sqlite:///data/bot.db" in line
    assert "move that file away" in line
    assert path.exists()


def build_earlier(path: Path, dump: str) -> Path:
    """A data folder as an earlier version left it."""
    path.parent.mkdir(mode=0o700)
    statements = (UPGRADES / f"{dump}.sql").read_text(encoding="utf-8")
    for number, name in enumerate(sorted(set(re.findall(r"\{\w+\}", statements))), start=1):
        statements = statements.replace(name, str(number))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)
        marks = dict(connection.execute("SELECT name, value FROM marks").fetchall())
    write_generation(generation_path(path), Generation(marks["lineage"], int(marks["generation"])))
    return path


@pytest.mark.parametrize(("dump", "to_server"), [("0002_end_of_issue_8", True), ("0003_end_of_issue_10", False)])
def test_data_of_an_earlier_version_is_moved(tmp_path: Path, target: sa.URL, dump: str, *, to_server: bool) -> None:
    """As if it had been migrated before. Its own schema and rows stay, but for where they went; no copy is left."""
    path = build_earlier(tmp_path / "old" / "bot.db", dump)
    with closing(sqlite3.connect(path)) as connection:
        before = list(connection.iterdump())
    upgraded = Path(shutil.copytree(path.parent, tmp_path / "upgraded")) / "bot.db"
    migrate(upgraded)
    settings = settings_for(target) if to_server else {}
    code, said = move(tmp_path, f"sqlite:///{path}", **settings)
    assert (code, "data moved" in said) == (0, True), said
    moved = rows_of_server(target) if to_server else rows_of_file(tmp_path / "data" / "bot.db")
    assert without_owners(moved) == without_owners(rows_of_file(upgraded))
    assert moved["jobs"]
    assert [file.name for file in (tmp_path / "data").iterdir() if "moving" in file.name] == []
    change(path, "DELETE FROM marks WHERE name = 'moved to'")
    with closing(sqlite3.connect(path)) as connection:
        assert list(connection.iterdump()) == before


@pytest.mark.parametrize(
    "source",
    ["", "data/bot.db", "mysql://host/bot", "sqlite://", "sqlite://host/bot.db", "postgresql://host/bot",
     "postgresql+asyncpg://[x", "postgresql+asyncpg://host:port/bot", "sqlite:///no/such.db", "sqlite:///data"],
)  # fmt: skip
def test_a_source_that_is_no_database_ends_with_78(tmp_path: Path, source: str) -> None:
    """One line; nothing is built."""
    (tmp_path / "data").mkdir(mode=0o700)
    done = run(tmp_path, "migrate", "--from", source)
    assert done.returncode == 78, done.stderr
    assert the_line(done).startswith("--from ")
    assert not (tmp_path / "data" / "bot.db").exists()


def test_a_file_of_another_program_is_no_source(tmp_path: Path, path: Path, target: sa.URL) -> None:
    """78 for a file that is no database of the bot, an older one, or a newer one."""
    (tmp_path / "text").write_text("no database " * 99)
    change(tmp_path / "other.db", "CREATE TABLE other (id)")
    for file, revision, said in (
        ("text", "", "damaged"), ("other.db", "", "nothing of the bot"),
        ("data/bot.db", "0001", "older"), ("data/bot.db", "7777", "newer"),
    ):  # fmt: skip
        change(path, "UPDATE alembic_version SET version_num = ?", revision)
        done = run(tmp_path, "migrate", "--from", f"sqlite:///{file}", **settings_for(target))
        assert (done.returncode, said in the_line(done)) == (78, True), done.stderr


def test_a_source_needs_a_value_and_migrate(tmp_path: Path) -> None:
    """The usage, and exit code 2."""
    for arguments in (("migrate", "--from"), ("run", "--from", "sqlite:///bot.db")):
        assert run(tmp_path, *arguments).returncode == 2
    assert list(tmp_path.iterdir()) == []
