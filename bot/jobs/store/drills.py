"""The messages of drills, as marks of the database, until they are removed."""

import json
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.backends import read_json
from bot.jobs.model import ChannelId, MessageId
from bot.jobs.tables import marks

# The beginning of the rows' names; never renamed.
_DRILL = "drill "


class DrillPost(NamedTuple):
    """A drill's message, which its buttons' `code` tells apart. `message_id` is None until the post is confirmed.

    `after` is an id that is older than it, `remove_at` in seconds since the epoch.
    """

    code: str
    channel_id: ChannelId
    after: MessageId
    remove_at: float
    message_id: MessageId | None = None


async def put_drill(connection: AsyncConnection, post: DrillPost) -> None:
    """Store that the message is to be removed, in place of what was stored of it before."""
    await drop_drill(connection, post.code)
    # The names in it are never renamed.
    value = {name: value for name, value in post._asdict().items() if name != "code"}
    await connection.execute(sa.insert(marks).values(name=_DRILL + post.code, value=json.dumps(value)))


async def find_drills(connection: AsyncConnection) -> list[DrillPost]:
    """All messages that are to be removed; what is damaged is passed over."""
    rows = await connection.execute(sa.select(marks.c.name, marks.c.value).where(marks.c.name.startswith(_DRILL)))
    found = [_post(row.name.removeprefix(_DRILL), read_json(row.value)) for row in rows]
    return [post for post in found if post is not None]


async def drop_drill(connection: AsyncConnection, code: str) -> None:
    """The message was removed, or never posted."""
    await connection.execute(sa.delete(marks).where(marks.c.name == _DRILL + code))


def _post(code: str, value: object) -> DrillPost | None:
    if not isinstance(value, dict):
        return None
    row = cast("dict[str, Any]", value)
    try:
        message_id = row["message_id"]
        return DrillPost(
            code,
            ChannelId(int(row["channel_id"])),
            MessageId(int(row["after"])),
            float(row["remove_at"]),
            None if message_id is None else MessageId(int(message_id)),
        )
    except (KeyError, TypeError, ValueError):
        return None
