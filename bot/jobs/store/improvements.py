"""How many better prompts each person had: stored before the chat model is asked, so that no stop asks it twice."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.backends import insert_new
from bot.jobs.limits import DAY_SECONDS
from bot.jobs.model import UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.tables import improvements


async def begin_improvement(
    connection: AsyncConnection, draft_id: str, user_id: UserId, now: float, per_day: int
) -> bool | Refusal:
    """Count one for the person before it is asked for; False if it was for that draft, a refusal if it is too many.

    `per_day`: how many a person may have in 24 hours; 0 is no limit.
    """
    since = now - DAY_SECONDS
    counted = sa.select(improvements.c.begun_at).where(
        improvements.c.user_id == user_id, improvements.c.begun_at > since, improvements.c.draft_id != draft_id
    )
    begun = (await connection.scalars(counted.order_by(improvements.c.begun_at.desc()))).all()
    if per_day and len(begun) >= per_day:
        return Refusal(Reason.IMPROVEMENTS_LIMIT, {"limit": per_day, "free_at": begun[per_day - 1] + DAY_SECONDS})
    return await insert_new(connection, improvements, {"draft_id": draft_id, "user_id": user_id, "begun_at": now})


async def drop_counted(connection: AsyncConnection, now: float) -> None:
    """Delete those that count no longer."""
    await connection.execute(sa.delete(improvements).where(improvements.c.begun_at <= now - DAY_SECONDS))
