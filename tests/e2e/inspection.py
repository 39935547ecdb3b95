"""What is really true after an act: the bot's own rows, read past it, and what it said to whom. It changes nothing."""

import asyncio
import json
from collections.abc import Callable

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Call, Channel, Message, Person
from sandbox.stage import Stage
from sandbox.studio.state import Request
from tests.databases import Row, rows_of
from tests.e2e.messages import actions
from tests.wording import says


def jobs(stage: Stage, **wanted: object) -> list[Row]:
    """The stored jobs whose columns have these values, oldest first."""
    rows = rows_of(stage, "SELECT * FROM jobs ORDER BY accepted_at, id")
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def jobs_of(stage: Stage, person: Person) -> list[Row]:
    """That person's stored jobs, oldest first."""
    return jobs(stage, user_id=person.id)


async def job(stage: Stage, prompt: str, *states: str, timeout_seconds: float = 20) -> Row:
    """The one job with that prompt, as soon as it is stored, and in one of the states if any are given."""

    def found() -> Row | None:
        rows = jobs(stage, prompt=prompt)
        assert len(rows) <= 1, f"{len(rows)} jobs for {prompt!r}"
        return rows[0] if rows and (not states or rows[0]["state"] in states) else None

    return await stage.chat.wait_for(found, timeout_seconds, what=f"the job {prompt!r} to be {states or 'stored'}")


async def until(stage: Stage, true: Callable[[], object], what: str) -> None:
    """Return once something of the bot's rows is true."""
    await stage.chat.wait_for(lambda: true() or None, 60, what=what)


def public(stage: Stage, channel: Channel) -> list[Message]:
    """Everything that the bot ever said in that channel for all to see."""
    return [post for post in stage.chat.posts if post.interaction is None and post.channel is channel]


def all_words(stage: Stage) -> str:
    """Every word that the bot ever sent to Discord, in any message, answer, form or list of choices."""
    said = [version for post in stage.chat.posts for version in post.history]
    shown = [[one.content, one.embeds, one.components, one.file_names] for one in said]
    return json.dumps([shown, [request.body for request in stage.chat.requests]], ensure_ascii=False, default=str)


async def refusal(call: Call) -> str:
    """The one private sentence with which an act was turned down; it has a word to say what to do."""
    answer = await call.wait_state("message", "deleted")
    assert answer.state == "message", f"taken in instead of refused: {answer!r}"
    assert answer.ephemeral
    assert len(answer.followups) <= 1
    assert not answer.embeds
    assert actions(answer) in ([], [Action.EDIT])
    assert not says(answer.content, Key.UNEXPECTED)
    assert 1 <= len(answer.content) <= 600
    return answer.content


async def accepted(call: Call) -> None:
    """An act was taken in: the private answer goes, since the card says the rest."""
    await call.wait_state("deleted")


def paid_requests(stage: Stage, prompt: str) -> list[Request]:
    """Every create or remix that reached the provider with that prompt."""
    return [
        request
        for request in stage.studio.requests
        if request.operation in ("create", "remix") and request.fields.get("prompt") == prompt
    ]


async def sent(stage: Stage, prompt: str) -> Request:
    """The one request with that prompt, once the provider has answered it."""

    def answered() -> Request | None:
        found = paid_requests(stage, prompt)
        return found[0] if found and found[0].status is not None else None

    await stage.studio.wait_for(answered, 20)
    await asyncio.sleep(0)
    assert len(paid_requests(stage, prompt)) == 1
    return paid_requests(stage, prompt)[0]
