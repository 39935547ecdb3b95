"""`/status`: what it tells and offers, and to whom."""

import pytest

from bot.chat.words import Key
from bot.jobs.model import PostKind
from bot.jobs.reasons import Reason
from tests.simcord.world import SimWorld, private
from tests.wording import says, sentence


async def test_status_completes_ones_own_jobs(world: SimWorld) -> None:
    """`/status` suggests one's own running jobs, then the ended ones, and no one else's."""
    ended = await world.delivered("a red fox")
    await world.env.advance_time(60)
    running = await world.asked("a blue whale")
    await world.asked("a fox of ben's", by=world.ben)
    offered = await world.ada.autocomplete(world.channel, "status", "video", "")
    assert [choice["value"] for choice in offered] == [running.id, ended.id]
    typed = await world.ada.autocomplete(world.channel, "status", "video", ended.id[:5].lower())
    assert [choice["value"] for choice in typed] == [ended.id]


@pytest.mark.both_databases
async def test_suggestions_are_found_in_any_script(world: SimWorld) -> None:
    """In any case, far behind the beginning of a prompt, in `/status` and `/remix`; at most what Discord takes."""
    apples = await world.delivered(f"{'Ruhig. ' * 100}ÄPFEL im Regen")
    await world.delivered("Красная ЛИСА")

    async def found(command: str, typed: str, **options: str) -> list[str]:
        return [one["value"] for one in await world.ada.autocomplete(world.channel, command, "video", typed, **options)]

    assert await found("status", "äpfel") == await found("remix", "äpfel", prompt="At night") == [apples.id]
    assert len(await found("status", "лиса")) == 1
    assert await found("status", "äpfeln") == []


async def test_status_lists_ones_own_jobs(world: SimWorld) -> None:
    """`/status` shows, privately, the asker's jobs with state, progress and links; without any it says how to begin."""
    nothing = await world.ben.slash(world.channel, "status")
    assert says(private(nothing), Key.LIST_EMPTY)
    done = await world.delivered("a red fox")
    running = await world.rendering(await world.asked("a blue whale"))
    result = await world.ada.slash(world.channel, "status")
    shown = private(result)
    assert all(
        part in shown
        for part in ("a red fox", "a blue whale", done.id, running.id, sentence(Key.DELIVERED), sentence(Key.RENDERING))
    )
    assert (await world.shown(done, PostKind.VIDEO)).jump_url in shown
    assert (await world.shown(running, PostKind.CARD)).jump_url in shown
    assert "a red fox" not in private(await world.ben.slash(world.channel, "status"))


async def test_status_of_one_job_is_for_its_requester_and_managers(world: SimWorld) -> None:
    """One job by id: its requester and managers of the server see it, for others it is unknown."""
    job = await world.asked("a secret fox")
    for person in (world.ada, world.mia):
        assert "a secret fox" in private(await person.slash(world.channel, "status", video=job.id))
    assert says(private(await world.ben.slash(world.channel, "status", video=job.id)), Reason.VIDEO_UNKNOWN)
    assert says(private(await world.ada.slash(world.channel, "status", video="nonsense")), Reason.VIDEO_UNKNOWN)
