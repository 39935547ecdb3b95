"""The alerts to the owners, as marks of the database: one row for each kind and subject, until it has no effect."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.alerts import (
    AlertKind,
    AlertState,
    Episode,
    Identity,
    Verdict,
    is_forgotten,
    judge_alert,
    judge_all_clear,
)
from bot.jobs.backends import read_json
from bot.jobs.store import processes
from bot.jobs.tables import marks

# The beginning of the rows' names; they outlive the process and are never renamed.
_ALERT = "alert of "
# Rows of versions that knew an alert by its sentence, with the time of it.
_BY_SENTENCE = "alert "


async def find_alerts(connection: AsyncConnection, process: str) -> list[Episode]:
    """The alerts that last, or aren't posted yet, and that no other living process is concerned with."""
    known, is_alive = await _read(connection), await _find_alive(connection)
    left = [one for one in known if one.state is not AlertState.OVER]
    return [one for one in left if one.process == process or not is_alive(one.process)]


async def claim_alert(connection: AsyncConnection, new: Episode, sentence: str) -> Verdict:
    """Whether the alert is posted now; it is stored then. `sentence` is its own, as a version before posted it."""
    known = await _read(connection)
    for gone in [one for one in known if is_forgotten(one, new.alerted_at)]:
        known.remove(gone)
        await _drop(connection, gone.identity)
    verdict = judge_alert(new, known, await _find_alive(connection))
    if verdict.episode is None:
        return verdict
    if verdict.must_search and (rest_seconds := await _rest_of_sentence(connection, sentence, new)) > 0:
        return Verdict(wait_seconds=rest_seconds)
    await _put(connection, verdict.episode)
    return verdict


async def claim_all_clear(connection: AsyncConnection, ended: Episode) -> Verdict:
    """Whether the all-clear of a delivered alert is posted now; that it is to be is stored then."""
    known = {one.identity: one for one in await _read(connection)}
    verdict = judge_all_clear(ended, known.get(ended.identity), await _find_alive(connection))
    if verdict.episode is not None:
        await _put(connection, verdict.episode)
    return verdict


async def put_alert(connection: AsyncConnection, episode: Episode) -> None:
    """Store how far the alert is, unless a later one with its subject is stored."""
    known = {one.identity: one for one in await _read(connection)}
    stored = known.get(episode.identity)
    if stored is None or stored.alerted_at <= episode.alerted_at:
        await _put(connection, episode)


async def drop_undelivered(connection: AsyncConnection, identity: Identity, process: str) -> None:
    """Forget an alert of that process that reached no owner: its cause is gone."""
    for one in await _read(connection):
        if one.identity == identity and one.process == process and not one.delivered:
            await _drop(connection, identity)


async def _read(connection: AsyncConnection) -> list[Episode]:
    """All that are stored; what is damaged, or of a kind of a newer version, is passed over."""
    rows = await connection.scalars(sa.select(marks.c.value).where(marks.c.name.startswith(_ALERT)))
    return [found for text in rows if (found := _episode(read_json(text))) is not None]


async def _find_alive(connection: AsyncConnection) -> Callable[[str], bool]:
    """Tells the names of living processes; on SQLite there are no others than the one that asks."""
    alive = {one.name for one in await processes.find_alive(connection)}
    return alive.__contains__


async def _rest_of_sentence(connection: AsyncConnection, sentence: str, new: Episode) -> float:
    """For how many more seconds an alert with that sentence, by a version before, prevents this one."""
    name = _BY_SENTENCE + _hash(sentence)
    text = await connection.scalar(sa.select(marks.c.value).where(marks.c.name == name))
    try:
        sent_at = float(text or "nan")
    except ValueError:
        return 0.0
    passed_seconds = new.alerted_at - sent_at
    return new.kind.rest_seconds - passed_seconds if 0.0 <= passed_seconds < new.kind.rest_seconds else 0.0


async def _put(connection: AsyncConnection, episode: Episode) -> None:
    await _drop(connection, episode.identity)
    await connection.execute(sa.insert(marks).values(name=_name(episode.identity), value=_json(episode)))


async def _drop(connection: AsyncConnection, identity: Identity) -> None:
    await connection.execute(sa.delete(marks).where(marks.c.name == _name(identity)))


def _name(identity: Identity) -> str:
    return _ALERT + _hash(f"{identity.kind} {identity.subject}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _json(episode: Episode) -> str:
    # The names in it are never renamed.
    return json.dumps(
        {
            "kind": episode.kind,
            "subject": episode.subject,
            "state": episode.state,
            "began_at": episode.began_at,
            "alerted_at": episode.alerted_at,
            "process": episode.process,
            "named": dict(episode.named),
            "delivered": episode.delivered,
            "over_at": episode.over_at,
        }
    )


def _episode(value: object) -> Episode | None:
    if not isinstance(value, dict):
        return None
    row = cast("dict[str, Any]", value)
    try:
        named: Mapping[object, object] = row["named"]
        over_at = row["over_at"]
        return Episode(
            kind=AlertKind(row["kind"]),
            subject=str(row["subject"]),
            state=AlertState(row["state"]),
            began_at=float(row["began_at"]),
            alerted_at=float(row["alerted_at"]),
            process=str(row["process"]),
            named={str(name): found for name, found in named.items() if isinstance(found, str | int | float)},
            delivered=row["delivered"] is True,
            over_at=None if over_at is None else float(over_at),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
