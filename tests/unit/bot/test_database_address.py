"""A DATABASE_URL that can't be used: one line says what is wrong and what to do, and the exit code who has to act."""

import asyncio
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from bot.jobs import migrating_shared
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import NewerDatabaseError
from bot.jobs.migrating_shared import ServedDatabaseError, UnusableServerError, migrate_shared
from tests.postgres import Databases
from tests.unit.bot.forked import run
from tests.unit.bot.test_process import NOWHERE, SECRETS, the_line


def refused_by(url: sa.URL, kind: type[StoreUnavailableError] = UnusableServerError) -> str:
    """What the operator reads: one line without the password."""
    with pytest.raises(StoreUnavailableError) as raised:
        migrate_shared(url)
    assert type(raised.value) is kind, raised.value
    said = str(raised.value)
    assert "\n" not in said
    assert "canary" not in said
    return said


@pytest.fixture
def empty(postgres: Databases) -> Iterator[sa.URL]:
    url = postgres.empty()
    yield url
    postgres.release(url)


@pytest.fixture
def ada(postgres: Databases, empty: sa.URL) -> Iterator[sa.URL]:
    """A user who needs a password (`canary`), and may connect but not create tables."""
    postgres.server.execute("CREATE ROLE ada LOGIN PASSWORD 'canary'")
    rules = Path(postgres.server.execute("SHOW hba_file"))
    trusting = rules.read_text()
    rules.write_text(f"host all ada all scram-sha-256\n{trusting}")
    postgres.server.execute("SELECT pg_reload_conf()")
    yield empty.set(username="ada", password="canary")
    rules.write_text(trusting)
    postgres.server.execute("SELECT pg_reload_conf()")
    postgres.server.execute("DROP ROLE ada")


def test_an_old_server(empty: sa.URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both versions are named."""
    monkeypatch.setattr(migrating_shared, "OLDEST_VERSION", 999)
    assert "the bot needs 999 or newer" in refused_by(empty)


def test_a_database_that_is_not_in_unicode(postgres: Databases, empty: sa.URL) -> None:
    """Prompts are in any script."""
    postgres.server.execute("CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "Create one with ENCODING 'UTF8'" in refused_by(empty.set(database="old"))


def test_a_read_only_server(postgres: Databases, empty: sa.URL) -> None:
    """A standby that follows the primary."""
    postgres.server.execute(f"ALTER DATABASE {empty.database} SET default_transaction_read_only = on")
    assert "name the primary" in refused_by(empty)


def test_a_database_or_user_that_does_not_exist(empty: sa.URL) -> None:
    """The server names it."""
    assert 'DATABASE_URL is wrong: database "nowhere" does not exist.' in refused_by(empty.set(database="nowhere"))
    assert "role" in refused_by(empty.set(username="somebody"))


def test_a_wrong_password_and_missing_rights(ada: sa.URL) -> None:
    """The user is named, not the password."""
    assert 'password authentication failed for user "ada"' in refused_by(ada.set(password="canary-2"))
    assert "permission denied for schema public" in refused_by(ada)


def test_options_that_the_driver_does_not_know(empty: sa.URL) -> None:
    """Those of other drivers don't pass silently."""
    assert "'sslmode'" in refused_by(empty.update_query_dict({"sslmode": "require"}))
    assert "must be one of" in refused_by(empty.update_query_dict({"ssl": "perhaps"}))


def test_a_server_that_is_not_there() -> None:
    """It may come back, so the exit code is not that for the operator."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = sa.make_url(f"postgresql+asyncpg://bot:canary@127.0.0.1:{free.getsockname()[1]}/bot")
        assert "can't be reached" in refused_by(url, StoreUnavailableError)


@pytest.mark.slow
async def test_a_database_that_another_process_migrates(empty: sa.URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start waits for a while, then ends."""
    monkeypatch.setattr(migrating_shared, "_LONGEST_WAIT_SECONDS", 1)
    other = await asyncpg.connect(host=empty.host, port=empty.port, user=empty.username, database=empty.database)
    await other.execute(f"SELECT pg_advisory_lock({migrating_shared._MIGRATING})")
    began = time.monotonic()
    assert "try again when it is done" in await asyncio.to_thread(refused_by, empty)
    assert time.monotonic() - began >= 1
    await other.close()
    await asyncio.to_thread(migrate_shared, empty)


def test_a_database_of_another_version(postgres: Databases) -> None:
    """A newer one is refused; an older one only while its processes live."""
    url = postgres.new()
    name = str(url.database)
    postgres.server.execute("UPDATE alembic_version SET version_num = '0000'", name)
    postgres.server.execute("INSERT INTO processes VALUES ('a', 9e9, '{}')", name)
    assert "stop all of them" in refused_by(url, ServedDatabaseError)
    postgres.server.execute("UPDATE alembic_version SET version_num = '7777'; DELETE FROM processes", name)
    assert "newer version of the bot" in refused_by(url, NewerDatabaseError)
    postgres.release(url)


def test_a_missing_driver(empty: sa.URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra that brings it is named."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    assert "install the extra, discord-video-bot[postgresql]" in refused_by(empty)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "migrate"])
def test_the_exit_code_says_who_has_to_act(tmp_path: Path, postgres: Databases, ada: sa.URL, command: str) -> None:
    """78 for the operator, 75 while another version runs, 1 for a server that may come back; one line each."""
    served = postgres.new()
    name = str(served.database)
    postgres.server.execute("UPDATE alembic_version SET version_num = '0000'", name)
    postgres.server.execute("INSERT INTO processes VALUES ('a', 9e9, '{}')", name)
    for url, code in ((ada.set(password="canary-2"), 78), (served, 75), (ada.set(port=1), 1)):
        address = url.render_as_string(hide_password=False)
        done = run(tmp_path, command, **SECRETS, **NOWHERE, DATABASE_URL=address, LOG_LEVEL="error")
        assert (done.returncode, bool(the_line(done))) == (code, True)
        assert {path.name for path in (tmp_path / "data").iterdir()} == {"bot.lock"}
    postgres.release(served)


@pytest.mark.slow
@pytest.mark.parametrize(
    "value",
    ["mysql://bot:canary@host/bot", "postgresql://bot:canary@host/bot", "postgresql+psycopg://bot:canary@host/bot",
     "sqlite:///data/bot.db", "postgresql+asyncpg://bot:canary@host", "postgresql+asyncpg://bot:canary@host:p/bot",
     "postgresql+asyncpg://[bot:canary", "postgresql+asyncpg://bot:canary@host/bot?sslmode=require",
     "postgresql+asyncpg://bot:canary@host/bot?ssl=perhaps", "postgresql+asyncpg://bot:canary@host/bot?timeout=5",
     "canary"],
)  # fmt: skip
def test_an_address_of_an_unknown_kind_ends_with_78(tmp_path: Path, value: str) -> None:
    """Before anything is touched; the value is not repeated, as it may hold a password."""
    done = run(tmp_path, "migrate", DATABASE_URL=value)
    assert done.returncode == 78
    assert the_line(done).startswith("DATABASE_URL is wrong")
    assert list(tmp_path.iterdir()) == []
