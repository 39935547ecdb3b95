"""Lets each process of the bot have the SQL that processes before it compiled: a quarter of what a short life computes.

SQLAlchemy compiles each statement once in a process. A process of the fork server reports what it had to compile; the
server compiles it too, so that later processes have it from their start. What they execute stays the same.
"""

import fcntl
import os
import pickle
import struct
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext import serializer
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import LRUCache

from bot.jobs.backends import Backend, PostgresBackend, SQLiteBackend
from bot.jobs.tables import metadata

_STATEMENTS_MAX = 500
_LENGTH = struct.Struct("=I")
# Engines of the same kind as the bot's, which never connect.
_UNCONNECTED: dict[str, Callable[[], Backend]] = {
    "sqlite": SQLiteBackend,
    "postgresql": lambda: PostgresBackend(sa.make_url("postgresql+asyncpg://"), ""),
}
# What a dialect learns when it first connects, and what it says about how to compile.
_PLAIN = (bool, int, str, tuple, type(None))
_serializer: Any = serializer
_Key = tuple[sa.Dialect, Any, tuple[str, ...], bool, bool]
_Report = Callable[[_Key, Any], None]


class _Cache(LRUCache[_Key, Any]):
    """What SQLAlchemy has compiled for one engine; it reports what is new."""

    __slots__ = ("_report",)

    def __init__(self, known: Iterable[tuple[_Key, Any]], report: _Report) -> None:
        super().__init__(_STATEMENTS_MAX)
        self._report: _Report = lambda _key, _compiled: None
        self.update(known)
        self._report = report

    def __setitem__(self, key: _Key, value: Any) -> None:
        super().__setitem__(key, value)
        self._report(key, value)


class Statements:
    """The compiled statements of one fork server; its processes report theirs through a file in memory."""

    def __init__(self) -> None:
        self._file = os.memfd_create("statements")
        fcntl.fcntl(self._file, fcntl.F_SETFL, os.O_APPEND)
        self._read_bytes = 0
        self._engines: dict[str, sa.Engine] = {}

    def close(self) -> None:
        """Take nothing more."""
        os.close(self._file)

    def learn(self) -> None:
        """In the server: compile what its processes have compiled since the last time."""
        reported = os.pread(self._file, os.fstat(self._file).st_size - self._read_bytes, self._read_bytes)
        self._read_bytes += len(reported)
        while reported:
            (length,) = _LENGTH.unpack_from(reported)
            end = _LENGTH.size + length
            self._compile(*_serializer.loads(reported[_LENGTH.size : end], metadata))
            reported = reported[end:]

    def share(self) -> None:
        """In a process of the server: let the bot's databases have what is compiled, and report the rest."""
        kinds: list[Any] = [SQLiteBackend, PostgresBackend]
        for kind in kinds:
            kind.open = self._sharing(kind.open)

    def shared(self, engine: AsyncEngine) -> AsyncEngine:
        """That engine, before its first statement, with what is compiled; it reports what it compiles itself."""
        mine: Any = engine.sync_engine
        known = self._engines.get(mine.name)
        # A key begins with the dialect, which is each engine's own.
        found = [] if known is None else [((mine.dialect, *key[1:]), one) for key, one in _cache_of(known).items()]
        mine._compiled_cache = _Cache(found, self._report)  # noqa: SLF001  # there is no public way
        return engine

    def _sharing(self, open_really: Callable[[Any], AsyncEngine]) -> Callable[[Any], AsyncEngine]:
        return lambda backend: self.shared(open_really(backend))

    def _report(self, key: _Key, compiled: Any) -> None:
        dialect, _statement, column_keys, _translated, is_many = key
        about: dict[str, Any] = vars(dialect)
        plain = {name: about[name] for name in about if isinstance(about[name], _PLAIN)}
        try:
            packet = _serializer.dumps((dialect.name, plain, compiled.statement, column_keys, is_many))
        except (pickle.PicklingError, TypeError, AttributeError):
            # One of its values can't be pickled, so each process compiles it for itself.
            return
        os.write(self._file, _LENGTH.pack(len(packet)) + packet)

    def _compile(
        self, name: str, plain: dict[str, Any], statement: Any, column_keys: tuple[str, ...], is_many: bool
    ) -> None:
        engine = self._engines.get(name)
        if engine is None:
            engine = self._engines[name] = _UNCONNECTED[name]().open().sync_engine
            vars(engine.dialect).update(plain)
        statement._compile_w_cache(  # noqa: SLF001  # there is no public way
            engine.dialect,
            compiled_cache=_cache_of(engine),
            column_keys=list(column_keys),
            for_executemany=is_many,
        )


def _cache_of(engine: sa.Engine) -> LRUCache[_Key, Any]:
    found: Any = engine._compiled_cache  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no public way
    return found
