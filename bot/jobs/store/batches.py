"""Batches: jobs of one action with one card, which is a message of the first."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.model import Job, JobId, Post, PostKind, PostState
from bot.jobs.store.posts import find_posts_of_jobs
from bot.jobs.store.rows import job_of, readable
from bot.jobs.tables import jobs, posts


async def find_batch(connection: AsyncConnection, origin_id: str) -> list[tuple[Job, list[Post]]]:
    """The jobs of that action in their order, each with all its messages."""
    found = await connection.execute(sa.select(jobs).where(jobs.c.origin_id == origin_id).order_by(jobs.c.ordinal))
    said: dict[JobId, tuple[Job, list[Post]]] = {job.id: (job, []) for job in readable(found, job_of)}
    for post in await find_posts_of_jobs(connection, said.keys()):
        said[post.job_id][1].append(post)
    return list(said.values())


async def find_action(connection: AsyncConnection, job_id: JobId) -> str | None:
    """The action of that job."""
    return await connection.scalar(sa.select(jobs.c.origin_id).where(jobs.c.id == job_id))


async def find_open(connection: AsyncConnection) -> list[str]:
    """The actions of the batches whose card is posted and not yet final."""
    standing = (posts.c.kind == PostKind.BATCH, posts.c.state == PostState.SENT)
    found = await connection.scalars(
        sa.select(jobs.c.origin_id).join(posts, posts.c.job_id == jobs.c.id).where(*standing).order_by(jobs.c.id)
    )
    return list(found)
